"""Reference cases of logistic regression, propensity scores and matching."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.covariate_balance import Kind, covariate_balance, weighted_mean
from atrisk.compare.balance.matching import Matching, MatchingRule, Order, caliper_width, nearest_neighbours
from atrisk.compare.balance.propensity import (
    Estimand,
    PropensityScore,
    effective_sample_size,
    propensity_score,
    propensity_weights,
)
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.firth_logistic import firth_logistic
from atrisk.estimate.generalized_linear.logistic import LogisticFit, logistic
from atrisk.estimate.generalized_linear.logistic_profile import logistic_profile_limits
from atrisk.estimate.generalized_linear.predicted_risk import area_under_curve, brier_score
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import survival_at
from atrisk.estimate.survival_curve.survival_curves import survival_curves
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.design import Design, design

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The stopping rules of R's glm: its own, and that of the block `tight`, in which the deviance stands to the last
# digit but the variance, which is that of the last step's weights, need not.
_DEFAULT_TOLERANCE: Final = 1e-8
_TIGHT_TOLERANCE: Final = 1e-15
# That of R's coxph.
_COX_TOLERANCE: Final = 1e-9
_SHOWN: Final = 20

_SEPARATED: Final = "the likelihood has no maximum (separation): R's glm stops at finite numbers without saying so"
_REDUNDANT: Final = (
    "R's run to 1e-15 no longer sees that a column is redundant (its tolerance is a thousandth of that) and divides by "
    "rounding"
)
_FRACTIONS: Final = "R rounds fractional weights in the log-likelihood (and warns); here they count as they are"
_PSEUDO_DATA: Final = (
    "R's warning of non-integer successes speaks of the pseudo-data that its algorithm goes through; the penalised "
    "score is solved directly here"
)


def _sample(case: Case, option: str) -> tuple[RegressionSample, Design]:
    """The rows of a complete case: whether `option`'s column has its value, and the design."""
    columns = design(case)
    value = "outcome_value" if option == "outcome" else "treated_value"
    happened = case.equals(str(case.options[option]), case.options.get(value, 1))
    sample = RegressionSample(
        outcome=happened.astype(np.float64),
        covariates=columns.matrix,
        weight=case.given("weights"),
        offset=case.given("offset"),
    )
    return sample, columns


def _logistic(case: Case) -> Mapping[str, object]:
    complete = case.complete()
    sample, columns = _sample(complete, "outcome")
    best = logistic(sample, deviance_tolerance=_TIGHT_TOLERANCE)
    usual = logistic(sample, deviance_tolerance=_DEFAULT_TOLERANCE)
    if usual.separated:
        best = usual = logistic(sample)
    answer: dict[str, object] = {
        "n": complete.n,
        "coef_names": ["intercept", *columns.names],
        "coef": best.coef,
        "se": usual.std_err,
        "z": usual.z,
        "p": usual.p_value,
        "var": np.where(np.isnan(best.covariance), 0.0, best.covariance),
        "odds_ratio": usual.odds_ratio,
        "wald_lower": usual.coef_lower,
        "wald_upper": usual.coef_upper,
        "deviance": best.deviance,
        "null_deviance": usual.null_deviance,
        "df_residual": usual.df_residual,
        "df_null": usual.n - 1,
        "loglik": usual.loglik,
        "aic": usual.aic,
        "bic": usual.bic,
        "converged": usual.converged,
        "data_row": complete.data_row[:_SHOWN],
        "fitted_first": usual.fitted[:_SHOWN],
        "fitted_sum": float(usual.fitted.sum()),
        "fitted_sumsq": float((usual.fitted**2).sum()),
    }
    if sample.weight is None:
        answer["auc"] = area_under_curve(sample.outcome, usual.fitted)
        answer["brier"] = brier_score(sample.outcome, usual.fitted)
    if "profile_lower" in case.expected:
        limits = logistic_profile_limits(sample, usual, method="interpolated")
        answer["profile_lower"], answer["profile_upper"] = limits.lower, limits.upper
    return {**answer, **_kept(sample, usual)}


def _kept(sample: RegressionSample, fit: LogisticFit) -> Mapping[str, object]:
    """The differences on purpose that a case brings about, and what there is to say of them."""
    if fit.separated:
        return {"kept": dict.fromkeys(_ESTIMATES, _SEPARATED), "notes": (str(fit.warning),)}
    kept, said = {}, [] if fit.warning is None else [fit.warning]
    if np.any(np.isnan(fit.coef)):
        kept.update(dict.fromkeys(("coef", "var", "deviance"), _REDUNDANT))
    if sample.weight is not None and np.any(sample.weight != np.rint(sample.weight)):
        kept.update(dict.fromkeys(("loglik", "aic", "bic"), _FRACTIONS))
        said.append(_FRACTIONS)
    return {"kept": kept, "notes": tuple(said)}


