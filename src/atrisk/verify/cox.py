"""Reference cases of Cox regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from atrisk.estimate.proportional_hazards import cox_residuals
from atrisk.estimate.proportional_hazards.baseline_hazard import covariate_centers
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import ChiSquaredTest, CoxFit, CoxSample, Variance, cox
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.design import Design, design
from atrisk.verify.kept_difference import (
    KeptDifference,
    infinite,
    infinite_ratio,
    not_given,
    not_given_or_infinite,
    ran_off,
)
from atrisk.verify.question import Question, label

Floats = NDArray[np.float64]

# The stopping rule of R's coxph, which the figures outside the block `tight` bear.
_DEFAULT_GAIN: Final = 1e-9
# R's tolerance for singular matrices, of the largest variance.
_SINGULAR: Final = float(np.finfo(np.float64).eps ** 0.75)


@dataclass(frozen=True, slots=True, eq=False)
class CoxQuestion:
    """A case's rows as a sample, with its design and the variance that R would give."""

    question: Question
    sample: CoxSample
    columns: Design
    strata: tuple[str, ...]
    variance: Variance

    @property
    def ties(self) -> str:
        """How tied events are handled."""
        return str(self.question.options.get("ties", "efron"))


def asked_of(question: Question) -> CoxQuestion:
    """The complete rows of a question as R's coxph takes them."""
    complete = question.complete()
    columns = design(complete)
    time, entry = complete.times()
    names = complete.names("strata")
    stratum, levels = complete.codes(names)
    weight, robust = complete.given("weights"), question.options.get("robust")
    clustered = complete.codes(complete.names("cluster"))[0] if complete.names("cluster") else None
    sample = CoxSample(
        time=time,
        event=_happened(complete),
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
    return CoxQuestion(complete, sample, columns, strata, variance)


def _happened(question: Question) -> NDArray[np.bool_]:
    if "event_map" not in question.options:
        return question.happened()
    states, causes = question.states()
    return np.asarray(states == causes.index(str(question.options["cause"])) + 1)


def _fit(question: Question) -> Mapping[str, object]:
    asked = asked_of(question)
    best = fitted(asked)
    # Where the likelihood has no maximum R stops somewhere on the way, and there is nothing to imitate.
    usual = best if np.any(np.isinf(best.coef)) else fitted(asked, relative_gain=_DEFAULT_GAIN)
    answer: dict[str, object] = {
        "n": usual.n,
        "n_event": usual.n_event,
        "coef_names": list(asked.columns.names),
        "coef": usual.coef,
        "var": _covariance(usual, usual.covariance),
        "loglik": usual.loglik,
        "se": _redundant_as_zero(usual, usual.std_err),
        "z": usual.z,
        "p": usual.p_value,
        "hr": usual.hazard_ratio,
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
    tight = {"coef": best.coef, "var": _covariance(best, best.covariance), "loglik": best.loglik}
    return {**answer, "tight": tight, "notes": notes_of(asked, best), "imitated": _imitated(asked, usual)}


def _imitated(asked: CoxQuestion, fit: CoxFit) -> Mapping[str, object]:
    """What R makes of an offset in the robust score test, and of very unequal variances in the Wald test."""
    answer: dict[str, object] = {"wald": _wald_without_small_variances(fit)}
    if asked.sample.offset is not None and fit.variance == "robust":
        without = fitted(replace(asked, sample=replace(asked.sample, offset=None)), relative_gain=_DEFAULT_GAIN)
        if without.robust_score_test is not None:
            answer["robust_score"] = _test(without.robust_score_test)
    return answer


def _wald_without_small_variances(fit: CoxFit) -> Mapping[str, float]:
    """Wald's test by R's Cholesky decomposition, which leaves out pivots below a share of the largest variance."""
    known = np.isfinite(fit.coef)
    coef, left = fit.coef[known], fit.covariance[np.ix_(known, known)].copy()
    if coef.size == 0 or not np.all(np.isfinite(left)):
        return {"stat": np.nan, "df": fit.wald_test.df, "p": np.nan}
    smallest, statistic, rest = _SINGULAR * np.abs(np.diag(left)).max(), 0.0, coef.copy()
    for i in range(coef.size):
        if left[i, i] < smallest:
            left[i, :], left[:, i] = 0.0, 0.0
            continue
        statistic += rest[i] ** 2 / left[i, i]
        share = left[:, i] / left[i, i]
        share[: i + 1] = 0.0
        rest -= share * rest[i]
        left -= np.outer(share, left[i, :])
    return {"stat": statistic, "df": fit.wald_test.df, "p": float(chdtrc(fit.wald_test.df, statistic))}


def notes_of(asked: CoxQuestion, fit: CoxFit) -> tuple[str, ...]:
    """What the estimators say, and what was made of options that R refuses or warns of."""
    sample, options = asked.sample, asked.question.options
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


def fitted(asked: CoxQuestion, relative_gain: float | None = None) -> CoxFit:
    """The fit that a question asks for, to full convergence or by a stopping rule of R's."""
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


def _concordance(asked: CoxQuestion, fit: CoxFit) -> Mapping[str, float]:
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


def _firth(question: Question) -> Mapping[str, object]:
    asked = asked_of(question)
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


COX_OPTIONS: Final = frozenset(
    {"time", "event", "event_value", "entry", "covariates", "terms", "strata", "weights", "cluster", "offset"}
    | {"ties", "robust", "timefix", "missing"}
)
_COMPETING: Final = frozenset({"event_map", "censor", "cause", "variance"})
ADAPTERS: Final[dict[str, Adapter]] = {"cox.fit": _fit, "cox.cause_specific": _fit, "cox.firth": _firth}
OPTIONS: Final = {
    "cox.fit": COX_OPTIONS,
    "cox.cause_specific": COX_OPTIONS | _COMPETING,
    "cox.firth": COX_OPTIONS | {"penalty"},
}

_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
_NO_EVENT: Final = "without an event there is no test and no model to centre; R writes 0, and p = 1"
_OFFSET: Final = "R takes the robust score test without the offset; it is part of the model at b = 0"
_SMALL: Final = "R drops coefficients with variances far below the largest from its Wald test"
_OF_FITS: Final = ("cox.fit", "cox.cause_specific", "finegray.weighted_cox")


def _without_event(case: Case) -> bool:
    return case.expected.get("n_event") == 0


_FEW_CLUSTERS: Final = (
    "no more clusters than coefficients: their scores span too little for a robust test, whose statistic R finds to be "
    "the number of clusters; none is given"
)


def _few_clusters(case: Case) -> bool:
    names = case.question.names("cluster")
    return bool(names) and len(case.question.complete().codes(names)[1]) <= len(case.expected.get("coef", ()))


KEPT_DIFFERENCES: Final = (
    *(
        KeptDifference(f"{method}/{name}", _RUNS_OFF, kind, ran_off)
        for method in _OF_FITS
        for names, kind in (
            (("coef",), infinite),
            (("hr",), infinite_ratio),
            (("se", "z", "p", "var", "naive_var", "hr_lower", "hr_upper", "wald.*"), not_given_or_infinite),
            (("concordance.*",), not_given),
        )
        for name in names
    ),
    *(
        KeptDifference(f"{method}/{name}", _NO_EVENT, not_given, _without_event)
        for method in _OF_FITS
        for name in ("lrt.*", "wald.*", "score.*", "covariate_centers", "concordance.*")
    ),
    *(KeptDifference(f"{method}/robust_score.*", _OFFSET, None) for method in _OF_FITS),
    *(KeptDifference(f"{method}/wald.*", _SMALL, None) for method in _OF_FITS),
    *(KeptDifference(f"{method}/robust_score.*", _FEW_CLUSTERS, not_given, _few_clusters) for method in _OF_FITS),
)
