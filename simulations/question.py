"""A question of coverage, size or power, and its answer by trials or by summing over every outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulations.draws import Draws, open_draws

Kind = Literal["coverage", "size", "power"]
# By method: whether limits held the truth, or a test rejected; None where it gave no answer.
Outcome = Mapping[str, bool | None]

LEVEL = 0.05
NOMINAL: Mapping[Kind, float | None] = {"coverage": 1 - LEVEL, "size": LEVEL, "power": None}
# Monte Carlo errors within which a share is called nominal: with two, some of the hundred shares would miss by chance.
# What a module claims is checked a little more loosely.
ERRORS = 3.0
ERRORS_OF_A_CLAIM = 4.0
# A share that was summed and not simulated has no such error: it agrees where it differs by less than this.
SMALL = 0.005


@dataclass(frozen=True, slots=True)
class Claim:
    """Between which values the true share is said to lie, and why it is not, or need not be, the nominal one."""

    low: float
    high: float
    why: str


@dataclass(frozen=True, slots=True)
class Method:
    """Limits at 95% or a test at 5%. Without a claim, coverage and size are said to be nominal."""

    name: str
    kind: Kind = "coverage"
    claim: Claim | None = None


def methods(*names: str, kind: Kind = "coverage", claims: Mapping[str, Claim] | None = None) -> tuple[Method, ...]:
    """The methods of a setting, with what is claimed of some of them."""
    return tuple(Method(name, kind, (claims or {}).get(name)) for name in names)


@dataclass(frozen=True, slots=True)
class Simulated:
    """A setting from which trials are drawn: `trial` gives one outcome, `trials` is how many the page rests on."""

    name: str
    trials: int
    methods: tuple[Method, ...]
    trial: Callable[[Draws], Outcome]


@dataclass(frozen=True, slots=True)
class Summed:
    """A setting so small that every outcome is looked at, with its probability."""

    name: str
    methods: tuple[Method, ...]
    outcomes: Callable[[], Iterable[tuple[float, Outcome]]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in words, and the settings in which it is."""

    key: str
    title: str
    text: str
    settings: tuple[Simulated | Summed, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """The answer for one method in one setting.

    `share`: of the trials with an answer, those whose limits held the truth or whose test rejected; `unanswered`: the
    share of trials without an answer; `trials`: how many were drawn, None where every outcome was summed.
    """

    setting: str
    method: Method
    share: float
    unanswered: float
    trials: int | None

    @property
    def nominal(self) -> float | None:
        """What the share should be; None for power."""
        return NOMINAL[self.method.kind]

    @property
    def error(self) -> float:
        """The Monte Carlo error the share has if it is nominal in truth (for power: if it is the one found)."""
        return 0.0 if self.trials is None else self._error(self.share if self.nominal is None else self.nominal)

    @property
    def verdict(self) -> str:
        """Whether the share agrees with the nominal one; if not, on which side it lies."""
        if self.nominal is None:
            return ""
        if abs(self.share - self.nominal) <= (SMALL if self.trials is None else ERRORS * self.error):
            return "nominal"
        return (
            "conservative" if (self.share > self.nominal) == (self.method.kind == "coverage") else "anti-conservative"
        )

    @property
    def as_claimed(self) -> bool:
        """Whether the share agrees with what is said of it; a method that never answers has nothing to agree."""
        if math.isnan(self.share):
            return False
        low, high = self._claimed()
        return low - self._room(low) <= self.share <= high + self._room(high)

    def _room(self, share: float) -> float:
        return SMALL if self.trials is None else ERRORS_OF_A_CLAIM * self._error(share)

    def _claimed(self) -> tuple[float, float]:
        if self.method.claim is not None:
            return self.method.claim.low, self.method.claim.high
        return (0.0, 1.0) if self.nominal is None else (self.nominal, self.nominal)

    def _error(self, share: float) -> float:
        answered = (self.trials or 0) * (1 - self.unanswered)
        return math.sqrt(share * (1 - share) / answered) if answered else math.nan


@dataclass(slots=True)
class _Tally:
    answered: dict[str, float] = field(default_factory=dict)
    positive: dict[str, float] = field(default_factory=dict)
    all: float = 0.0

    def add(self, outcome: Outcome, weight: float) -> None:
        self.all += weight
        for name, positive in outcome.items():
            if positive is not None:
                self.answered[name] = self.answered.get(name, 0.0) + weight
                self.positive[name] = self.positive.get(name, 0.0) + weight * positive

    def row(self, setting: str, method: Method, trials: int | None) -> Row:
        answered = self.answered.get(method.name, 0.0)
        share = self.positive[method.name] / answered if answered else math.nan
        return Row(setting, method, share, max(1 - answered / self.all, 0.0), trials)


def answer(question: Question, *, at_most: int | None = None) -> Iterator[Row]:
    """The rows of a question, setting by setting; `at_most`: no more trials than that in any."""
    for place, setting in enumerate(question.settings):
        tally, trials = _Tally(), None
        if isinstance(setting, Summed):
            for probability, outcome in setting.outcomes():
                tally.add(outcome, probability)
        else:
            trials = setting.trials if at_most is None else min(setting.trials, at_most)
            draws = open_draws(question.key, place)
            for _ in range(trials):
                tally.add(setting.trial(draws), 1.0)
        yield from (tally.row(setting.name, method, trials) for method in setting.methods)


def held(lower: float, upper: float, truth: float) -> bool | None:
    """Whether limits hold the truth; None where there are none."""
    return None if math.isnan(lower) or math.isnan(upper) else bool(lower <= truth <= upper)


def rejected(p_value: float) -> bool:
    """Whether a test rejects; without a p value it does not."""
    return bool(p_value <= LEVEL)