_PASSED_OVER: Final = (
    "with several controls MatchIt 4.5.1 takes the patient one row further for a control the treated one already has, "
    "and so passes it over; with replacement it matches one control twice to the same treated patient"
)
_OF_PAIRS: Final = (
    *("n_matched_control", "matched_pairs_data_rows"),
    *("smd_after.*", "mean_treated_matched.*", "mean_control_matched.*"),
)
_ESTIMATES: Final = (
    *("coef", "se", "z", "p", "var", "odds_ratio", "wald_lower", "wald_upper", "profile_lower", "profile_upper"),
    *("converged", "deviance", "loglik", "aic", "bic", "fitted_first", "fitted_sum", "fitted_sumsq", "auc", "brier"),
)


def _firth(case: Case) -> Mapping[str, object]:
    complete = case.complete()
    sample, columns = _sample(complete, "outcome")
    fit = firth_logistic(sample)
    return {
        "n": complete.n,
        "coef_names": ["intercept", *columns.names],
        "coef": fit.coef,
        "se": fit.std_err,
        "var": np.where(np.isnan(fit.covariance), 0.0, fit.covariance),
        "penalised_loglik": fit.penalised_loglik,
        "profile_lower": fit.coef_lower,
        "profile_upper": fit.coef_upper,
        "plr_chisq": fit.chi_squared,
        "plr_p": fit.p_value,
        "notes": (_PSEUDO_DATA, *(() if fit.warning is None else (fit.warning,))),
    }


_WEIGHTS: Final[Mapping[str, tuple[Estimand, bool]]] = {
    "ate": ("ate", False),
    "ate_stabilised": ("ate", True),
    "att": ("att", False),
    "overlap": ("ato", False),
}


def _weighting(case: Case) -> Mapping[str, object]:
    complete = case.complete()
    sample, columns = _sample(complete, "treatment")
    found = propensity_score(sample, deviance_tolerance=_DEFAULT_TOLERANCE)
    treated, score = sample.outcome == 1, found.score
    weights = {}
    for name, (estimand, stabilised) in _WEIGHTS.items():
        weight = propensity_weights(score, treated, estimand=estimand, stabilised=stabilised)
        weights[name] = {**_of_weights(complete, treated, weight), **_of_survival(complete, treated, weight)}
    return {
        "propensity": {
            "n": complete.n,
            "n_treated": int(treated.sum()),
            "coef_names": ["intercept", *columns.names],
            "coef": found.fit.coef,
            "data_row": complete.data_row[:_SHOWN],
            "score_first": score[:_SHOWN],
            "score_sum": float(score.sum()),
            "score_sumsq": float((score**2).sum()),
            "score_min": float(score.min()),
            "score_max": float(score.max()),
        },
        "smd_unweighted": _balance(complete, treated, None),
        "weights": weights,
        "notes": () if found.warning is None else (found.warning,),
    }


def _of_weights(case: Case, treated: Flags, weight: Floats) -> Mapping[str, object]:
    return {
        "first": weight[:_SHOWN],
        "sum_treated": float(weight[treated].sum()),
        "sum_control": float(weight[~treated].sum()),
        "max": float(weight.max()),
        "ess_treated": effective_sample_size(weight[treated]),
        "ess_control": effective_sample_size(weight[~treated]),
        "smd": _balance(case, treated, weight),
    }


def _of_survival(case: Case, treated: Flags, weight: Floats) -> Mapping[str, object]:
    """Weighted Kaplan-Meier curves and Cox model with robust variance, every patient their own cluster."""
    if "time" not in case.options:
        return {}
    time, entry = case.times()
    happened, row = case.happened(), np.arange(case.n)
    rows = FollowUpRows.of(time, happened, group=treated, entry=entry, weight=weight, cluster=row)
    curves = []
    for is_treated, curve in zip((False, True), survival_curves(rows), strict=True):
        at = survival_at(curve, case.options["times"], extend=True)
        curves.append(
            {
                "treated": is_treated,
                "time": at.time,
                "surv": at.estimate,
                "robust_std_err": at.std_err,
                "lower": at.lower,
                "upper": at.upper,
            }
        )
    fit = cox(
        CoxSample(
            time=time,
            event=happened,
            covariates=treated[:, None].astype(np.float64),
            entry=entry,
            weight=weight,
            cluster=row,
        ),
        relative_gain=_COX_TOLERANCE,
    )
    score = fit.robust_score_test
    return {
        "weighted_km": curves,
        "weighted_cox": {
            "coef": float(fit.coef[0]),
            "robust_se": float(fit.std_err[0]),
            "naive_se": float(np.sqrt(fit.model_covariance[0, 0])),
            "hr": float(fit.hazard_ratio[0]),
            "hr_lower": float(fit.lower[0]),
            "hr_upper": float(fit.upper[0]),
            "robust_score": None if score is None else score.statistic,
            "wald": fit.wald_test.statistic,
        },
    }


