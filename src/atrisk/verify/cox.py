"""Reference cases of Cox regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.proportional_hazards import ProportionalHazardsTest, proportional_hazards
from atrisk.estimate.proportional_hazards import cox_residuals
from atrisk.estimate.proportional_hazards.baseline_hazard import (
    BaselineHazard,
    baseline_hazard,
    covariate_centers,
    predicted_survival,
)
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import ChiSquaredTest, CoxFit, CoxSample, Variance, cox
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, quantile, survival_at
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case, label
from atrisk.verify.design import Design, design

Floats = NDArray[np.float64]

# The stopping rule of R's coxph, which the figures outside the block `tight` bear.
_DEFAULT_GAIN: Final = 1e-9
# Standard errors this far apart make R's tolerance for singular matrices drop columns.
_BADLY_SCALED: Final = 1e5
_ROUNDING: Final = 1e-10
_PROBABILITIES: Final = (0.25, 0.5, 0.75)
# Of residuals the cases hold the first rows, and sums over all of them.
_FIRST_ROWS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A case's rows as a sample, with its design and the variance that R would give."""

    case: Case
    sample: CoxSample
    columns: Design
    strata: tuple[str, ...]
    variance: Variance

    @property
    def ties(self) -> str:
        return str(self.case.options.get("ties", "efron"))


def _asked(case: Case) -> _Asked:
    complete = case.complete()
    columns = design(complete)
    time, entry = complete.times()
    names = complete.names("strata")
    stratum, levels = complete.codes(names)
    weight, robust = complete.given("weights"), case.options.get("robust")
    clustered = complete.codes(complete.names("cluster"))[0] if complete.names("cluster") else None
    sample = CoxSample(
        time=time,
        event=_failed(complete),
        covariates=columns.matrix,
        stratum=stratum if names else None,
        entry=entry,
        weight=weight,
        offset=complete.given("offset"),
        cluster=clustered,
    )
    fractional = weight is not None and bool(np.any(weight != np.floor(weight)))
    by_default = clustered is not None or fractional
    variance: Variance = "robust" if (by_default if robust is None else robust) else "model"
    # R's strata() names the levels of texts without their columns.
    short = not any(name in complete.numeric for name in names)
    strata = tuple(", ".join(level) if short else label(names, level) for level in levels)
    return _Asked(complete, sample, columns, strata, variance)


def _failed(case: Case) -> NDArray[np.bool_]:
    if "event_map" not in case.options:
        return case.happened()
    states, causes = case.states()
    return np.asarray(states == causes.index(str(case.options["cause"])) + 1)


def _fit(case: Case) -> Mapping[str, object]:
    asked = _asked(case)
    best = _fitted(asked)
    # Where the likelihood has no maximum R stops somewhere on the way, and there is nothing to imitate.
    usual = best if np.any(np.isinf(best.coef)) else _fitted(asked, relative_gain=_DEFAULT_GAIN)
    answer: dict[str, object] = {
        "n": usual.n,
        "n_event": usual.n_event,
        "coef_names": list(asked.columns.names),
        "r_names": [name.replace("[", "").replace("]", "") for name in asked.columns.names],
        # An infinite coefficient is no number to hold against the place where R stopped.
        "coef": np.where(np.isinf(best.coef), np.nan, best.coef),
        "var": _covariance(best, best.covariance),
        "loglik": best.loglik,
        "se": _redundant_as_zero(usual, usual.std_err),
        "z": usual.z,
        "p": usual.p_value,
        "hr": np.where(np.isinf(usual.coef), np.nan, usual.hazard_ratio),
        "hr_lower": usual.lower,
        "hr_upper": usual.upper,
        "naive_var": _covariance(usual, usual.model_covariance),
        "loglik_null": usual.loglik_null,
        "lrt": _test(usual.likelihood_ratio_test),
        "wald": _test(usual.wald_test),
        "score": _test(usual.score_test),
        "aic": usual.aic,
        "bic": usual.bic,
        "iterations": usual.iterations,
        "covariate_centers": covariate_centers(asked.sample),
        "concordance": _concordance(asked, usual),
    }
    if usual.robust_score_test is not None:
        answer["robust_score"] = _test(usual.robust_score_test)
    return {**answer, "notes": _notes(asked, best), "kept": _kept_of_fit(asked, usual)}


