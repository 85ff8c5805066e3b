"""Reference cases of logistic regression, propensity scores and matching."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.covariate_balance import Kind, covariate_balance, weighted_mean
from atrisk.compare.balance.matching import (
    Comparison,
    Matching,
    MatchingRule,
    Order,
    caliper_width,
    nearest_neighbours,
)
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
from atrisk.verify.kept_difference import (
    KeptDifference,
    at_most,
    given,
    infinite,
    infinite_ratio,
    not_given_or_infinite,
    ran_off,
    within_share,
)
from atrisk.verify.question import Question

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The stopping rules of R's glm: its own, and that of the block `tight`, in which the deviance stands to the last
# digit but the variance, which is that of the last step's weights, need not.
_DEFAULT_TOLERANCE: Final = 1e-8
_TIGHT_TOLERANCE: Final = 1e-15
# That of R's coxph.
_COX_TOLERANCE: Final = 1e-9

_FRACTIONS: Final = "R rounds fractional weights in the log-likelihood (and warns); here they count as they are"
_PSEUDO_DATA: Final = (
    "R's warning of non-integer successes speaks of the pseudo-data that its algorithm goes through; the penalised "
    "score is solved directly here"
)


def _sample(question: Question, option: str) -> tuple[RegressionSample, Design]:
    """The rows of a complete case: whether `option`'s column has its value, and the design."""
    columns = design(question)
    value = "outcome_value" if option == "outcome" else "treated_value"
    happened = question.equals(str(question.options[option]), question.options.get(value, 1))
    sample = RegressionSample(
        outcome=happened.astype(np.float64),
        covariates=columns.matrix,
        weight=question.given("weights"),
        offset=question.given("offset"),
    )
    return sample, columns


def _logistic(question: Question) -> Mapping[str, object]:
    complete = question.complete()
    sample, columns = _sample(complete, "outcome")
    best = logistic(sample, deviance_tolerance=_TIGHT_TOLERANCE)
    usual = logistic(sample, deviance_tolerance=_DEFAULT_TOLERANCE)
    if usual.separated:
        best = usual = logistic(sample)
    answer: dict[str, object] = {
        "n": complete.n,
        "coef_names": ["intercept", *columns.names],
        "coef": usual.coef,
        "se": usual.std_err,
        "z": usual.z,
        "p": usual.p_value,
        "var": _without_nan(usual),
        "odds_ratio": usual.odds_ratio,
        "wald_lower": usual.coef_lower,
        "wald_upper": usual.coef_upper,
        "deviance": usual.deviance,
        "null_deviance": usual.null_deviance,
        "df_residual": usual.df_residual,
        "df_null": usual.n - 1,
        "loglik": usual.loglik,
        "aic": usual.aic,
        "bic": usual.bic,
        "converged": usual.converged,
        "data_row": complete.data_row,
        "fitted_first": usual.fitted,
        "fitted_sum": float(usual.fitted.sum()),
        "fitted_sumsq": float((usual.fitted**2).sum()),
        # Of unweighted patients alone: the format asks for them there only.
        "auc": area_under_curve(sample.outcome, usual.fitted) if sample.weight is None else np.nan,
        "brier": brier_score(sample.outcome, usual.fitted) if sample.weight is None else np.nan,
        "tight": {"coef": best.coef, "var": _without_nan(best), "deviance": best.deviance},
    }
    answer["profile_lower"] = answer["profile_upper"] = np.full(usual.coef.size, np.nan)
    if not usual.separated:
        limits = logistic_profile_limits(sample, usual, method="interpolated")
        answer["profile_lower"], answer["profile_upper"] = limits.lower, limits.upper
    return {**answer, "notes": _notes(sample, usual), "imitated": _with_weights_as_trials(sample, usual)}


def _without_nan(fit: LogisticFit) -> Floats:
    """R gives rows of 0 to a column without a coefficient; one that runs off has no variance."""
    return fit.covariance if fit.separated else np.where(np.isnan(fit.covariance), 0.0, fit.covariance)


