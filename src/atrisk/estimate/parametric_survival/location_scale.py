"""The standard distributions behind parametric survival models: log-likelihoods of exact and censored values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Standard = Literal["extreme", "logistic", "gaussian"]

_LOG_ROOT_2_PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class StandardDistribution:
    """A distribution of W in Y = location + scale W, by the logarithms of its functions.

    `log_density` log f, `slope` u = f'/f, `curvature` u', `log_below` log F, `log_above` log(1 - F), all on arrays
    of any shape; `quantile` F^-1. `start_shift` and `start_divisor`: location = mean + shift and
    scale^2 = 4 variance / divisor start the iterations (the rule of R's survreg).
    """

    log_density: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    curvature: Callable[[Floats], Floats]
    log_below: Callable[[Floats], Floats]
    log_above: Callable[[Floats], Floats]
    quantile: Callable[[Floats], Floats]
    start_shift: float
    start_divisor: float


def standard_distribution(name: Standard) -> StandardDistribution:
    """The smallest extreme value (1 - F = exp(-e^z)), the logistic or the normal distribution."""
    return {"extreme": _EXTREME, "logistic": _LOGISTIC, "gaussian": _GAUSSIAN}[name]


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Log-likelihoods (n,) of standardised intervals (a, b] and their derivatives in a and b.

    The derivatives in b of an exact value and of one that is only known to lie above a are 0, and so are those
    in a of one that lies below b.
    """

    value: Floats
    in_a: Floats
    in_b: Floats
    in_aa: Floats
    in_bb: Floats
    in_ab: Floats


def contributions(distribution: StandardDistribution, a: Floats, b: Floats) -> Contributions:
    """The log-likelihood of standardised observations: log f(a) where a = b, else log(F(b) - F(a)).

    a = -inf: below b; b = inf: above a. Differences are taken in the tail in which they do not cancel.
    """
    exact, above, below = a == b, np.isposinf(b) & np.isfinite(a), np.isneginf(a) & np.isfinite(b)
    both = np.isfinite(a) & np.isfinite(b) & ~exact
    value, in_a, in_b, in_aa, in_bb, in_ab = (np.zeros(a.shape) for _ in range(6))
    known = a[exact]
    value[exact] = distribution.log_density(known)
    in_a[exact], in_aa[exact] = distribution.slope(known), distribution.curvature(known)

    left = a[above]
    value[above] = distribution.log_above(left)
    ratio = np.exp(distribution.log_density(left) - value[above])
    in_a[above], in_aa[above] = -ratio, -ratio * distribution.slope(left) - ratio**2

    right = b[below]
    value[below] = distribution.log_below(right)
    ratio = np.exp(distribution.log_density(right) - value[below])
    in_b[below], in_bb[below] = ratio, ratio * distribution.slope(right) - ratio**2

    left, right = a[both], b[both]
    inside = log_probability_between(distribution, left, right)
    value[both] = inside
    at_left = np.exp(distribution.log_density(left) - inside)
    at_right = np.exp(distribution.log_density(right) - inside)
    in_a[both], in_b[both] = -at_left, at_right
    in_aa[both] = -at_left * distribution.slope(left) - at_left**2
    in_bb[both] = at_right * distribution.slope(right) - at_right**2
    in_ab[both] = at_left * at_right
    return Contributions(value=value, in_a=in_a, in_b=in_b, in_aa=in_aa, in_bb=in_bb, in_ab=in_ab)


def log_probability_between(distribution: StandardDistribution, a: Floats, b: Floats) -> Floats:
    """log(F(b) - F(a)), from the upper tails where a > 0 and from the lower ones elsewhere."""
    upper = a > 0
    larger = np.where(upper, distribution.log_above(a), distribution.log_below(b))
    smaller = np.where(upper, distribution.log_above(b), distribution.log_below(a))
    with np.errstate(divide="ignore"):
        return np.asarray(larger + np.log(-np.expm1(smaller - larger)))


def _log_ndtr(z: Floats) -> Floats:
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr(z))


def _ndtri(p: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(p))


def _logistic_share(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def _extreme_log_below(z: Floats) -> Floats:
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(np.log(-np.expm1(-np.exp(z))))


def _exp(z: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(z))


_EXTREME = StandardDistribution(
    log_density=lambda z: z - _exp(z),
    slope=lambda z: 1 - _exp(z),
    curvature=lambda z: -_exp(z),
    log_below=_extreme_log_below,
    log_above=lambda z: -_exp(z),
    quantile=lambda p: np.log(-np.log1p(-p)),
    start_shift=0.572,
    start_divisor=1.64,
)
_LOGISTIC = StandardDistribution(
    log_density=lambda z: -np.logaddexp(0, z) - np.logaddexp(0, -z),
    slope=lambda z: -np.tanh(0.5 * z),
    curvature=lambda z: -2 * _logistic_share(z) * _logistic_share(-z),
    log_below=lambda z: -np.logaddexp(0, -z),
    log_above=lambda z: -np.logaddexp(0, z),
    quantile=lambda p: np.log(p) - np.log1p(-p),
    start_shift=0.0,
    start_divisor=3.2,
)
_GAUSSIAN = StandardDistribution(
    log_density=lambda z: -0.5 * z**2 - _LOG_ROOT_2_PI,
    slope=lambda z: -z,
    curvature=lambda z: -np.ones_like(z),
    log_below=_log_ndtr,
    log_above=lambda z: _log_ndtr(-z),
    quantile=_ndtri,
    start_shift=0.0,
    start_divisor=1.0,
)