def _notes(asked: _Asked, fit: CoxFit) -> tuple[str, ...]:
    """What the estimators say, and what was made of options that R refuses or warns of."""
    sample, options = asked.sample, asked.case.options
    said = [] if fit.warning is None else [fit.warning]
    if sample.cluster is not None and fit.variance == "model":
        said.append("the clusters are left aside: a model-based variance was asked for")
    if sample.cluster is None and fit.variance == "robust":
        said.append("every row counts as a cluster of its own")
    if not np.all(sample.counted):
        said.append("rows of weight 0 take no part")
    if fit.ties == "exact" and sample.entry is not None:
        said.append("exact ties with delayed entry are fitted as any others")
    if "new_subjects" in options:
        said.append(f"predicted at covariates of the new subjects, {options.get('conf_type', 'log')} limits")
        if sample.offset is not None:
            said.append("the new subjects' offset is 0")
    return tuple(said)


def _kept_of_fit(asked: _Asked, fit: CoxFit) -> Mapping[str, str]:
    """Differences kept on purpose that depend on the options or the data."""
    kept: dict[str, str] = {}
    if asked.sample.offset is not None:
        reason = "R takes the robust score test without the offset; it is part of the model at b = 0"
        kept["robust_score.*"] = reason
    spread = fit.std_err[np.isfinite(fit.std_err)]
    if spread.size and spread.max() > _BADLY_SCALED * spread.min():
        kept["wald.*"] = "R drops coefficients with variances far below the largest from its Wald test"
    if fit.n_event == 0:
        reason = "without an event there is no test and no model to centre; R writes 0, and p = 1"
        kept |= dict.fromkeys(("lrt.*", "wald.*", "score.*", "covariate_centers", "concordance.*"), reason)
    return kept


def _fitted(asked: _Asked, relative_gain: float | None = None) -> CoxFit:
    sample = asked.sample
    if asked.variance == "model" and sample.cluster is not None:
        sample = replace(sample, cluster=None)
    return cox(
        sample,
        ties=asked.ties,  # type: ignore[arg-type]  # refused by cox() if it is none of the three
        variance=asked.variance,
        relative_gain=relative_gain,
    )


def _covariance(fit: CoxFit, covariance: Floats) -> Floats:
    """R gives rows of 0 to a column without a coefficient."""
    without = np.isnan(fit.coef)
    return np.where(without[:, None] | without, 0.0, covariance)


def _redundant_as_zero(fit: CoxFit, values: Floats) -> Floats:
    """R gives the standard error 0 to a column without a coefficient."""
    return np.where(np.isnan(fit.coef), 0.0, values)


def _test(test: ChiSquaredTest) -> Mapping[str, float]:
    return {"stat": test.statistic, "df": test.df, "p": test.p_value}


def _concordance(asked: _Asked, fit: CoxFit) -> Mapping[str, float]:
    if np.any(np.isinf(fit.coef)):
        return dict.fromkeys(("c", "se", "concordant", "discordant", "tied_x", "tied_y", "tied_xy"), np.nan)
    found = concordance(asked.sample, cox_residuals.linear_predictor(asked.sample, fit))
    return {
        "c": found.estimate,
        "se": found.std_err,
        "concordant": found.concordant,
        "discordant": found.discordant,
        "tied_x": found.tied_risk,
        "tied_y": found.tied_time,
        "tied_xy": found.tied_both,
    }


def _zph(case: Case) -> Mapping[str, object]:
    asked = _asked(case)
    fit = _fitted(asked)
    names = list(dict.fromkeys(asked.columns.terms))
    numbered = [names.index(term) for term in asked.columns.terms]
    answer: dict[str, object] = {"notes": _notes(asked, fit)}
    stopped = case.expected.get("errors_by_transform", {})
    for transform in case.options["transforms"]:
        by_term = proportional_hazards(asked.sample, fit, transform=transform, terms=numbered)
        by_column = proportional_hazards(asked.sample, fit, transform=transform)
        answer[transform] = {
            "by_term": _zph_table(by_term, names, fit),
            "by_coefficient": _zph_table(by_column, asked.columns.names, fit),
        }
    if stopped:
        # Where R stopped there is nothing to compare with: the test is reported in the place of R's error.
        found = {name: f"tested, p = {_global_p(answer[name]):.6g}" for name in stopped if name in answer}
        answer |= {"errors_by_transform": found, **dict.fromkeys(found)}
        answer["kept"] = {"errors_by_transform.*": "R stops with an error where the test can be computed"}
    return answer


def _global_p(tables: object) -> float:
    return float(tables["by_term"]["p"][-1])  # type: ignore[index]  # as made in _zph