def _notes(sample: RegressionSample, fit: LogisticFit) -> tuple[str, ...]:
    said = [] if fit.warning is None else [fit.warning]
    if sample.weight is not None and np.any(sample.weight != np.rint(sample.weight)):
        said.append(_FRACTIONS)
    return tuple(said)


def _with_weights_as_trials(sample: RegressionSample, fit: LogisticFit) -> Mapping[str, object]:
    """The log-likelihood in which R has rounded the weights to whole numbers, as numbers of trials, and its BIC of all
    rows, also those of weight 0."""
    if sample.weight is None:
        return {}
    chance = np.where(sample.outcome == 1, fit.fitted, 1 - fit.fitted)
    loglik = float(np.rint(sample.weight) @ np.log(chance))
    aic = fit.aic + 2 * (fit.loglik - loglik)
    return {"loglik": loglik, "aic": aic, "bic": aic + (np.log(sample.weight.size) - 2) * fit.df}


def _firth(question: Question) -> Mapping[str, object]:
    complete = question.complete()
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


def _weighting(question: Question) -> Mapping[str, object]:
    complete = question.complete()
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
            "data_row": complete.data_row,
            "score_first": score,
            "score_sum": float(score.sum()),
            "score_sumsq": float((score**2).sum()),
            "score_min": float(score.min()),
            "score_max": float(score.max()),
        },
        "smd_unweighted": _balance(complete, treated, None),
        "weights": weights,
        "notes": () if found.warning is None else (found.warning,),
    }


def _of_weights(question: Question, treated: Flags, weight: Floats) -> Mapping[str, object]:
    return {
        "first": weight,
        "sum_treated": float(weight[treated].sum()),
        "sum_control": float(weight[~treated].sum()),
        "max": float(weight.max()),
        "ess_treated": effective_sample_size(weight[treated]),
        "ess_control": effective_sample_size(weight[~treated]),
        "smd": _balance(question, treated, weight),
    }


def _of_survival(question: Question, treated: Flags, weight: Floats) -> Mapping[str, object]:
    """Weighted Kaplan-Meier curves and Cox model with robust variance, every patient their own cluster."""
    if "time" not in question.options:
        return {}
    time, entry = question.times()
    happened, row = question.happened(), np.arange(question.n)
    rows = FollowUpRows.of(time, happened, group=treated, entry=entry, weight=weight, cluster=row)
    curves = []
    for is_treated, curve in zip((False, True), survival_curves(rows), strict=True):
        at = survival_at(curve, question.options["times"], extend=True)
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


def _covariates(question: Question) -> Mapping[str, tuple[Floats, Kind]]:
    """Every numeric covariate, and every level of a factor, the reference included, as 0 or 1."""
    found: dict[str, tuple[Floats, Kind]] = {}
    for covariate in question.options["covariates"]:
        name = covariate["name"]
        if covariate["type"] == "factor":
            for level in covariate["levels"]:
                found[f"{name}[{level}]"] = question.equals(name, level).astype(np.float64), "binary"
        else:
            values = question.numbers(name)
            found[name] = values, "binary" if np.all((values == 0) | (values == 1)) else "continuous"
    return found


def _balance(question: Question, treated: Flags, weight: Floats | None) -> Mapping[str, float]:
    return {
        name: covariate_balance(values, treated, weight=weight, kind=kind).value
        for name, (values, kind) in _covariates(question).items()
    }


