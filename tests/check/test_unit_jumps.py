"""Numbers in another unit than the rest of their column; codes for "not recorded" that stand alone."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

import pytest

from atrisk.result.finding import Severity
from tests.read.small_study import read_patients


def log_normal(median: float, sigma: float, count: int) -> list[float]:
    """The quantiles of a log-normal distribution at (i - 1/2)/n: a column without any noise."""
    normal = NormalDist(math.log(median), sigma)
    return [math.exp(normal.inv_cdf((i - 0.5) / count)) for i in range(1, count + 1)]


def column(cells: list[str], name: str = "x") -> str:
    return f"id,arm,{name}\n" + "".join(f"{number},A,{cell}\n" for number, cell in enumerate(cells, start=1))


def sizes(count: int = 600) -> list[str]:
    return [f"{value:.0f}" for value in log_normal(35, 0.6, count)]


def test_a_clean_column_says_nothing(tmp_path: Path) -> None:
    for name, cells in {
        "size": sizes(),
        "bilirubin": [f"{value:.1f}" for value in log_normal(10, 0.5, 600)],
        "age": [f"{value:.0f}" for value in range(20, 90) for _ in range(8)],
    }.items():
        with read_patients(tmp_path, column(cells, name)) as read:
            assert read.of("another-unit") == []


def test_centimetres_among_millimetres(tmp_path: Path) -> None:
    """3.5 and 5.2 cm where the others are whole millimetres of median 35; 12 may be 12 mm or 12 cm, and stays."""
    cells = [*sizes(), "3.5", "5.2", "12", "4", "0", "-5", ""]
    with read_patients(tmp_path, column(cells)) as read:
        found = read.of("another-unit")
    assert [(f.row, f.value) for f in found] == [(602, "3.5"), (603, "5.2")]
    assert {f.severity for f in found} == {Severity.WARNS}
    assert found[0].message == "about 10 times smaller than the column's other numbers: cm for mm, or g/dL for g/L?"


def test_numbers_of_a_hospital_have_no_unit(tmp_path: Path) -> None:
    """A record number of five digits among those of four is no other unit; a weight is."""
    cells = [*(str(1000 + n) for n in range(300)), "11500"]
    for name, expected in (("Record No", 0), ("weight", 1)):
        with read_patients(tmp_path, column(cells, name)) as read:
            assert len(read.of("another-unit")) == expected, name


def test_metres_among_centimetres(tmp_path: Path) -> None:
    heights = [f"{value:.0f}" for value in log_normal(170, 0.05, 300)]
    with read_patients(tmp_path, column([*heights, "1.72"])) as read:
        (found,) = read.of("another-unit")
    assert found.row == 302
    assert found.message.startswith("about 100 times smaller")


@pytest.mark.parametrize(
    ("name", "factor", "median"), [("bilirubin", 17.1, 10), ("crea", 88.4, 80), ("albumin", 10, 40)]
)
def test_the_factor_is_that_of_the_analyte(tmp_path: Path, name: str, factor: float, median: float) -> None:
    """A value of the median in mg/dL (g/dL), and one of µmol/L (g/L) among those."""
    cells = [f"{value:.2f}" for value in log_normal(median, 0.3, 200)]
    with read_patients(tmp_path, column([*cells, f"{median / factor:.2f}"], name)) as read:
        (low,) = read.of("another-unit")
    assert low.row == 202
    assert low.message.startswith(f"about {factor:g} times smaller")
    small = [f"{value:.3f}" for value in log_normal(median / factor, 0.3, 200)]
    with read_patients(tmp_path, column([*small, f"{median:.2f}"], name)) as read:
        (high,) = read.of("another-unit")
    assert high.row == 202
    assert high.message.startswith(f"about {factor:g} times larger")


def test_a_centre_that_measures_in_another_unit(tmp_path: Path) -> None:
    """A third of 300 values in mg/dL: too many to be outliers, so the two heaps are what is seen."""
    umol = [f"{value:.1f}" for value in log_normal(12, 0.4, 200)]
    mg = [f"{value:.3f}" for value in log_normal(12 / 17.1, 0.4, 100)]
    with read_patients(tmp_path, column([*umol, *mg], "bilirubin")) as read:
        whole, *cells = read.of("another-unit")
    assert (whole.row, whole.message) == (
        None,
        "100 of 300 numbers form a heap of their own, about 17.1 times from the others: mg/dL for µmol/L?",
    )
    assert [f.row for f in cells] == list(range(202, 302))


def test_a_wide_or_skewed_column_is_no_two_heaps(tmp_path: Path) -> None:
    """Times that are spread evenly have a long tail of small logarithms; a wide log-normal one has both."""
    for cells in ([f"{n}" for n in range(1, 900)], [f"{value:.3f}" for value in log_normal(100, 1.6, 900)]):
        with read_patients(tmp_path, column(cells)) as read:
            assert [f for f in read.of("another-unit") if f.row is None] == []


def test_times_of_outcomes_are_left_alone(tmp_path: Path) -> None:
    content = "id,arm,t,s\n" + "".join(f"{n},A,{value},1\n" for n, value in enumerate([*sizes(), "3.5"], start=1))
    extra = "outcomes: {os: {label: OS, time: {column: t}, status: {column: s, event: 1}}}"
    with read_patients(tmp_path, content, extra=extra) as read:
        assert read.of("another-unit") == []


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        # 99 is 14 from 85 and no two neighbours are more than 5 apart; it stands there three times.
        ([*map(str, range(25, 86, 5)), "99", "99", "99"], [15, 16, 17]),
        ([*map(str, range(25, 86, 5)), "99", "99"], []),
        ([*map(str, range(25, 86, 20)), "99", "99", "99", "30", "40"], []),
    ],
)
def test_a_repeated_code_that_stands_alone(tmp_path: Path, cells: list[str], rows: list[int]) -> None:
    with read_patients(tmp_path, column(cells)) as read:
        assert [f.row for f in read.of("like-a-missing-code")] == rows


@pytest.mark.parametrize(("spread", "factor"), [(0.002, 10), (0.01, 10), (0.05, 10), (0.01, 1000), (0.3, 10)])
def test_two_heaps_however_narrow(tmp_path: Path, spread: float, factor: float) -> None:
    """A haemoglobin that hardly varies, in g/L and for a tenth of the patients in g/dL."""
    high = [f"{value:.3f}" for value in log_normal(140, spread, 270)]
    low = [f"{value:.4f}" for value in log_normal(140 / factor, spread, 30)]
    with read_patients(tmp_path, column([*high, *low])) as read:
        heap, *cells = read.of("another-unit")
    assert (heap.row, heap.column) == (None, "x")
    assert "30 of 300" in str(heap.message)
    assert [found.row for found in cells] == list(range(272, 302))
