"""What the reference says beside its numbers, and which of our words answer it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Remark:
    """A kind of warning or error of the reference's (`said`, a pattern), and the pattern of a note that answers it.

    `answer` None: the trouble is one of the reference's arithmetic alone, and numbers without it answer it.
    """

    said: str
    answer: str | None


REMARKS: Final = (
    Remark(
        r"may be infinite|numerically 0 or 1",
        r"without end|separation|no convergence|did not converge|no maximum",
    ),
    Remark(r"Stop time must be > start time", r"entry is not before"),
    Remark(r"cluster specified with robust ?= ?FALSE", r"clusters are left"),
    Remark(r"id or cluster option required", r"a cluster of its own"),
    Remark(r"[Rr]ight censored data only|only valid for right", r"delayed entry"),
    Remark(r"variable lengths differ \(found for '\(timefix\)'\)", r"times are compared exactly"),
    Remark(r"model contains interactions", r"predicted at covariates of the new subjects"),
    Remark(r"object '.*' not found", r"new subjects' offset is 0"),
    Remark(r"non-integer #successes", r"pseudo-data|fractional weights"),
    Remark(r"Chi-squared approximation may be incorrect", r"approximation|same level|one group"),
    Remark(r"sample size in each stratum must be > 1", r"strata that carry no information"),
    Remark(r"not enough observations|not enough .* observations", r"fewer than two values"),
    Remark(r"[Ii]nvalid weights|weights must be|0 weights|zero weights", r"weight 0"),
    Remark(r"[Ff]ewer (control|treated) units|will get a match|not be matched", r"match"),
    Remark(r"data are essentially constant", r"no spread|constant|variance"),
    Remark(r"rank-deficient|deemed to be singular", r"no coefficient|without a coefficient|sum of earlier"),
    # Where there is no maximum we say so by ourselves; where there is one, ours is found.
    Remark(r"did not converge|out of iterations|Inner loop failed", None),
    Remark(r"exactly singular|computationally singular|FEXACT|NaNs produced|Lapack|infinite or missing values", None),
)
_WORD: Final = re.compile(r"[a-z]{5,}")
# Words that stand in remarks on anything.
_EMPTY: Final = frozenset(
    {"using", "there", "where", "which", "value", "values", "argument", "default", "error", "other"}
)


def is_answered(said: str, notes: Iterable[str]) -> bool:
    """Whether one of our notes is on the same matter as a remark of the reference's.

    A kind of remark that is not known here is answered by a note that shares a word of five letters or more with it.
    """
    for remark in REMARKS:
        if re.search(remark.said, said):
            return remark.answer is None or any(re.search(remark.answer, note) for note in notes)
    words = _words(said)
    return any(words & _words(note) for note in notes)


def _words(text: str) -> frozenset[str]:
    """The stems of a text's words."""
    return frozenset(word[:6] for word in _WORD.findall(text.lower()) if word not in _EMPTY)