def _matching(question: Question) -> Mapping[str, object]:
    complete = question.complete()
    measure, treated = _measured(complete)
    matching = _matched(complete, measure, treated)
    width = _caliper(complete, measure, treated)
    answer = {
        "n": complete.n,
        "n_treated": int(treated.sum()),
        "n_control": int((~treated).sum()),
        "distance_first": measure,
        **({} if width is None else {"caliper_width": width}),
        **_of_matching(complete, treated, matching),
        "notes": () if matching.warning is None else (matching.warning,),
    }
    ratio = int(question.options.get("ratio", 1))
    if question.options.get("replace") and ratio > 1:
        # Every treated patient gets the one nearest control over and over.
        once = _of_matching(complete, treated, _matched(complete, measure, treated, ratio=1, comparison="whole"))
        pairs = np.repeat(np.asarray(once["matched_pairs_data_rows"]), ratio, axis=0)
        return answer | {"imitated": {**once, "matched_pairs_data_rows": pairs}}
    by_whole_parts = _matched(complete, measure, treated, comparison="whole")
    return answer | {"imitated": _of_matching(complete, treated, by_whole_parts)}


def _measured(complete: Question) -> tuple[Floats, Flags]:
    """The propensity of each row on the scale of the question, and who is treated."""
    sample, _ = _sample(complete, "treatment")
    found: PropensityScore = propensity_score(sample, deviance_tolerance=_DEFAULT_TOLERANCE)
    on_logit = str(complete.options.get("distance_scale", "logit")).startswith("logit")
    return (found.logit if on_logit else found.score), sample.outcome == 1


def _caliper(complete: Question, measure: Floats, treated: Flags) -> float | None:
    sds = complete.options.get("caliper_sd")
    return None if sds is None else caliper_width(measure, treated, sds=float(sds))


def _matched(
    complete: Question, measure: Floats, treated: Flags, *, ratio: int | None = None, comparison: Comparison = "exact"
) -> Matching:
    options = complete.options
    estimand = str(options.get("estimand", "ATT")).upper()
    if estimand not in ("ATT", "ATC"):
        raise EstimationError(f"nearest neighbour matching estimates the ATT or the ATC, not the {estimand}.")
    rule = MatchingRule(
        ratio=int(options.get("ratio", 1)) if ratio is None else ratio,
        replace=bool(options.get("replace", False)),
        order=_order(complete, "largest" if estimand == "ATT" else "smallest"),
        caliper=_caliper(complete, measure, treated),
        comparison=comparison,
    )
    exact = complete.codes(complete.names("exact"))[0] if options.get("exact") else None
    return nearest_neighbours(measure, treated if estimand == "ATT" else ~treated, rule=rule, exact=exact)


def _order(question: Question, usual: Order) -> Order:
    """The order in which the treated choose; the cases write the default out in words."""
    told = str(question.options.get("order", usual))
    orders: tuple[Order, ...] = ("largest", "smallest", "data")
    for order in orders:
        if told.startswith(order):
            return order
    raise EstimationError(f"the order of matching '{told}' is unknown; use largest, smallest or data.")