def _covariates(case: Case) -> Mapping[str, tuple[Floats, Kind]]:
    """Every numeric covariate, and every level of a factor, the reference included, as 0 or 1."""
    found: dict[str, tuple[Floats, Kind]] = {}
    for covariate in case.options["covariates"]:
        name = covariate["name"]
        if covariate["type"] == "factor":
            for level in covariate["levels"]:
                found[f"{name}[{level}]"] = case.equals(name, level).astype(np.float64), "binary"
        else:
            values = case.numbers(name)
            found[name] = values, "binary" if np.all((values == 0) | (values == 1)) else "continuous"
    return found


def _balance(case: Case, treated: Flags, weight: Floats | None) -> Mapping[str, float]:
    return {
        name: covariate_balance(values, treated, weight=weight, kind=kind).value
        for name, (values, kind) in _covariates(case).items()
    }


def _matching(case: Case) -> Mapping[str, object]:
    complete = case.complete()
    sample, _ = _sample(complete, "treatment")
    found: PropensityScore = propensity_score(sample, deviance_tolerance=_DEFAULT_TOLERANCE)
    on_logit = str(case.options.get("distance_scale", "logit")).startswith("logit")
    measure = found.logit if on_logit else found.score
    treated = sample.outcome == 1
    estimand = str(case.options.get("estimand", "ATT")).upper()
    if estimand not in ("ATT", "ATC"):
        raise EstimationError(f"nearest neighbour matching estimates the ATT or the ATC, not the {estimand}.")
    focal = treated if estimand == "ATT" else ~treated
    sds = case.options.get("caliper_sd")
    width = None if sds is None else caliper_width(measure, treated, sds=float(sds))
    rule = MatchingRule(
        ratio=int(case.options.get("ratio", 1)),
        replace=bool(case.options.get("replace", False)),
        order=_order(case, "largest" if estimand == "ATT" else "smallest"),
        caliper=width,
        # The version of MatchIt that made the cases compares whole parts of distances: see MatchingRule.
        comparison="whole",
    )
    exact = complete.codes(case.names("exact"))[0] if case.options.get("exact") else None
    matching = nearest_neighbours(measure, focal, rule=rule, exact=exact)
    return {
        "n": complete.n,
        "n_treated": int(treated.sum()),
        "n_control": int((~treated).sum()),
        "n_matched_treated": int((matching.weight[treated] > 0).sum()),
        "n_matched_control": int((matching.weight[~treated] > 0).sum()),
        "distance_first": measure[:_SHOWN],
        **({} if width is None else {"caliper_width": width}),
        **_of_matching(complete, treated, matching),
        "notes": () if matching.warning is None else (matching.warning,),
        "kept": dict.fromkeys(_OF_PAIRS, _PASSED_OVER) if rule.ratio > 1 else {},
    }


def _order(case: Case, usual: Order) -> Order:
    """The order in which the treated choose; the cases write the default out in words."""
    told = str(case.options.get("order", usual))
    orders: tuple[Order, ...] = ("largest", "smallest", "data")
    for order in orders:
        if told.startswith(order):
            return order
    raise EstimationError(f"the order of matching '{told}' is unknown; use largest, smallest or data.")


def _of_matching(case: Case, treated: Flags, matching: Matching) -> Mapping[str, object]:
    weight, covariates = matching.weight, _covariates(case)
    return {
        "matched_pairs_data_rows": case.data_row[matching.pairs],
        "smd_before": _balance(case, treated, None),
        "smd_after": _balance(case, treated, weight),
        "mean_treated_matched": {
            name: weighted_mean(values[treated], weight[treated]) for name, (values, _) in covariates.items()
        },
        "mean_control_matched": {
            name: weighted_mean(values[~treated], weight[~treated]) for name, (values, _) in covariates.items()
        },
    }


ADAPTERS: Final[dict[str, Adapter]] = {
    "logistic": _logistic,
    "logistic.firth": _firth,
    "iptw": _weighting,
    "matching.nearest": _matching,
}
KEPT_DIFFERENCES: Final[dict[str, str]] = {}
