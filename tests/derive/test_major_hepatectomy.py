"""Major hepatectomy by hand: the same operation under the three rules."""

from __future__ import annotations

import pytest

from atrisk.derive.definition.major_hepatectomy import has_unknown_code, major_hepatectomy
from tests.derive.evaluated import evaluated


def judged(codes, rule):
    return evaluated(major_hepatectomy("r", rule=rule), {"r": "VARCHAR"}, [(codes,)])[0]


# Segments counted: enucleation 0, wedge and segment 1, sectionectomy 2, left 3, right 4, extended and trisection 5.
CASES = [
    # codes, SEG3, MAYO, HEMI
    ("wedge", False, False, False),
    ("wedge;wedge", False, False, False),
    ("wedge;wedge;wedge", True, False, False),
    ("enucleation;enucleation;enucleation;wedge;wedge", False, False, False),
    ("seg5;seg6", False, False, False),
    ("seg5;seg6;seg5", False, False, False),  # a segment is removed once
    ("seg5;seg6;seg7", True, False, False),
    ("sectionectomy", False, False, False),
    ("sectionectomy;seg4", True, False, False),
    ("LH", True, False, True),
    ("RH", True, True, True),
    (" RH ; wedge", True, True, True),
    ("extended_LH", True, False, True),
    ("extended_RH", True, True, True),
    ("trisection;", True, True, True),
]


@pytest.mark.parametrize(("codes", "seg3", "mayo", "hemi"), CASES)
def test_rules(codes, seg3, mayo, hemi):
    assert [judged(codes, rule) for rule in ("SEG3", "MAYO", "HEMI")] == [seg3, mayo, hemi]


@pytest.mark.parametrize("rule", ["SEG3", "MAYO", "HEMI"])
@pytest.mark.parametrize("codes", [None, "", " ; ", "rh", "RH;liver", "seg9", "wedge,wedge"])
def test_nothing_recorded_and_unknown_codes_are_unknown(codes, rule):
    assert judged(codes, rule) is None


def test_unknown_codes_are_found_and_empty_cells_are_not():
    rows = [("RH;liver",), ("seg9",), ("RH; wedge;",), (None,), ("",)]
    found = evaluated(f"coalesce({has_unknown_code('r')}, FALSE)", {"r": "VARCHAR"}, rows)
    assert found == [True, True, False, False, False]
