"""Which values of a column are its codes: one spelling of each, without those that look like "not recorded"."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from atrisk.study import starter_words as words

# As in the data check (like-a-missing-code): numbers that people enter to say "not recorded".
_SENTINELS = (9, 99, 999, 9999, 88, 888, 8888, -1, -9, -99, -999, -9999)


@dataclass(frozen=True, slots=True)
class Codes:
    """``levels`` in order; ``alike`` differ from one of them only in case, blanks or width; ``sentinels`` say nothing.

    ``none_first`` says that a level for "none" was put before the others. ``largest`` is the level of most cells.
    """

    levels: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    sentinels: tuple[str, ...] = ()
    none_first: bool = False
    largest: str = ""


def folded(code: str) -> str:
    """The code without regard to case, to the number of blanks, to full-width letters and to signs that nobody sees."""
    seen = "".join(sign for sign in code if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


def codes(counted: Mapping[str, int]) -> Codes:
    """The codes of a column whose values stand in so many cells each, in the order given.

    Of values that differ only in case, blanks or width the commonest counts (the first of equally common ones). A
    number such as 9 or -1 is no code if it lies further from the other numbers than any two neighbours of these from
    each other (or is the only negative one), and there are two others at least.
    """
    kept: dict[str, str] = {}
    for code in sorted(counted, key=lambda code: (-counted[code], code)):
        kept.setdefault(folded(code), code)
    chosen = [code for code in counted if code in kept.values()]
    sentinels = _sentinels(chosen)
    levels = [code for code in chosen if code not in sentinels]
    ordered = sorted(levels, key=lambda code: folded(code) not in words.NONE)
    return Codes(
        levels=tuple(ordered),
        alike=tuple(code for code in counted if code not in chosen),
        sentinels=sentinels,
        none_first=ordered != levels,
        largest=max(levels, key=lambda code: counted[code], default=""),
    )


def _sentinels(chosen: list[str]) -> tuple[str, ...]:
    numbers = {code: int(code) for code in chosen if code.removeprefix("-").isdecimal() and code.isascii()}
    others = sorted(number for number in numbers.values() if number not in _SENTINELS)
    if len(others) < 2:
        return ()
    widest = max(upper - lower for lower, upper in pairwise(others))
    return tuple(code for code, number in numbers.items() if number in _SENTINELS and _is_far(number, others, widest))


def _is_far(number: int, others: list[int], widest: int) -> bool:
    if number < 0:
        return others[0] >= 0
    return number - others[-1] > widest
