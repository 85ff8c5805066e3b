"""Which type a column has whose type nobody declared."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from atrisk.read import cell
from atrisk.read.session import Session
from atrisk.read.table import ColumnType

# A column of many numbers and a few other cells is a column of numbers with mistakes in it, not a column of words.
_SHARE = 0.95
_AT_LEAST = 10
# At most so many different values, each twice on average, are categories.
_MOST_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """How many of a column's recorded cells have each form; ``distinct`` counts different texts."""

    recorded: int
    distinct: int
    boolean: int
    integer: int
    number: int
    identifier: int
    whole_limit: int
    limit: int
    comma: int
    with_comma: int
    grouped: int
    date: int
    partial_date: int
    other_date: int
    with_time: int


@dataclass(frozen=True, slots=True)
class Inferred:
    """The type, whether dates stand in a format that must be declared, and whether cells are mixed."""

    type: ColumnType
    undeclared_format: bool = False
    mixed: bool = False


def profiles(session: Session, relation: str, cells: Mapping[str, str]) -> dict[str, Profile]:
    """Count the forms of the recorded (not NULL) cells of columns of text; each different text is looked at once.

    ``cells``: SQL of each column's cells over ``relation``. One query for all columns, because most of its time goes
    into preparing the patterns; over the relation and not over a view of all cells, which would be planned whole for
    each column.
    """
    if not cells:
        return {}
    forms = [
        cell.boolean("v", words=False) + " IS NOT NULL",
        cell.matches("v", cell.INTEGER),
        cell.number("v") + " IS NOT NULL",
        cell.matches("v", cell.IDENTIFIER),
        cell.matches("v", cell.LIMIT + cell.INTEGER),
        cell.matches("v", cell.LIMIT + cell.NUMBER),
        cell.matches("v", f"({cell.LIMIT})?{cell.COMMA_NUMBER}"),
        cell.matches("v", f"({cell.LIMIT})?{cell.COMMA_NUMBER}") + " AND contains(v, ',')",
        cell.matches("v", f"({cell.LIMIT})?{cell.GROUPED_NUMBER}"),
        cell.date("v") + " IS NOT NULL",
        cell.matches("v", cell.PARTIAL_DATE),
        cell.matches("v", cell.OTHER_DATE),
        cell.date("v") + " IS NOT NULL AND " + cell.has_time_of_day("v"),
    ]
    counts = ", ".join(f"coalesce(sum(n) FILTER (WHERE {form}), 0)::BIGINT" for form in forms)
    texts = " UNION ALL ".join(
        f"SELECT {place} AS place, v, count(*) AS n FROM (SELECT {text} AS v FROM {relation}) "
        "WHERE v IS NOT NULL GROUP BY v"
        for place, text in enumerate(cells.values())
    )
    found = session.rows(f"SELECT place, sum(n)::BIGINT, count(*), {counts} FROM ({texts}) GROUP BY place")
    counted = {place: Profile(*numbers) for place, *numbers in found}
    nothing = Profile(*[0] * len(fields(Profile)))
    return {column: counted.get(place, nothing) for place, column in enumerate(cells)}


def infer(found: Profile, *, decimal_comma: bool = False, native_points: int = 0) -> Inferred:
    """The type that the forms of a column's cells show.

    All cells of one form decide; so do 95 % of them if that is 10 cells or more, and then the rest are mistakes.
    Numbers with leading zeros or more than 15 digits are identifiers and stay text. ``decimal_comma``: the column's
    commas are decimal ones, and so are the points of ``native_points`` cells. ``mixed`` marks a column left as text
    although half of it or more are numbers or dates.
    """
    n = found.recorded
    if n == 0:
        return Inferred(ColumnType.TEXT)
    if _fits(found.boolean, n):
        return Inferred(ColumnType.BOOLEAN)
    if 2 * found.date >= n and _fits(found.date + found.partial_date, n):
        return Inferred(ColumnType.DATE)
    if _fits(found.other_date, n):
        return Inferred(ColumnType.DATE, undeclared_format=True)
    if found.identifier == 0:
        if decimal_comma and _fits(found.comma + native_points, n):
            return Inferred(ColumnType.NUMBER)
        if _fits(found.number + found.limit, n):
            whole = found.integer + found.whole_limit == found.number + found.limit
            return Inferred(ColumnType.INTEGER if whole else ColumnType.NUMBER)
    words = ColumnType.CATEGORY if found.distinct <= min(_MOST_LEVELS, n // 2) else ColumnType.TEXT
    # Some leading zeros among many are how identifiers look; a handful among numbers is a mistake.
    identifiers = 20 * found.identifier >= n
    mixed = 2 * max(found.number + found.limit, found.date + found.other_date) >= n and not identifiers
    return Inferred(words, mixed=mixed)


def has_decimal_comma(found: Profile, *, typed_points: int | None) -> bool:
    """Whether the commas in a column's numbers are decimal ones: more numbers have a comma than a point.

    ``typed_points``: in a workbook, how many numbers with a point were typed as text; its other points are the file's
    own numbers and say nothing of commas. There the comma of 1,250 may set thousands apart, so that such numbers alone
    show no decimal commas. None: the file is text, and every point was typed.
    """
    if typed_points is None:
        return found.with_comma > found.number - found.integer
    return found.with_comma > max(typed_points, found.grouped)


def is_whole(found: Profile) -> bool:
    """Whether every number of the column is whole, bounds of limits included."""
    numbers = found.number + found.limit
    return numbers > 0 and found.integer + found.whole_limit == numbers


def _fits(count: int, recorded: int) -> bool:
    return count > 0 and (count == recorded or (count >= _AT_LEAST and count >= _SHARE * recorded))
