"""Codes and gaps that depend on the centre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atrisk.check.centre_coding import _p
from atrisk.result.finding import Severity
from tests.read.small_study import read_patients, read_study, write_study


def test_cramers_v_by_hand() -> None:
    """Table (30, 10; 10, 30): every cell is expected 20, chi-squared 4 * 100 / 20 = 20, V = sqrt(20 / 80) = 0.5.

    The p value is that of R 4.3: pchisq(20, 1, lower.tail = FALSE) = 7.744216e-06.
    """
    strength, p = _p(np.array([[30.0, 10.0], [10.0, 30.0]]))
    assert strength == pytest.approx(0.5, abs=1e-12)
    assert p == pytest.approx(7.744216e-06, rel=1e-6)


def test_a_centre_that_codes_otherwise(tmp_path: Path) -> None:
    """Centre B has 'converted' where A has 'lap'; sex is alike at both; half of B's albumin is missing, none of A's."""
    lines = []
    for n in range(200):
        centre = "A" if n < 120 else "B"
        approach = "open" if n % 2 else "lap" if centre == "A" else "converted"
        albumin = "" if centre == "B" and n % 4 < 2 else str(30 + n % 20)
        lines.append(f"{n},{'A' if n % 3 else 'B'},{centre},{approach},{'F' if n % 5 < 2 else 'M'},{albumin}")
    content = "id,arm,center,approach,sex,albumin\n" + "\n".join(lines) + "\n"
    with read_patients(tmp_path, content) as read:
        (coded,) = read.of("coded-by-centre")
        (gaps,) = read.of("missing-by-centre")
    assert (coded.column, coded.severity) == ("approach", Severity.INFORMS)
    assert (gaps.column, gaps.message) == (
        "albumin",
        "0% of the cells are not recorded at one centre, 50% at another",
    )


def test_columns_of_child_tables_are_compared_by_their_patients_centre(tmp_path: Path) -> None:
    patients = "id,arm,hospital\n" + "".join(f"{n},A,{'X' if n < 50 else 'Y'}\n" for n in range(100))
    ops = "oid,id,kind\n" + "".join(f"o{n},{n},{'wedge' if n < 50 else 'segment'}\n" for n in range(100))
    data = "patient: {file: patient.csv, key: id}\nop: {file: op.csv, key: oid, parent: patient}"
    with read_study(write_study(tmp_path, {"patient.csv": patients, "op.csv": ops}, data=data)) as read:
        (coded,) = read.of("coded-by-centre")
    assert (coded.table, coded.column) == ("op", "kind")
    assert "1.00" in coded.message


def test_more_columns_than_are_counted_at_once(tmp_path: Path) -> None:
    """Of seventy columns the last depends on the centre and the others do not."""
    names = [f"c{n}" for n in range(70)]
    lines = [
        f"{n},A,{'X' if n < 50 else 'Y'},"
        + ",".join("ab"[(n + k) % 2] for k in range(69))
        + f",{'a' if n < 50 else 'b'}"
        for n in range(100)
    ]
    content = f"id,arm,centre,{','.join(names)}\n" + "\n".join(lines) + "\n"
    with read_patients(tmp_path, content) as read:
        assert [f.column for f in read.of("coded-by-centre")] == ["c69"]
