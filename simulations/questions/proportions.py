"""Do the limits of a proportion and of a difference of two hold it? Summed over every possible count."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from atrisk.compare.interval import Interval
from atrisk.compare.proportions.miettinen_nurminen import miettinen_nurminen_difference
from atrisk.compare.proportions.proportion import clopper_pearson, wilson
from atrisk.compare.proportions.risk_difference import newcombe_difference, wald_difference
from simulations.counts import binomial, pairs_of_counts
from simulations.question import Claim, Outcome, Question, Summed, held, methods

CLOPPER_PEARSON, WILSON = "Clopper-Pearson", "Wilson"
NEWCOMBE, MIETTINEN_NURMINEN, WALD = "Newcombe", "Miettinen-Nurminen", "Wald"


def _one(n: int, risk: float) -> Iterable[tuple[float, Outcome]]:
    for count, probability in enumerate(binomial(n, risk)):
        yield (
            probability,
            {
                CLOPPER_PEARSON: _held(clopper_pearson(count, n), risk),
                WILSON: _held(wilson(count, n), risk),
            },
        )


def _two(sizes: tuple[int, int], risks: tuple[float, float]) -> Iterable[tuple[float, Outcome]]:
    truth = risks[0] - risks[1]
    for probability, (one, other) in pairs_of_counts(sizes, risks):
        table = (one, sizes[0], other, sizes[1])
        yield (
            probability,
            {
                NEWCOMBE: _held(newcombe_difference(*table), truth),
                MIETTINEN_NURMINEN: _held(miettinen_nurminen_difference(*table), truth),
                WALD: _held(wald_difference(*table), truth),
            },
        )


def _held(interval: Interval, truth: float) -> bool | None:
    return held(interval.lower, interval.upper, truth)


_JUMPS = Claim(
    0.92, 0.98, "Score limits hold 95% on the average over risks; for one risk the coverage jumps about that."
)


def _proportion(n: int, risk: float) -> Summed:
    exact = Claim(0.95, 1.0, "Each limit is missed with at most 2.5%, and whole counts leave less than that.")
    of_one = methods(CLOPPER_PEARSON, WILSON, claims={CLOPPER_PEARSON: exact, WILSON: _JUMPS})
    return Summed(f"{n} patients, risk {risk:g}", of_one, partial(_one, n, risk))


def _difference(sizes: tuple[int, int], risks: tuple[float, float]) -> Summed:
    short = Claim(
        0.80, 0.95, "The standard error rests on the estimates, and is too small where they happen to lie near 0 or 1."
    )
    claims = {NEWCOMBE: _JUMPS, MIETTINEN_NURMINEN: _JUMPS, WALD: short}
    name = f"{sizes[0]} against {sizes[1]}, risks {risks[0]:g} and {risks[1]:g}"
    return Summed(name, methods(NEWCOMBE, MIETTINEN_NURMINEN, WALD, claims=claims), partial(_two, sizes, risks))


QUESTION = Question(
    "proportions",
    "Proportions and their differences",
    "Coverage of a count has no Monte Carlo error: every count is looked at with its probability. It jumps with the "
    "risk, because a count is whole.",
    (
        _proportion(32, 0.03),
        _proportion(32, 0.1),
        _proportion(32, 0.3),
        _proportion(490, 0.03),
        _difference((32, 32), (0.1, 0.1)),
        _difference((32, 32), (0.5, 0.2)),
        _difference((32, 490), (0.1, 0.03)),
        _difference((32, 490), (0.3, 0.3)),
    ),
)