def _of_matching(question: Question, treated: Flags, matching: Matching) -> Mapping[str, object]:
    weight, covariates = matching.weight, _covariates(question)
    return {
        "n_matched_treated": int((weight[treated] > 0).sum()),
        "n_matched_control": int((weight[~treated] > 0).sum()),
        "matched_pairs_data_rows": question.data_row[matching.pairs],
        "smd_before": _balance(question, treated, None),
        "smd_after": _balance(question, treated, weight),
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
_MODEL: Final = frozenset({"covariates", "terms", "missing"})
_SURVIVAL: Final = frozenset({"time", "event", "event_value", "entry", "times", "timefix"})
_TREATMENT: Final = _MODEL | {"treatment", "treated_value"}
OPTIONS: Final = {
    "logistic": _MODEL | {"outcome", "outcome_value", "weights", "offset"},
    "logistic.firth": _MODEL | {"outcome", "outcome_value", "weights", "offset"},
    "iptw": _TREATMENT | _SURVIVAL,
    "matching.nearest": _TREATMENT | {"estimand", "caliper_sd", "distance_scale", "order", "ratio", "replace", "exact"},
}

_SEPARATED: Final = "the likelihood has no maximum (separation): R's glm stops at finite numbers without saying so"
_WHOLE_PARTS: Final = (
    "MatchIt 4.5.1 compares the whole parts of distances by a mistake that later versions mend, and takes a control "
    "that is not the nearest; with that rule our matching is R's pair by pair"
)
_ROWS_OF_NO_WEIGHT: Final = "R's logLik counts rows of weight 0 as patients in the BIC, and its nobs does not"
# How far probabilities may be from the limit where R's iterations stop on the way to it, and what rests on them.
_STILL_MOVING: Final = 1e-4
_LIMITS: Final = ("fitted_*", "brier", "auc", "deviance", "loglik", "aic", "bic")
_NO_PROFILE: Final = "R's profile ends where a fit on the way does not converge; ours goes on to the limit"
_SAME_CONTROL: Final = (
    "MatchIt 4.5.1 with replacement gives a treated patient the same control several times; ours are different ones"
)
_AS_NEAR: Final = "controls at equal distances: the tie is broken otherwise, to the same right"


def _tied(case: Case) -> bool:
    """Whether a control that the reference took lies at the same distance as another."""
    complete = case.question.complete()
    measure, treated = _measured(complete)
    taken = np.isin(complete.data_row, [pair[1] for pair in case.expected["matched_pairs_data_rows"]])
    near = np.sort(measure[~treated])
    same = np.diff(near, prepend=-np.inf, append=np.inf) < _SAME_DISTANCE
    tied = near[same[:-1] | same[1:]]
    return tied.size > 0 and bool(np.any(np.abs(measure[taken][:, None] - tied).min(axis=1) < _SAME_DISTANCE))


def _other_controls(expected: Floats, got: Floats, _scale: float) -> Flags:
    """Pairs, row by row, of the same treated with any patient of the data."""
    control = np.arange(got.size) % 2 == 1
    return np.asarray((got == expected) | (control & (got >= 1) & (got == np.floor(got))))


def _given_or_near(expected: Floats, got: Floats, scale: float) -> Flags:
    """We go on where the reference has nothing; its other limits are read off a spline that lacks those points."""
    return given(expected, got, scale) | within_share(_BY_SPLINE)(expected, got, scale)


_SAME_DISTANCE: Final = 1e-9
_BY_SPLINE: Final = 1e-3


def _replaced(case: Case) -> bool:
    return bool(case.question.options.get("replace")) and int(case.question.options.get("ratio", 1)) > 1


def _has_fractions(case: Case) -> bool:
    weight = case.question.given("weights")
    return weight is not None and bool(np.any(weight != np.rint(weight)))


KEPT_DIFFERENCES: Final = (
    KeptDifference("logistic/coef", _SEPARATED, infinite, ran_off),
    KeptDifference("logistic/odds_ratio", _SEPARATED, infinite_ratio, ran_off),
    *(
        KeptDifference(f"logistic/{name}", _SEPARATED, not_given_or_infinite, ran_off)
        for name in ("se", "z", "p", "var", "wald_*", "profile_*")
    ),
    *(KeptDifference(f"logistic/{name}", _SEPARATED, at_most(_STILL_MOVING), ran_off) for name in _LIMITS),
    KeptDifference("logistic/converged", _SEPARATED, at_most(1.0), ran_off),
    *(KeptDifference(f"logistic/{name}", _FRACTIONS, None, _has_fractions) for name in ("loglik", "aic", "bic")),
    KeptDifference("logistic/bic", _ROWS_OF_NO_WEIGHT, None),
    *(KeptDifference(f"logistic/profile_{end}", _NO_PROFILE, _given_or_near) for end in ("lower", "upper")),
    *(
        KeptDifference(f"matching.nearest/{name}", reason, None, when)
        for reason, when in ((_SAME_CONTROL, _replaced), (_WHOLE_PARTS, lambda case: not _replaced(case)))
        for name in (
            *("n_matched_control", "matched_pairs_data_rows"),
            *("smd_after.*", "mean_treated_matched.*", "mean_control_matched.*"),
        )
    ),
    KeptDifference("matching.nearest/matched_pairs_data_rows", _AS_NEAR, _other_controls, _tied),
)
