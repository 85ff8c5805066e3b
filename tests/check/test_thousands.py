"""Points that set thousands apart, and decimal points that look alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.result.finding import Severity
from tests.read.small_study import read_patients


def lines(cells: list[str], separator: str = ";") -> str:
    rows = (separator.join((str(number), "A", each)) for number, each in enumerate(cells, start=1))
    return "\n".join((separator.join(("id", "arm", "x")), *rows, ""))


@pytest.mark.parametrize("separator", [";", ","])
def test_each_cell_is_named(tmp_path: Path, separator: str) -> None:
    """Blood loss as a German spreadsheet writes it: 1.250 mL is read as one and a quarter, and 1.000 as one."""
    with read_patients(tmp_path, lines(["950", "1.250", "", "400", "1.000", "250"], separator)) as read:
        assert read.values("x") == [950.0, 1.25, None, 400.0, 1.0, 250.0]
        found = read.of("thousands-point")
    assert [(each.row, each.column, each.value, each.severity) for each in found] == [
        (3, "x", "1.250", Severity.WARNS),
        (6, "x", "1.000", Severity.WARNS),
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["950", "1.25", "400", "1.250"],  # two digits: a decimal point
        ["950", "0.250", "400", "1.250"],  # 0.250 sets no thousands apart
        ["950", "1250", "400", "1.125"],  # thousands are written without
        ["3", "1.250", "40", "2.500"],  # small numbers go on with fractions
        ["1.250", "2.500", "1.125"],  # every number has three decimals
    ],
)
def test_decimal_points_are_not(tmp_path: Path, cells: list[str]) -> None:
    with read_patients(tmp_path, lines(cells)) as read:
        assert read.of("thousands-point") == []
