"""Which method and convention stands behind which statistic, read from the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atrisk.report.row_cells import method_words
from atrisk.report.table_model import Cell, Column, Table, TableRow, line, plain_row
from atrisk.report.view import View
from atrisk.result.row import is_companion

STATISTIC_WORDS = {
    "smd": "Standardised difference",
    "smd_by_chance": "Standardised difference by chance",
    "p": "p value",
    "survival": "Survival",
    "median": "Median",
    "q1": "First quartile",
    "q3": "Third quartile",
    "mean": "Mean",
    "sd": "Standard deviation",
    "min": "Smallest value",
    "max": "Largest value",
    "count": "Count",
    "proportion": "Proportion",
    "cumulative_incidence": "Cumulative incidence",
    "survival_difference": "Difference of survival",
    "incidence_difference": "Difference of cumulative incidence",
    "restricted_mean": "Mean time free of the event",
    "restricted_mean_difference": "Difference of mean times",
    "restricted_time_lost": "Mean time after the event",
    "restricted_mean_ratio": "Ratio of mean times",
    "chi_squared": "Chi-squared statistic",
    "observed": "Observed events",
    "expected": "Expected events",
    "hazard_ratio": "Hazard ratio",
    "subdistribution_hazard_ratio": "Subdistribution hazard ratio",
    "survival_lowest": "Lowest survival",
    "survival_highest": "Highest survival",
    "median_lowest": "Earliest median",
    "median_highest": "Latest median",
    "equal_periods_p": "Test of equal ratios in all periods",
    "events_in_period": "Events in the period",
    "usual_interval": "Usual interval",
    "naive_incidence": "Incidence, competing events ignored",
    "naive_excess": "Excess by ignoring competing events",
    "odds_ratio": "Odds ratio",
    "risk_difference": "Risk difference",
    "proportional_hazards_p": "Test of proportional hazards",
    "proportional_odds_p": "Test of proportional odds",
    "interaction_p": "Test of interaction",
    "exact_p": "Exact p value",
    "homogeneity_p": "Test of heterogeneity",
    "discrimination": "Area under the curve",
    "cusum_limit": "Limit of the CUSUM",
    "run_length": "Run length",
    "signals": "Signals",
    "signal_at": "Operation of a signal",
    "overdispersion": "Scatter beyond chance",
    "observed_over_expected": "Observed over expected",
    "chance_low": "Lower limit of chance",
    "chance_high": "Upper limit of chance",
    "widened_low": "Lower widened limit",
    "widened_high": "Upper widened limit",
    "shift": "Shift",
    "relative_effect": "Probability of a higher level",
    "person_time": "Person-time",
    "potential_person_time": "Potential person-time",
    "completeness": "Completeness",
    "n_after_censoring": "Events after the date of censoring",
    "events_per_parameter": "Events per coefficient",
    "survival_ratio": "Ratio of survival",
    "incidence_ratio": "Ratio of cumulative incidence",
    "risk": "Risk",
    "largest_smd": "Largest standardised difference",
    "variance_ratio": "Ratio of variances",
    "effective_n": "Effective sample size",
    "equipoise": "Share in equipoise",
    "outside_support": "Share outside common support",
    "c_statistic": "c-statistic of the score",
    "e_value": "E-value",
    "e_value_limit": "E-value of the limit",
    "met": "Met",
    "concordance": "Concordance",
    "calibration_slope": "Calibration slope",
    "brier": "Brier score",
    "scaled_brier": "Scaled Brier score",
    "observed_over_predicted": "Observed over predicted risk",
    "calibration_index": "Mean distance of observed and predicted risk",
    "predicted_risk": "Predicted risk",
    "observed_risk": "Observed risk",
    "group_size": "Patients of a fifth",
    "power": "Power",
    "detectable_hazard_ratio": "Detectable hazard ratio",
    "events_needed": "Events needed",
    "conf_low": "Lower limit",
    "conf_high": "Upper limit",
    "std_error": "Standard error",
    "computed": "Computed figure",
}
ANALYSIS_WORDS = {
    "baseline": "Baseline",
    "follow_up": "Follow-up",
    "survival": "Survival",
    "cumulative_incidence": "Cumulative incidence",
    "restricted_mean": "Restricted mean",
    "time_dependent": "Exposures that begin later",
    "landmark": "Landmark analyses",
    "weighted_log_rank": "Weighted log-rank",
    "piecewise_cox": "Hazard ratios by period",
    "sparse": "Few events",
    "permutation_log_rank": "Permutation log-rank",
    "scan_schedule": "Intervals between scans",
    "interval_censored": "Between scans",
    "interval_log_rank": "Log-rank between scans",
    "interval_hazard": "Hazard between scans",
    "dating": "Dating of progression",
    "gray": "Gray's test",
    "fine_gray": "Fine-Gray model",
    "ignoring_competing": "Competing events ignored",
    "log_rank": "Log-rank",
    "cox": "Cox model",
    "binary": "Binary outcomes",
    "ordinal": "Ordered outcomes",
    "proportional_odds": "Proportional odds",
    "threshold_odds": "Odds at each threshold",
    "numeric": "Numeric outcomes",
    "monitoring": "Monitoring",
    "stay": "Length of stay, death competing",
    "stratified": "Within strata",
    "published": "Published figures",
    "adjusted": "Adjusted comparisons",
    "regression": "Adjusted comparisons",
    "covariate": "Confounders",
    "subgroup": "Subgroups",
    "centre": "Centres",
    "missingness": "Missing values",
    "weighted": "Weighted by propensity score",
    "matched": "Matched by propensity score",
    "standardised": "Standardised",
    "doubly_robust": "Doubly robust",
    "balance": "Balance",
    "overlap": "Overlap",
    "gate": "Gate",
    "imputation": "Imputation",
    "tipping_point": "Tipping points",
    "censoring_bounds": "Worst and best case",
    "prognosis": "Prognostic model",
    "margin": "Margins",
    "power": "Power",
    "simulation": "Simulation",
    "not_compared": "Not compared",
}


def statistic_words(view: View, statistic: str) -> str:
    """A statistic as readers call it."""
    return view.say(STATISTIC_WORDS.get(statistic, statistic.replace("_", " ")))


def analysis_words(view: View, analysis: str) -> str:
    """A family of analyses as readers call it."""
    return view.say(ANALYSIS_WORDS.get(analysis, analysis.replace("_", " ")))


@dataclass(slots=True)
class _Use:
    """What a method is used for, with which confidence levels and sides, each in order of first use."""

    of: dict[str, None] = field(default_factory=dict)
    levels: dict[str, None] = field(default_factory=dict)
    sides: dict[str, None] = field(default_factory=dict)


def methods_table(view: View) -> Table | None:
    """Every method in use with its convention, confidence level and sides, once for each kind of statistic."""
    seen: dict[tuple[str, str], _Use] = {}
    for row in view.rows.rows:
        if not row.method or is_companion(row) or row.analysis in ("published", "flow"):
            continue
        use = seen.setdefault((row.method, row.convention), _Use())
        use.of[f"{analysis_words(view, row.analysis)}: {statistic_words(view, row.statistic).lower()}"] = None
        if row.conf_level is not None:
            use.levels[view.words.conf_level(row.conf_level)] = None
        if row.alternative:
            use.sides[view.say(row.alternative)] = None
    if not seen:
        return None
    return Table(
        name="methods",
        title=view.say("Methods and conventions in use"),
        stub=view.say("Method"),
        columns=(
            Column(heading=view.say("Used for"), align="start"),
            Column(heading=view.say("Convention"), align="start"),
            Column(heading=view.say("Confidence level")),
            Column(heading=view.say("Sides")),
        ),
        rows=tuple(
            plain_row(
                _first_upper(method_words(view, method)),
                (
                    Cell.of("; ".join(use.of)),
                    Cell.of(view.remark(convention)),
                    Cell.of(", ".join(use.levels)),
                    Cell.of(", ".join(use.sides)),
                ),
            )
            for (method, convention), use in seen.items()
        ),
    )


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def provenance_table(view: View) -> Table | None:
    """Hashes, versions and settings of the run, as recorded in run.json."""
    rows = tuple(_provenance_rows(view.result.provenance, ""))
    if not rows:
        return None
    return Table(
        name="provenance",
        title=view.say("Software, data and study of this run"),
        stub=view.say("Item"),
        columns=(Column(heading=view.say("Value"), align="start"),),
        rows=rows,
        notes=(line(view.say("Two runs with the same hashes and versions give the same bytes.")),),
    )


def _provenance_rows(given: Mapping[str, object], before: str) -> list[TableRow]:
    rows: list[TableRow] = []
    for name, value in given.items():
        title = f"{before}{str(name).replace('_', ' ')}"
        if isinstance(value, Mapping):
            rows += _provenance_rows(value, f"{title} › ")
        elif isinstance(value, list | tuple):
            rows.append(plain_row(title, (Cell.of(", ".join(str(item) for item in value)),)))
        else:
            rows.append(plain_row(title, (Cell.of(str(value)),)))
    return rows
