"""The rows that one variable takes up in a table by group: its numbers or levels, and how many are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from atrisk.report.row_cells import count_cell, limit_sign, limits, number, number_cell
from atrisk.report.table_model import EMPTY, Cell, TableRow, heading_row, level_row, plain_row
from atrisk.report.view import View
from atrisk.report.wording import decimals_for, decimals_needed
from atrisk.result.row import Row

_Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Block:
    """One variable's rows: ``own`` are its result rows, ``codes`` the groups shown, ``beside`` the cells after them.

    ``beside`` is asked for the cells of a kind (``continuous``, ``binary`` or ``levels``): differences and p values,
    which stand in the line that opens the block.
    """

    view: View
    label: str
    variable: str
    own: Sequence[Row]
    codes: tuple[str, ...]
    beside: Callable[[str], tuple[Cell, ...]]

    def rows(self) -> list[TableRow]:
        """The heading, the numbers or levels, the missing."""
        levels = tuple(dict.fromkeys(row.level for row in self.own if row.level))
        if any(row.statistic == "median" for row in self.own):
            rows = [self._heading(self.label, "continuous"), *self._number_rows()]
            bands = self.view.say("{variable}, in bands").format(variable=self.label)
            if levels:
                rows += [self._heading(bands, "levels"), *self._level_rows(levels), *self._in_no_band()]
            return rows
        if levels == ("true",):
            cells = tuple(self._count("true", code) for code in self.codes)
            return [plain_row(self.label, (*cells, *self.beside("binary"))), *self._missing()]
        return [self._heading(self.label, "levels"), *self._level_rows(levels), *self._one_index(), *self._missing()]

    def _heading(self, title: str, kind: str) -> TableRow:
        return heading_row(title, ((EMPTY,) * len(self.codes)) + self.beside(kind))

    def _line(self, title: str, cells: Sequence[Cell]) -> TableRow:
        return level_row(title, (*cells, *(EMPTY,) * len(self.beside("continuous"))))

    def _places(self) -> dict[_Place, Row]:
        found: dict[_Place, Row] = {}
        for row in self.own:
            found.setdefault((row.statistic, row.group, row.level), row)
        return found

    def _number_rows(self) -> list[TableRow]:
        places, words = self._places(), self.view.words
        spread = [row.value for row in self.own if row.statistic in ("mean", "sd") and row.value is not None]
        ranks = [row.value for row in self.own if row.statistic in ("q1", "median", "q3") and row.value is not None]
        most = decimals_for(spread or ranks)
        fewest = decimals_needed(ranks, most)
        counted = self._counted(ranks)

        def median(code: str) -> Cell:
            q1, middle, q3 = (places.get((name, code, "")) for name in ("q1", "median", "q3"))
            if middle is None or middle.value is None:
                return Cell.of(number(middle, str))
            values = [row.value for row in (q1, middle, q3) if row is not None and row.value is not None]
            decimals = decimals_needed(values, fewest) if counted else fewest
            low, half, high = (
                (limit_sign(row), number(row, lambda value: words.number(value, decimals))) for row in (q1, middle, q3)
            )
            return Cell.of(*half, " (", *low, words.style.between, *high, ")")

        def mean(code: str) -> Cell:
            pieces = (
                number(places.get((name, code, "")), lambda value: words.number(value, most)) for name in _MOMENTS
            )
            middle, deviation = pieces
            return Cell.of(middle, " (", deviation, ")")

        rows = [self._line(self.view.say("Median (IQR)"), [median(code) for code in self.codes])]
        if spread:
            rows.append(self._line(self.view.say("Mean (SD)"), [mean(code) for code in self.codes]))
        if any(row.statistic == "n_limit" for row in self.own):
            limited = [number_cell(places.get(("n_limit", code, "")), words.count, muted=True) for code in self.codes]
            rows.append(self._line(self.view.say("Recorded only as a limit"), limited))
        return rows + self._missing()

    def _counted(self, ranks: Sequence[float]) -> bool:
        """Whether the variable counts something: whole extremes, quantiles at quarters between whole numbers.

        A median of 8 is then printed as 8, though that of another group lies half way between two counts.
        """
        extremes = [row.value for row in self.own if row.statistic in ("min", "max") and row.value is not None]
        return (
            bool(extremes) and all(value % 1 == 0 for value in extremes) and all(value * 4 % 1 == 0 for value in ranks)
        )

    def _level_rows(self, levels: Sequence[str]) -> list[TableRow]:
        return [
            self._line(self.view.names.level(self.variable, level), [self._count(level, code) for code in self.codes])
            for level in levels
        ]

    def _count(self, level: str, code: str) -> Cell:
        places = self._places()
        share = places.get(("proportion", code, level))
        counted = count_cell(self.view, places.get(("count", code, level)), share, with_total=self._any_missing())
        around = limits(self.view, share, self.view.words.percent)
        return Cell((*counted.lines, around)) if around else counted

    def _one_index(self) -> list[TableRow]:
        """How many grades rest on one index alone, where there are any."""
        if not any(row.statistic == "n_one_index" and row.value for row in self.own):
            return []
        places = self._places()
        cells = [
            number_cell(places.get(("n_one_index", code, "")), self.view.words.count, muted=True) for code in self.codes
        ]
        return [self._line(self.view.say("Graded on one index alone"), cells)]

    def _in_no_band(self) -> list[TableRow]:
        """How many values lie between or outside the declared bands, where any do; a group without one has no row."""
        if not any(row.statistic == "n_in_no_band" and row.value for row in self.own):
            return []
        places = self._places()
        found = [places.get(("n_in_no_band", code, "")) for code in self.codes]
        cells = [
            number_cell(row, self.view.words.count, muted=True) if row is not None else Cell.of("0") for row in found
        ]
        return [self._line(self.view.say("In none of the bands"), cells)]

    def _any_missing(self) -> bool:
        return any(row.statistic == "missing" and row.value for row in self.own)

    def _missing(self) -> list[TableRow]:
        if not self._any_missing():
            return []
        places = self._places()
        cells = [
            number_cell(places.get(("missing", code, "")), self.view.words.count, muted=True) for code in self.codes
        ]
        return [self._line(self.view.say("Missing"), cells)]


_MOMENTS = ("mean", "sd")
