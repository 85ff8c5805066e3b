"""What a recorded number leaves possible: itself, or all beyond a limit such as "<1" or ">=10"."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.derive.patients import Visible


@dataclass(frozen=True, slots=True)
class PossibleRange:
    """SQL texts of the lowest and the highest value possible; both NULL where nothing is recorded."""

    low: str
    high: str


def possible_range(item: Visible, *, lowest: float, highest: float) -> PossibleRange:
    """The range of a column whose values may be limits, between the bounds that any value keeps to.

    "<10" leaves everything below 10, up to the last number before it. A value outside the bounds counts as missing.
    """
    value = f"CAST(CASE WHEN {item.sql} BETWEEN {lowest!r} AND {highest!r} THEN {item.sql} END AS DOUBLE)"
    if item.limit is None:
        return PossibleRange(value, value)
    above = f"nextafter({value}, CAST('infinity' AS DOUBLE))"
    below = f"nextafter({value}, CAST('-infinity' AS DOUBLE))"
    low = f"CASE WHEN {item.limit} IN ('<', '<=') THEN {lowest!r} WHEN {item.limit} = '>' THEN {above} ELSE {value} END"
    high = (
        f"CASE WHEN {item.limit} IN ('>', '>=') THEN {highest!r} WHEN {item.limit} = '<' THEN {below} ELSE {value} END"
    )
    known = f"{value} IS NOT NULL"
    return PossibleRange(f"(CASE WHEN {known} THEN {low} END)", f"(CASE WHEN {known} THEN {high} END)")