def _zph_table(test: ProportionalHazardsTest, names: list[str] | tuple[str, ...], fit: CoxFit) -> Mapping[str, object]:
    """R leaves out what cannot be tested, but not where a coefficient runs off."""
    gone = bool(np.any(np.isinf(fit.coef)))
    tested = [(name, one) for name, one in zip(names, test.terms, strict=True) if one.df > 0 or gone]
    tested.append(("GLOBAL", test.all_terms))
    return {
        "names": [name for name, _ in tested],
        "chisq": [one.statistic for _, one in tested],
        "df": [one.df if one.df > 0 else np.nan for _, one in tested],
        "p": [one.p_value for _, one in tested],
    }


def _residuals(case: Case) -> Mapping[str, object]:
    asked = _asked(case)
    fit, sample = _fitted(asked), asked.sample
    answer: dict[str, object] = {
        "coef_names": list(asked.columns.names),
        "coef": np.where(np.isinf(fit.coef), np.nan, fit.coef),
        "data_row": asked.case.data_row[:_FIRST_ROWS],
        "notes": _notes(asked, fit),
    }
    if np.any(np.isinf(fit.coef)):
        return {**answer, **_no_residuals(asked)}
    predictor = cox_residuals.linear_predictor(sample, fit) - _centre_of_predictor(asked, fit)
    answer["linear_predictor"] = {
        "first": predictor[:_FIRST_ROWS],
        "sum": predictor.sum(),
        "sumsq": (predictor**2).sum(),
    }
    of_rows: dict[str, Callable[[], Floats]] = {
        "martingale": lambda: cox_residuals.martingale_residuals(sample, fit),
        "deviance": lambda: cox_residuals.deviance_residuals(sample, fit),
        "score": lambda: cox_residuals.score_residuals(sample, fit),
        "dfbeta": lambda: cox_residuals.dfbeta(sample, fit),
        "dfbetas": lambda: cox_residuals.dfbeta(sample, fit, standardised=True),
    }
    kinds, kept = case.options["types"], {}
    if fit.ties == "exact" and sample.entry is not None:
        kinds = [kind for kind in kinds if kind == "martingale"]
        others = [f"{kind}.*" for kind in case.options["types"] if kind not in kinds]
        reason = "R's exact fit with delayed entry has lost its class: it gives martingale residuals for every type"
        kept = dict.fromkeys(others, reason)
    for kind in kinds:
        if kind in of_rows:
            answer[kind] = _first_and_sums(of_rows[kind]())
        elif kind in ("schoenfeld", "scaledsch"):
            found = cox_residuals.schoenfeld_residuals(sample, fit)
            values = found.residual if kind == "schoenfeld" else found.scaled
            answer[kind] = {**_first_and_sums(values), "event_time": found.time[:_FIRST_ROWS]}
    answer["kept"] = {**kept, **_sums_to_zero(answer)}
    return answer


def _sums_to_zero(answer: Mapping[str, object]) -> Mapping[str, str]:
    """The sums that are 0 in theory: with covariates of the order of 1e9, R's rounding passes any tolerance."""
    kept = {}
    for kind in ("martingale", "score", "schoenfeld", "dfbeta", "dfbetas"):
        found = answer.get(kind)
        if not isinstance(found, Mapping):
            continue
        size = np.sqrt(found["column_sumsq"] * found["n_rows"])
        if np.all(np.abs(found["column_sums"]) <= _ROUNDING * size):
            kept[f"{kind}.column_sums"] = "a sum that is 0 but for rounding, here and in R"
    return kept


def _no_residuals(asked: _Asked) -> Mapping[str, object]:
    """The shapes of what does not exist with an infinite coefficient, without a number in them."""
    n, p = asked.columns.matrix.shape
    d = int(asked.sample.event.sum())
    answer: dict[str, object] = {
        "linear_predictor": {"first": np.full(min(n, _FIRST_ROWS), np.nan), "sum": np.nan, "sumsq": np.nan}
    }
    for kind in asked.case.options["types"]:
        of_events = kind in ("schoenfeld", "scaledsch")
        shape = (d, p) if of_events else (n,) if kind in ("martingale", "deviance") else (n, p)
        answer[kind] = _first_and_sums(np.full(shape, np.nan))
        if of_events:
            answer[kind] = {
                **_first_and_sums(np.full(shape, np.nan)),
                "event_time": np.full(min(d, _FIRST_ROWS), np.nan),
            }
    return answer


def _centre_of_predictor(asked: _Asked, fit: CoxFit) -> float:
    """What R takes from a linear predictor: that of its centres, and the mean offset, weights left aside."""
    offset = asked.sample.offset
    mean = 0.0 if offset is None else float(offset.mean())
    return float(covariate_centers(asked.sample) @ np.nan_to_num(fit.coef, nan=0.0)) + mean


