"""Reference cases of logistic regression, propensity scores and matching."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.firth_logistic import firth_logistic
from atrisk.estimate.logistic import LogisticFit, logistic
from atrisk.estimate.logistic_profile import logistic_profile_limits
from atrisk.estimate.predicted_risk import area_under_curve, brier_score
from atrisk.estimate.regression_sample import RegressionSample
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.design import Design, design

Floats = NDArray[np.float64]

# The stopping rules of R's glm: its own, and that of the block `tight`, in which the deviance stands to the last
# digit but the variance, which is that of the last step's weights, need not.
_DEFAULT_TOLERANCE: Final = 1e-8
_TIGHT_TOLERANCE: Final = 1e-15
_SHOWN: Final = 20

_SEPARATED: Final = "the likelihood has no maximum (separation): R's glm stops at finite numbers without saying so"
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
        "notes": () if usual.warning is None else (usual.warning,),
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
        return {"kept": dict.fromkeys(_ESTIMATES, _SEPARATED)}
    if sample.weight is not None and np.any(sample.weight != np.rint(sample.weight)):
        said = () if fit.warning is None else (fit.warning,)
        return {"kept": dict.fromkeys(("loglik", "aic", "bic"), _FRACTIONS), "notes": (*said, _FRACTIONS)}
    return {}


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


ADAPTERS: Final[dict[str, Adapter]] = {"logistic": _logistic, "logistic.firth": _firth}
KEPT_DIFFERENCES: Final[dict[str, str]] = {}
