"""Pointwise confidence limits of a probability on one of five scales."""

from __future__ import annotations

from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError

Floats = NDArray[np.float64]
ConfType = Literal["log", "log-log", "plain", "logit", "arcsin"]


def normal_quantile(conf_level: float) -> float:
    """The two-sided standard normal quantile of a confidence level, such as 1.96 for 0.95."""
    require_conf_level(conf_level)
    return NormalDist().inv_cdf(0.5 + conf_level / 2)


def require_conf_level(conf_level: float) -> None:
    """Raise EstimationError unless the confidence level lies strictly between 0 and 1."""
    if not 0 < conf_level < 1:
        raise EstimationError("a confidence level must lie strictly between 0 and 1 (0.95, not 95).")


def check_conf_type(conf_type: str) -> None:
    """Refuse a scale of confidence limits that is not one of the five."""
    if conf_type not in get_args(ConfType):
        known = ", ".join(get_args(ConfType))
        raise EstimationError(f"the type of confidence limits '{conf_type}' is unknown; use one of {known}.")


def pointwise_limits(
    probability: Floats, std_err: Floats, *, conf_type: ConfType, conf_level: float
) -> tuple[Floats, Floats]:
    """Lower and upper pointwise confidence limits of probabilities p with standard errors se.

    Definition: g^-1(g(p) -/+ z se g'(p)), with g(p) = p (plain), log p (log), log(-log p) (log-log),
    log(p/(1-p)) (logit) or arcsin(sqrt p) (arcsin), cut to [0, 1].
    Source: Kalbfleisch and Prentice 2002, section 1.4; Borgan and Liestøl 1990 (arcsin); scales as in R's
    survfit.
    Edges: NaN where the scale has no slope there (p = 0 except plain; p = 1 under log-log, logit and arcsin) and
    where the standard error is NaN.
    """
    check_conf_type(conf_type)
    z = normal_quantile(conf_level)
    p = np.asarray(probability, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if conf_type == "plain":
            return np.maximum(p - z * std_err, 0.0), np.minimum(p + z * std_err, 1.0)
        inside = np.where((p > 0) & (p <= 1), p, np.nan)
        if conf_type == "log":
            reach = z * std_err / inside
            return inside * np.exp(-reach), np.minimum(inside * np.exp(reach), 1.0)
        inside = np.where(p < 1, inside, np.nan)
        if conf_type == "log-log":
            reach = np.abs(z * std_err / (inside * np.log(inside)))
            return inside ** np.exp(reach), inside ** np.exp(-reach)
        if conf_type == "logit":
            odds = inside / (1 - inside)
            reach = z * std_err / (inside * (1 - inside))
            low, high = odds * np.exp(-reach), odds * np.exp(reach)
            return low / (1 + low), np.where(np.isinf(high), 1.0, high / (1 + high))
        angle = np.arcsin(np.sqrt(inside))
        reach = z * std_err / (2 * np.sqrt(inside * (1 - inside)))
        return (
            np.sin(np.maximum(0.0, angle - reach)) ** 2,
            np.sin(np.minimum(np.pi / 2, angle + reach)) ** 2,
        )
