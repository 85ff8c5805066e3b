"""A reference case: a question, and the answer of an independent program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atrisk.verify.question import Question


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How close is close enough: |a - b| <= atol + rtol |b|; `note` says why it is as wide as it is."""

    rtol: float
    atol: float
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One reference case; `place` is where it stands, such as `km.json, case 3`.

    Only the comparison sees `expected`: an adapter is given the question alone.
    """

    question: Question
    expected: Mapping[str, Any]
    tolerance: Tolerance
    place: str = ""
    r_call: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        """The name of the case."""
        return self.question.id

    @property
    def method(self) -> str:
        """The method it asks for."""
        return self.question.method

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the reference said beside its numbers: its warnings, then its error."""
        warnings = self.expected.get("warnings") or ()
        texts = [warnings] if isinstance(warnings, str) else list(warnings)
        return (*map(str, texts), *([str(self.expected["error"])] if "error" in self.expected else []))

    @property
    def said(self) -> str:
        """All remarks in one text, "" where the reference was silent."""
        return "; ".join(self.remarks)


@dataclass(frozen=True, slots=True)
class UnusableCase:
    """A case, or a file of cases, that cannot be asked: `id` as far as it is known, and why."""

    id: str
    method: str
    place: str
    reason: str