def _first_and_sums(values: Floats) -> Mapping[str, object]:
    columns = values[:, None] if values.ndim == 1 else values
    return {
        "first": values[:_FIRST_ROWS],
        "column_sums": columns.sum(axis=0),
        "column_sumsq": (columns**2).sum(axis=0),
        "n_rows": values.shape[0],
    }


def _predict(case: Case) -> Mapping[str, object]:
    asked = _asked(case)
    fit, sample = _fitted(asked), asked.sample
    subjects = design(asked.case, subjects=case.options["new_subjects"]).matrix
    curves = predicted_survival(
        sample,
        fit,
        subjects,
        conf_type=case.options.get("conf_type", "log"),
        conf_level=case.options.get("conf_level", 0.95),
    )
    baseline = [_baseline(asked, found, place) for place, found in enumerate(baseline_hazard(sample, fit))]
    answer: dict[str, object] = {
        "baseline_hazard": baseline,
        "linear_predictor_uncentered": subjects @ np.nan_to_num(fit.coef, nan=0.0),
        "predicted": _predicted(asked, curves),
        "notes": _notes(asked, fit),
    }
    if len(curves) == 1:
        answer["quantiles"] = _quantiles(curves[0])
    return answer


def _predicted(asked: _Asked, curves: tuple[tuple[SurvivalCurve, ...], ...]) -> list[Mapping[str, object]]:
    """Every subject's curve in every stratum; where there are strata, R's summary keeps the first subject only."""
    rows: list[Mapping[str, object]] = []
    wanted = {(item.get("stratum", ""), item["subject"]) for item in asked.case.expected.get("predicted", ())}
    for stratum, of_stratum in zip(asked.strata, curves, strict=True):
        for number, curve in enumerate(of_stratum, start=1):
            if not wanted or (stratum, number) in wanted:
                found = _at_times(curve, asked.case.options["times"])
                rows.append({**_stratum(stratum), "subject": number, **found})
    return rows


def _stratum(name: str) -> Mapping[str, str]:
    return {"stratum": name} if name else {}


def _baseline(asked: _Asked, found: BaselineHazard, place: int) -> Mapping[str, object]:
    """The rows that the case kept of one curve."""
    expected = asked.case.expected.get("baseline_hazard", ())
    wanted = expected[place].get("row") if place < len(expected) else None
    rows = np.arange(found.time.size) if wanted is None else np.asarray(wanted, dtype=np.int64) - 1
    rows = rows[rows < found.time.size]
    return {
        **_stratum(asked.strata[found.stratum]),
        "n_rows_total": found.time.size,
        "row": rows + 1,
        "time": found.time[rows],
        "cumhaz": found.cumulative_hazard[rows],
    }


def _at_times(curve: SurvivalCurve, times: list[float]) -> Mapping[str, object]:
    rows = survival_at(curve, times, extend=True)
    return {
        "time": rows.time,
        "surv": rows.estimate,
        "std_err": rows.std_err,
        "lower": rows.lower,
        "upper": rows.upper,
    }


def _quantiles(curves: tuple[SurvivalCurve, ...]) -> Mapping[str, object]:
    found = [[quantile(curve, share) for share in _PROBABILITIES] for curve in curves]
    return {
        "probs": _PROBABILITIES,
        "quantile": [[one.estimate for one in row] for row in found],
        "lower": [[one.lower for one in row] for row in found],
        "upper": [[one.upper for one in row] for row in found],
    }


def _firth(case: Case) -> Mapping[str, object]:
    asked = _asked(case)
    fit = firth_cox(asked.sample, ties=asked.ties)  # type: ignore[arg-type]  # refused if it is neither
    return {
        "coef_names": list(asked.columns.names),
        "coef": fit.coef,
        "se": fit.std_err,
        "var": np.nan_to_num(fit.covariance, nan=0.0),
        "penalised_loglik": fit.penalised_loglik,
        "penalised_loglik_null": fit.penalised_loglik_null,
        "loglik_unpenalised_at_estimate": fit.loglik,
        "profile_lower": np.log(fit.lower),
        "profile_upper": np.log(fit.upper),
        "plr_chisq": [test.statistic for test in fit.tests],
        "plr_p": [test.p_value for test in fit.tests],
        "notes": (fit.warning,) if fit.warning else (),
    }


ADAPTERS: Final[dict[str, Adapter]] = {
    "cox.fit": _fit,
    "cox.cause_specific": _fit,
    "cox.zph": _zph,
    "cox.residuals": _residuals,
    "cox.predict": _predict,
    "cox.firth": _firth,
}

KEPT_DIFFERENCES: Final[dict[str, str]] = {}
