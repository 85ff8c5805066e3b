"""Numbers as readers see them: how many decimals, which mark, which sign, by the kind of number.

A result row holds full precision; only here is a number rounded. A journal's house style is a ``Style``: data, no code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from atrisk.report.language import Language
from atrisk.study.quantity import days_per


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """House rules for numbers. ``thousands`` separates from five digits on; ``between`` joins two limits."""

    name: str = "plain"
    decimal_mark: str = "."
    thousands: str = ","
    minus: str = "\N{MINUS SIGN}"
    between: str = "\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}"
    percent_sign: str = "%"
    percent_decimals: int = 1
    ratio_decimals: int = 2
    difference_decimals: int = 2
    p_decimals: int = 3


PLAIN = Style()

# Where fewer are at risk an estimate says little: curves and bands are pale there, and tables mark it.
FEW_AT_RISK = 10

# A p value is never rounded onto or over this line: 0.0496 is printed so, not as 0.050.
_WATCHED_P = 0.05
_LARGEST_PLAIN_RATIO = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A language and a house style: turns numbers and messages into what is printed."""

    language: Language
    style: Style = PLAIN

    def say(self, message: str) -> str:
        """The message in the reader's language."""
        return self.language.say(message)

    def count(self, value: float) -> str:
        """A whole number; from 10,000 on with separators."""
        whole = round(value)
        digits = f"{abs(whole):,}" if abs(whole) >= 10_000 else str(abs(whole))
        return (self.style.minus if whole < 0 else "") + digits.replace(",", self.style.thousands)

    def number(self, value: float, decimals: int) -> str:
        """A number with a fixed number of decimals; a zero never carries a minus sign."""
        if math.isinf(value):
            return (self.style.minus if value < 0 else "") + "\N{INFINITY}"
        text = f"{abs(value):.{decimals}f}"
        negative = value < 0 and any(digit not in "0." for digit in text)
        return (self.style.minus if negative else "") + text.replace(".", self.style.decimal_mark)

    def percent(self, proportion: float) -> str:
        """A fraction as per cent, with its sign: 0.532 is ``53.2%``."""
        return self.number(100 * proportion, self.style.percent_decimals) + self.style.percent_sign

    def points(self, difference: float) -> str:
        """A difference of two fractions in percentage points, bare: -0.041 is ``−4.1``."""
        return self.number(100 * difference, self.style.percent_decimals)

    def ratio(self, value: float) -> str:
        """A ratio: two decimals, at least two significant digits, powers of ten beyond a thousand."""
        if value >= _LARGEST_PLAIN_RATIO and math.isfinite(value):
            mantissa, exponent = f"{value:.1e}".split("e")
            return f"{mantissa.replace('.', self.style.decimal_mark)} \N{MULTIPLICATION SIGN} 10^{int(exponent)}"
        decimals = self.style.ratio_decimals
        if 0 < value < 10.0 ** (1 - decimals):
            decimals = min(1 - math.floor(math.log10(value)), 6)
        return self.number(value, decimals)

    def p_value(self, value: float) -> str:
        """A p value: three decimals, ``<0.001`` below, ``>0.999`` above, never rounded over 0.05."""
        decimals = self.style.p_decimals
        smallest = 10.0**-decimals
        if value < smallest:
            return "<" + self.number(smallest, decimals)
        if value > 1 - smallest:
            return ">" + self.number(1 - smallest, decimals)
        while value != _WATCHED_P and decimals < 12:
            rounded = float(f"{value:.{decimals}f}")
            if (rounded < _WATCHED_P) == (value < _WATCHED_P) and rounded != _WATCHED_P:
                break
            decimals += 1
        return self.number(value, decimals)

    def duration(self, days: float, unit: str) -> str:
        """A time in ``unit``, bare: whole days and weeks where they are whole, else one decimal."""
        amount = days / days_per(unit)
        whole = abs(amount - round(amount)) < 1e-9 and unit in ("days", "weeks")
        return self.number(amount, 0 if whole else 1)

    def time_point(self, days: float, unit: str) -> str:
        """A landmark time with its unit: ``1 year``, ``2.5 years``."""
        amount = days / days_per(unit)
        text = f"{amount:.4g}".replace(".", self.style.decimal_mark)
        return f"{text} {self.unit_of_time(unit, 1 if text == '1' else 2)}"

    def unit_of_time(self, unit: str, count: int = 2) -> str:
        """The word for a unit of time in the form that ``count`` takes."""
        say_count = self.language.say_count
        return {
            "days": say_count("day", "days", count),
            "weeks": say_count("week", "weeks", count),
            "months": say_count("month", "months", count),
            "years": say_count("year", "years", count),
        }[unit]

    def span(self, low: str, high: str) -> str:
        """Two limits joined; with the word "to", because a dash between negative numbers misleads."""
        return f"{low}{self.style.between}{high}"

    def conf_level(self, level: float) -> str:
        """A confidence level such as ``95%``."""
        return f"{100 * level:.10g}".replace(".", self.style.decimal_mark) + self.style.percent_sign


def decimals_for(values: list[float], most: int = 2) -> int:
    """How many decimals a variable's means and deviations deserve: about three significant digits of the largest."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest >= 100:
        return 0
    return min(1 if largest >= 1 else 2, most)


def decimals_needed(values: list[float], most: int) -> int:
    """The fewest decimals, up to ``most``, that show every value exactly: medians of whole numbers stay whole."""
    for decimals in range(most):
        if all(abs(value - round(value, decimals)) < 1e-9 for value in values if math.isfinite(value)):
            return decimals
    return most
