"""Figures from a publication set beside the computed ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from atrisk.errors import Problem, StudyError
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Published
from atrisk.study.published import SELECTORS
from atrisk.study.quantity import Duration

# A time in a selector is in words; a landmark is the same number of days up to the rounding of 365.25/12.
_SAME_TIME = 1e-6
# A column that later analyses fill must be named to be selected, or their rows would make today's selectors ambiguous.
_DEFAULTS = {
    "comparison": "main",
    "specification": "main",
    "stratum": "",
    "subgroup": "",
    "adjustment_set": "",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether a computed figure lies within the tolerance of the published one, and that tolerance in words."""

    agrees: bool
    tolerance: str


def published_rows(loaded: LoadedStudy, rows: Sequence[Row]) -> Iterator[Row]:
    """Three rows a figure: published, computed, and whether they agree, with the tolerance as its text.

    Raises StudyError, with the line, where a selector names no result row or more than one.
    """
    problems: list[Problem] = []
    for number, figure in enumerate(loaded.study.published, start=1):
        selected = select(rows, figure.row)
        if len(selected) != 1:
            problems.append(_unselected(loaded, number - 1, figure, selected))
            continue
        (row,) = selected
        template = Row(
            analysis="published",
            statistic="",
            term=str(number),
            outcome=row.outcome,
            contrast=row.contrast,
            group=row.group,
            variable=row.variable,
            time=row.time,
            estimate_id=f"published|{number}",
            unit=figure.value.unit,
            note=f"{row.analysis}: {row.statistic}",
            text_value=str(figure.what),
        )
        judged = judge(figure, row.value)
        reading = "" if figure.reading is None else Remark("our-reading", {"words": figure.reading})
        given = replace(template, text_value=figure.value.text, convention=reading)
        yield replace(given, statistic="published", value=figure.value.value)
        yield replace(template, statistic="computed", value=row.value, text_value=row.row_id, error=row.error)
        yield replace(template, statistic="agrees", value=1.0 if judged.agrees else 0.0, text_value=judged.tolerance)
    if problems:
        raise StudyError(problems)


def select(rows: Sequence[Row], selector: dict[str, str]) -> list[Row]:
    """The rows that agree with every column named; columns not named default to the main analysis."""
    wanted = {**_DEFAULTS, **selector}
    time = wanted.pop("time", None)
    days = Duration.parse(time).days if time is not None else None
    statistic = wanted.pop("statistic", None)
    return [
        row
        for row in rows
        # The name of the number decides most rows, so it is looked at first.
        if (statistic is None or row.statistic == statistic)
        and all(str(getattr(row, column)) == value for column, value in wanted.items())
        and (days is None or (row.time is not None and abs(row.time - days) < _SAME_TIME))
    ]


def judge(figure: Published, computed: float | None) -> Agreement:
    """Compare one figure: a bound ("< 0.001"), a distance, a factor and a side each have to hold where declared.

    A distance in points or in a unit of time is taken in the units of result rows (proportions, days). A figure that
    could not be computed agrees with nothing.
    """
    value, held, words = figure.value, [], []
    if value.comparison:
        held.append(computed is not None and _compare(computed, value.comparison, value.value))
        words.append(value.text)
    if figure.within is not None:
        # Published figures are rounded; a hair of floating point must not decide at the edge.
        margin = figure.within.value + 1e-12
        held.append(computed is not None and abs(computed - value.value) <= margin)
        words.append(Remark("tolerance-distance", {"distance": figure.within.text}))
    if figure.factor is not None:
        held.append(computed is not None and value.value / figure.factor <= computed <= value.value * figure.factor)
        words.append(Remark("tolerance-factor", {"factor": figure.factor}))
    if figure.same_side_of is not None:
        side = figure.same_side_of
        held.append(computed is not None and (computed < side) == (value.value < side))
        words.append(Remark("tolerance-side", {"side": side}))
    return Agreement(agrees=all(held), tolerance=Remark("list", {"parts": tuple(words)}))


def _compare(computed: float, comparison: str, bound: float) -> bool:
    return {
        "<": computed < bound,
        "<=": computed <= bound,
        ">": computed > bound,
        ">=": computed >= bound,
    }[comparison]


def _unselected(loaded: LoadedStudy, index: int, figure: Published, selected: Sequence[Row]) -> Problem:
    where: tuple[str | int, ...] = ("published", index, "row")
    named = ", ".join(f"{column}: {value}" for column, value in figure.row.items())
    if not selected:
        return loaded.problem(
            where, f"no result row has {named}", "Look the row up in results.csv of a run without it."
        )
    columns = [column for column in SELECTORS if len({str(getattr(row, column)) for row in selected}) > 1]
    return loaded.problem(
        where,
        f"{len(selected)} result rows have {named}",
        f"Say also which {' or '.join(columns)}.",
    )
