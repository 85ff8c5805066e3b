"""Numbers in words: rounding, signs, and the lines that rounding must not cross."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.report.language import Language
from atrisk.report.wording import Style, Words, decimals_for, decimals_needed

WORDS = Words(Language.of("en"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.463, "0.463"),
        (0.0004, "<0.001"),
        (0.001, "0.001"),
        (0.9996, ">0.999"),
        (1.0, ">0.999"),
        (0.0496, "0.0496"),
        (0.04996, "0.04996"),
        (0.0504, "0.0504"),
        (0.05, "0.050"),
        (0.051, "0.051"),
    ],
)
def test_p_values(value: float, text: str) -> None:
    """Three decimals; 0.0496 to three decimals would be 0.050 and change sides."""
    assert WORDS.p_value(value) == text


@given(st.floats(1e-9, 1, exclude_min=True))
def test_a_p_value_never_changes_sides(value: float) -> None:
    """What is printed lies on the same side of 0.05 as what was computed."""
    text = WORDS.p_value(value)
    if text[0] not in "<>":
        assert (float(text) < 0.05) == (value < 0.05)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.834, "0.83"), (0.0834, "0.083"), (0.00834, "0.0083"), (12.346, "12.35"), (1234.5, "1.2 × 10^3"), (0.0, "0.00")],
)
def test_ratios(value: float, text: str) -> None:
    """Two decimals, or two significant digits where two decimals would say nothing."""
    assert WORDS.ratio(value) == text


def test_other_numbers() -> None:
    """Per cent, points, times and counts; a minus sign is not a hyphen, and nothing is minus zero."""
    assert WORDS.percent(0.5361) == "53.6%"
    assert WORDS.points(-0.0412) == "−4.1"
    assert WORDS.points(-0.0001) == "0.0"
    assert WORDS.count(9999) == "9999"
    assert WORDS.count(1234567) == "1,234,567"
    assert WORDS.duration(3652.5, "years") == "10.0"
    assert WORDS.duration(26 * 365.25 / 12, "months") == "26.0"
    assert WORDS.duration(90.0, "days") == "90"
    assert WORDS.time_point(365.25, "years") == "1 year"
    assert WORDS.time_point(36 * 365.25 / 12, "months") == "36 months"
    assert WORDS.conf_level(0.95) == "95%"
    assert WORDS.conf_level(0.975) == "97.5%"


def test_a_house_style_is_data() -> None:
    """Another decimal mark and fewer decimals need no code."""
    words = Words(Language.of("en"), Style(name="other", decimal_mark="·", percent_decimals=0, p_decimals=2))
    assert words.percent(0.536) == "54%"
    assert words.ratio(0.834) == "0·83"
    assert words.p_value(0.463) == "0·46"
    assert words.p_value(0.049) == "0·049"


def test_decimals_of_a_variable() -> None:
    """About three significant digits for means; medians of whole numbers stay whole."""
    assert decimals_for([617.3, 44.0]) == 0
    assert decimals_for([58.3]) == 1
    assert decimals_for([0.42]) == 2
    assert decimals_needed([3.0, 7.0, 10.0], 1) == 0
    assert decimals_needed([3.0, 7.5], 1) == 1
    assert decimals_needed([3.01], 1) == 1
