"""A finished run as a reader sees it: rows by what they are of, labels for codes, words for numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from atrisk.report.language import Language
from atrisk.report.names import Names
from atrisk.report.row_index import RowIndex
from atrisk.report.wording import PLAIN, Style, Words
from atrisk.result.row import MAIN, Row
from atrisk.result.run_result import ComparisonFrame, RunResult
from atrisk.study.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What every table, figure and section of the report is made from.

    ``rows`` are those of the main analysis, ``alternatives`` those of each alternative by its name.
    """

    result: RunResult
    rows: RowIndex
    names: Names
    words: Words
    alternatives: Mapping[str, RowIndex] = field(default_factory=dict)

    @classmethod
    def of(cls, result: RunResult, *, language: str = "en", style: Style = PLAIN) -> View:
        """The run seen in a language and a house style."""
        spoken = Language.of(language)
        by_specification: dict[str, list[Row]] = {MAIN: []}
        for row in result.rows:
            by_specification.setdefault(row.specification, []).append(row)
        rows = {name: RowIndex.of(found) for name, found in by_specification.items()}
        return cls(result, rows.pop(MAIN), Names(result, spoken), Words(spoken, style), rows)

    def of_alternative(self, name: str) -> View:
        """The same report's view of an alternative's rows in place of the main analysis's."""
        return replace(self, rows=self.alternatives[name])

    def say(self, message: str) -> str:
        """The message in the reader's language."""
        return self.words.say(message)

    def remark(self, text: str) -> str:
        """A note, warning, error or finding of the run in the reader's language."""
        return self.words.language.remark(text)

    def text(self, text: Text | None) -> str:
        """A text of the study file in the reader's language; nothing for None."""
        return "" if text is None else text.in_language(self.words.language.code)

    @property
    def banner(self) -> str:
        """The words that say no real patients stand behind the data; empty for real data."""
        return self.text(self.result.study.study.synthetic)

    @property
    def main(self) -> ComparisonFrame:
        """The comparison of the study's own groups."""
        return next(frame for frame in self.result.comparisons if frame.name == "main")

    @property
    def further(self) -> tuple[ComparisonFrame, ...]:
        """The other comparisons, in the order declared."""
        return tuple(frame for frame in self.result.comparisons if frame.name != "main")

    def causes(self, frame: ComparisonFrame, outcome: str) -> tuple[str, ...]:
        """The causes of an outcome with competing events, the one of interest first; empty without them."""
        rows = self.rows.family(frame.name, "cumulative_incidence", outcome)
        curves = self.result.curves
        found = [row.cause for row in rows] + [
            curve.cause
            for curve in curves
            if (curve.comparison, curve.outcome, curve.kind) == (frame.name, outcome, "cumulative_incidence")
        ]
        return tuple(dict.fromkeys(found))

    def cause(self, frame: ComparisonFrame, outcome: str) -> str:
        """The cause that rows of an outcome's event of interest carry; empty without competing events."""
        return next(iter(self.causes(frame, outcome)), "")
