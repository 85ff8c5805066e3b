"""Burden, cytoreduction, residual tumour, timing and era, by hand; what a limit leaves possible."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from atrisk.derive.definition import cytoreduction
from atrisk.derive.definition.era import era, levels
from atrisk.derive.definition.parenchyma_sparing import parenchyma_sparing
from atrisk.derive.definition.residual_tumour import residual_tumour
from atrisk.derive.definition.timing_of_metastases import timing_of_metastases
from atrisk.derive.definition.tumour_burden import tumour_burden
from atrisk.derive.definition.tumour_burden_score import tumour_burden_score
from atrisk.derive.patients import Visible
from atrisk.derive.possible_range import PossibleRange, possible_range
from atrisk.read.table import ColumnType
from atrisk.study.quantity import Duration
from tests.derive.evaluated import evaluated

VALUES = {"v": "DOUBLE", "s": "VARCHAR"}


def limited(highest):
    return possible_range(Visible("t", "v", "v", ColumnType.NUMBER, "s"), lowest=0.0, highest=highest)


@pytest.mark.parametrize(
    ("value", "sign", "low", "high"),
    [(5.0, None, 5.0, 5.0), (5.0, "<=", 0.0, 5.0), (5.0, ">=", 5.0, 100.0),
     (5.0, "<", 0.0, math.nextafter(5.0, 0.0)), (5.0, ">", math.nextafter(5.0, 9.0), 100.0), (None, None, None, None),
     (-1.0, None, None, None), (101.0, ">", None, None)],
)  # fmt: skip
def test_range_that_a_limit_leaves(value, sign, low, high):
    found = limited(100.0)
    assert evaluated(found.low, VALUES, [(value, sign)]) == [low]
    assert evaluated(found.high, VALUES, [(value, sign)]) == [high]


@pytest.mark.parametrize(
    ("value", "sign", "band"),
    [(0.0, None, "<10"), (9.9, None, "<10"), (10.0, None, "10-25"), (25.0, None, "25-50"), (50.0, None, "25-50"),
     (50.1, None, ">50"), (100.0, None, ">50"), (None, None, None), (120.0, None, None), (5.0, "<", "<10"),
     (10.0, "<", "<10"), (10.0, "<=", None), (25.0, "<", None),
     (10.0, ">=", None), (60.0, ">", ">50"), (20.0, "<", None)],
)  # fmt: skip
def test_tumour_burden_in_bands(value, sign, band):
    assert evaluated(tumour_burden(limited(100.0)), VALUES, [(value, sign)]) == [band]


def test_tumour_burden_score():
    """3 cm and 4 lesions: the hypotenuse, 5."""
    rows = [(3.0, 4.0), (None, 4.0), (2.0, 1.0)]
    found = evaluated(tumour_burden_score("a", "b"), {"a": "DOUBLE", "b": "DOUBLE"}, rows)
    assert found[:2] == [5.0, None]
    assert found[2] == pytest.approx(math.sqrt(5.0), abs=1e-15)


ROWS = {"b": "DOUBLE", "r": "DOUBLE"}
KNOWN = cytoreduction.removed(PossibleRange("b", "b"), PossibleRange("r", "r"))


@pytest.mark.parametrize(
    ("before", "residual", "percent"),
    [(100.0, 10.0, 90.0), (3.0, 0.0, 100.0), (4.0, 4.0, 0.0), (0.0, 0.0, None), (4.0, 5.0, None), (None, 1.0, None)],
)
def test_cytoreduction_in_percent(before, residual, percent):
    assert evaluated(cytoreduction.percentage(KNOWN), ROWS, [(before, residual)]) == [percent]


def test_cytoreduction_reaches_a_threshold_where_every_possible_value_does():
    """At least 10 lesions of which 1 is left: 90 % or more. At most 10 of which 1 is left: 0 to 90 %."""
    at_least_ten = cytoreduction.removed(PossibleRange("10.0", "1000.0"), PossibleRange("1.0", "1.0"))
    assert evaluated(cytoreduction.reached(at_least_ten, at_least=90.0), {}, [()]) == [True]
    assert evaluated(cytoreduction.percentage(at_least_ten), {}, [()]) == [None]
    up_to_ten = cytoreduction.removed(PossibleRange("1.0", "10.0"), PossibleRange("1.0", "1.0"))
    assert evaluated(cytoreduction.reached(up_to_ten, at_least=90.0), {}, [()]) == [None]
    assert evaluated(cytoreduction.reached(up_to_ten, at_least=95.0), {}, [()]) == [False]


@pytest.mark.parametrize(
    ("margin", "gross", "status"),
    [("R0", False, "R0"), ("R1", False, "R1"), ("R0", True, "R2"), ("RX", True, "R2"), ("RX", False, None),
     ("R2", None, "R2"), ("R0", None, None), (None, True, "R2"), (None, False, None), (" R1 ", False, "R1")],
)  # fmt: skip
def test_residual_tumour(margin, gross, status):
    columns = {"m": "VARCHAR", "g": "BOOLEAN"}
    assert evaluated(residual_tumour("m", "g"), columns, [(margin, gross)]) == [status]


def test_residual_tumour_of_the_margin_alone():
    assert evaluated(residual_tumour("m", None), {"m": "VARCHAR"}, [("R1",), ("RX",), ("R2",)]) == ["R1", None, "R2"]


def test_timing_at_the_edge_of_the_window():
    """Six months are 182.625 days, so that 182 days are within and 183 are not, whichever came first."""
    zero = dt.date(2010, 1, 1)
    rows = [(zero, zero + dt.timedelta(days=n)) for n in (0, 182, 183, -182, -183)] + [(zero, None), (None, zero)]
    sql = timing_of_metastases("p", "m", within_days=Duration.parse("6 months").days)
    near, far = "synchronous", "metachronous"
    assert evaluated(sql, {"p": "DATE", "m": "DATE"}, rows) == [near, near, far, near, far, None, None]


def test_eras():
    starts = (1998, 2000, 2005, 2010)
    assert levels(starts, 2010) == ("1998-99", "2000-04", "2005-09", "2010")
    assert levels((1998,), 2003) == ("1998-2003",)
    rows = [(dt.date(1997, 12, 31),), (dt.date(1998, 1, 1),), (dt.date(2004, 12, 31),), (dt.date(2005, 1, 1),),
            (dt.date(2010, 12, 31),), (dt.date(2011, 1, 1),), (None,)]  # fmt: skip
    found = evaluated(era("d", starts=starts, until=2010), {"d": "DATE"}, rows)
    assert found == [None, "1998-99", "2000-04", "2005-09", "2010", None, None]


@pytest.mark.parametrize(
    ("codes", "sparing"),
    [("wedge", True), ("wedge;enucleation;seg5", True), ("seg5;seg6;seg7;seg8", True), ("wedge;sectionectomy", False),
     ("LH", False), (None, None), ("", None), ("wedge;liver", None)],
)  # fmt: skip
def test_parenchyma_sparing(codes, sparing):
    assert evaluated(parenchyma_sparing("r"), {"r": "VARCHAR"}, [(codes,)]) == [sparing]
