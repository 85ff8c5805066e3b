"""Differences from the reference that are kept on purpose: declared beforehand, and checked to be of their kind.

Whether a difference is kept depends on the names of the case and the statistic, on the question, and on what the
reference recorded; never on our answer alone. Where it is kept, the numbers must still differ in the way declared: a
wrong number is a failure also here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.verify.case import Case
from atrisk.verify.comparison import as_numbers

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Whether each number expected and got differ in the way that is declared: (expected, got, scale) -> flags.
Kind = Callable[[Floats, Floats, float], Flags]

# R's words where its iterations ended without a maximum.
RAN_OFF: Final = r"may be infinite|did not converge|[Rr]an out of iterations|fitted probabilities numerically 0 or 1"


@dataclass(frozen=True, slots=True)
class KeptDifference:
    """A difference kept on purpose: where (`pattern`, as of the shell, of `case/statistic` or `method/statistic`), why,
    of what `kind`, and `when`, which sees the question and what the reference recorded.

    `kind` None: the answer's "imitated" block, which follows the reference's rule, must agree with the reference, to
    within `slack` where it only approaches its own rule's result.
    """

    pattern: str
    reason: str
    kind: Kind | None
    when: Callable[[Case], bool] = lambda _: True
    slack: float = 0.0


def not_given(expected: Floats, got: Floats, _scale: float) -> Flags:
    """The reference gives a number, we decline."""
    return ~np.isnan(expected) & np.isnan(got)


def given(expected: Floats, got: Floats, _scale: float) -> Flags:
    """The reference gives no number, we do."""
    return np.isnan(expected) & np.isfinite(got)


def infinite(expected: Floats, got: Floats, _scale: float) -> Flags:
    """The reference stopped far out, on the way to our infinity."""
    same_way: Flags = np.sign(got) == np.sign(expected)
    return np.isinf(got) & same_way & (np.abs(expected) >= _FAR_OUT)


def infinite_ratio(expected: Floats, got: Floats, scale: float) -> Flags:
    """The exponential of such a number: on the way to our infinity or 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return infinite(np.log(expected), np.log(got), scale)


def not_given_or_infinite(expected: Floats, got: Floats, _scale: float) -> Flags:
    """We decline or answer infinity where the reference stopped at a number; what else it is off by is small."""
    near = np.abs(expected - got) <= _ON_THE_WAY * np.abs(expected)
    return (~np.isnan(expected) & ~np.isfinite(got)) | near


def digits_lost(expected: Floats, got: Floats, _scale: float) -> Flags:
    """A small number that the reference took from 1, which leaves it multiples of the machine's epsilon."""
    return np.abs(expected - got) <= _LOST


def rounding_of_zero(expected: Floats, got: Floats, scale: float) -> Flags:
    """Both are what rounding leaves of a sum that is 0; `scale` is the size of what was added up."""
    return np.maximum(np.abs(expected), np.abs(got)) <= _ROUNDING * scale


def root_not_reached(expected: Floats, got: Floats, _scale: float) -> Flags:
    """R's uniroot stopped within its tolerance of our ratio, or of its inverse where that is below 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(got < 1, np.abs(got - expected), np.abs(1 / got - 1 / expected))
    return (got > 0) & (expected > 0) & np.isfinite(got) & np.isfinite(expected) & (off <= _ROOT)


def at_most(largest: float) -> Kind:
    """Off by no more than this, absolutely."""
    return lambda expected, got, _: np.abs(expected - got) <= largest


def above(expected: Floats, got: Floats, _scale: float) -> Flags:
    """Larger than what was expected, by not more than a tenth of 1 or of it."""
    return (got > expected) & (got - expected <= _APART * np.maximum(1.0, np.abs(expected)))


def below(expected: Floats, got: Floats, scale: float) -> Flags:
    """Smaller than what was expected, by not more than a tenth of 1 or of it."""
    return above(-expected, -got, scale)


def within_share(share: float) -> Kind:
    """Off by no more than this share of what was expected."""
    return lambda expected, got, _: np.abs(expected - got) <= share * np.abs(expected)


def ran_off(case: Case) -> bool:
    """Whether the reference says, or its `converged` or its standard errors show, that its iterations came to no end.

    R does not always say so: a standard error of a log ratio that is out of all bounds is reached only on the way.
    """
    errors = as_numbers(case.expected.get("se", []))
    boundless = errors is not None and bool(np.any(errors > _BOUNDLESS))
    return case.expected.get("converged") is False or re.search(RAN_OFF, case.said) is not None or boundless


# A standard error of a log ratio or an intercept that R's iterations reach only on the way to infinity.
_BOUNDLESS: Final = 50.0
# A coefficient this far out, with R's stopping rules on data of ordinary scale, is on its way.
_FAR_OUT: Final = 3.0
# How far, relatively, finite coefficients and their errors still move while others are on the way to infinity.
_ON_THE_WAY: Final = 1e-3
_APART: Final = 0.1
_LOST: Final = 4 * float(np.finfo(np.float64).eps)
_ROUNDING: Final = 1e-9
# R's uniroot: the fourth root of the machine's epsilon.
_ROOT: Final = float(np.finfo(np.float64).eps ** 0.25)
