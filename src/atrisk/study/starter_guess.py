"""What the columns of a data file are guessed to be, for a study file to start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from atrisk.study import starter_words as words

MOST_LEVELS = 12
MOST_GROUPS = 6
# The share of different values from which a column called an identifier is one, in which some were typed twice.
_NEARLY_UNIQUE = 0.75


@dataclass(frozen=True, slots=True)
class StarterColumn:
    """A column as far as a starter file needs it; no value of a patient but the levels of a category.

    ``type`` is text, category, integer, number, date or boolean; ``unique`` says that no two rows have the same value.
    ``levels`` are the codes of a column that has few values: one spelling of each; ``alike`` are the others,
    ``none_first`` says that the code for "none" was put before the others, ``largest`` which code most cells have.
    ``distinct`` is the number of different values over that of rows; ``shared`` and ``blank`` are the numbers of rows
    whose value another has too, and of those without one. Dates not written YYYY-MM-DD have ``formats``: those that
    fit all of them. ``partial`` and ``censored`` say that some dates lack their day, some numbers are limits;
    ``missing`` are the words of the column that stand for "not recorded", ``sentinels`` numbers that look like it.
    ``filled`` is the share of cells with a value and ``middle`` a number by which columns of dates (or the largest of
    numbers) can be put in order. ``described`` are the words (label, levels, missing) that the data file itself says of
    the column.
    """

    name: str
    type: str
    levels: tuple[str, ...] = ()
    unique: bool = False
    formats: tuple[str, ...] = ()
    partial: bool = False
    censored: bool = False
    missing: tuple[str, ...] = ()
    filled: float = 1.0
    middle: float = 0.0
    described: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    none_first: bool = False
    largest: str = ""
    sentinels: tuple[str, ...] = ()
    distinct: float = 0.0
    shared: int = 0
    blank: int = 0

    @property
    def names_a_person(self) -> bool:
        """Whether it holds what people are called, and not a few codes."""
        return self.type in ("text", "category") and not self.is_coded and words.says(self.name, words.NAME)

    @property
    def is_truth(self) -> bool:
        """Whether its values are those that the type boolean reads: 0 and 1, yes and no."""
        return self.type == "boolean" or {level.casefold() for level in self.levels} in words.TRUTH

    @property
    def is_yes_no(self) -> bool:
        """Whether it has two values, of which one says yes and the other no, in whatever language."""
        folded = {level.casefold() for level in self.levels}
        return self.is_truth or (len(folded) == 2 and bool(folded & set(words.YES)) and bool(folded & set(words.NO)))

    @property
    def is_coded(self) -> bool:
        """Whether its values are a few codes rather than measurements or names."""
        few = 2 <= len(set(self.levels)) <= MOST_LEVELS
        if self.type == "integer":
            return few and len(set(self.levels)) <= MOST_GROUPS and all(len(level) == 1 for level in self.levels)
        return self.type == "boolean" or (self.type == "category" and few)


@dataclass(frozen=True, slots=True)
class SeveralRows:
    """A file with several rows a patient: the column that tells them apart, and the value chosen."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The columns of follow-up. From dates: zero, last and death (a date or a flag); else a time and a status."""

    zero: str = ""
    last: str = ""
    death: str = ""
    flag: str = ""
    time: str = ""
    unit: str = "days"
    unit_named: bool = True
    status: str = ""

    @property
    def columns(self) -> set[str]:
        """All columns used."""
        return {self.zero, self.last, self.death, self.flag, self.time, self.status} - {""}


@dataclass(frozen=True, slots=True)
class Guesses:
    """Who is who among the columns; empty where nothing was found."""

    key: str
    key_is_unique: bool
    birth: str
    age: str
    follow_up: FollowUp
    group: str
    other_groups: tuple[str, ...]
    outcomes: tuple[str, ...]
    baseline: tuple[str, ...]


def guess(columns: Sequence[StarterColumn]) -> Guesses:
    """Guess the role of each column from its name, its type, its values and how full it is."""
    key, unique = _key(columns)
    rest = [column for column in columns if column.name != key]
    birth = _first(rest, words.BIRTH, lambda column: column.type == "date")
    follow_up = _from_dates(rest, birth) or _from_status(rest) or FollowUp()
    rest = [column for column in rest if column.name not in {birth, *follow_up.columns}]
    groups = [
        column
        for column in rest
        if column.is_coded and 2 <= len(_codes(column)) <= MOST_GROUPS and not words.says(column.name, words.DEATH)
    ]
    ranked = sorted(groups, key=_group_rank)
    group = ranked[0].name if ranked else ""
    rest = [column for column in rest if column.name != group and column.type not in ("date", "text")]
    outcomes = tuple(column.name for column in rest if _is_outcome(column))
    return Guesses(
        key=key,
        key_is_unique=unique,
        birth=birth,
        age=_first(rest, words.AGE, lambda column: column.type in ("integer", "number")),
        follow_up=follow_up,
        group=group,
        other_groups=tuple(column.name for column in ranked[1:]),
        outcomes=outcomes,
        baseline=tuple(column.name for column in rest if column.name not in outcomes and _is_shown(column)),
    )


def event_codes(column: StarterColumn) -> tuple[str, str, tuple[str, ...]]:
    """The code of the event, of its absence, and all others: by their words where these say so, else last and first."""
    codes = _codes(column)
    by_word = {code.casefold(): code for code in reversed(codes)}
    event = next((by_word[word] for word in words.YES if word in by_word), "")
    if set(codes) == {"1", "2"} or not event:
        event = sorted(codes)[-1]
    others = sorted(code for code in codes if code != event)
    absent = next((code for code in others if code.casefold() in words.NO), others[0])
    return event, absent, tuple(code for code in others if code != absent)


def yes_code(column: StarterColumn) -> str:
    """Of a column of yes and no, the code that says yes."""
    return event_codes(column)[0]


def _codes(column: StarterColumn) -> list[str]:
    return ["false", "true"] if column.type == "boolean" else list(dict.fromkeys(column.levels))


def _first(columns: Sequence[StarterColumn], pattern: str, allowed: Callable[[StarterColumn], bool]) -> str:
    return next((column.name for column in columns if allowed(column) and words.says(column.name, pattern)), "")


def _key(columns: Sequence[StarterColumn]) -> tuple[str, bool]:
    able = [
        column
        for column in columns
        if column.type in ("text", "category", "integer") and not words.says(column.name, words.NAME)
    ]
    unique = [column for column in able if column.unique]
    named = _first(unique, words.KEY, lambda _: True)
    if named:
        return named, True
    # One number typed twice does not make another column the key: the data check finds it.
    nearly = _first(able, words.KEY, lambda column: column.distinct >= _NEARLY_UNIQUE)
    if nearly:
        return nearly, False
    if unique:
        return unique[0].name, True
    # Several rows a patient: whatever is called an identifier, if it is not one of a few codes.
    return _first(able, words.KEY, lambda column: len(set(column.levels)) == 0), False


def _is_shown(column: StarterColumn) -> bool:
    """Whether Table 1 can show it: no second identifier, no death, no column of one value, no text of many."""
    unique = column.unique or column.distinct >= _NEARLY_UNIQUE
    identifies = unique and column.type == "integer" and words.says(column.name, words.KEY)
    if identifies or words.says(column.name, words.DEATH):
        return False
    return len(set(column.levels)) != 1 and (column.type != "category" or column.is_coded)


def _group_rank(column: StarterColumn) -> tuple[bool, bool, bool, bool]:
    """First those named like groups, then plain categories, then yes and no; sex and what an operation led to last."""
    name = column.name
    return (
        not words.says(name, words.GROUP),
        words.says(name, words.OUTCOME),
        words.says(name, words.SEX),
        column.is_yes_no,
    )


def _is_outcome(column: StarterColumn) -> bool:
    return words.says(column.name, words.OUTCOME) and (column.is_coded or column.type in ("integer", "number"))


def _from_dates(columns: Sequence[StarterColumn], birth: str) -> FollowUp | None:
    """Follow-up from dates: something to count from, a last contact, and a date of death or a flag for it.

    A last contact without the word for it is the latest date that nearly everybody has, the start the earliest.
    """
    dates = [column for column in columns if column.type == "date" and column.name != birth]
    death = _first(dates, words.DEATH, lambda _: True)
    alive = [column for column in dates if column.name != death]
    full = sorted((column for column in alive if column.filled > 0.9), key=lambda column: column.middle)
    last = _first(alive, words.LAST, lambda _: True) or (full[-1].name if len(full) > 1 else "")
    able = [column for column in full if column.name != last]
    zero = _first(able, words.ZERO, lambda _: True) or (able[0].name if able else "")
    flag = "" if death else _first(columns, words.DEATH + "|" + words.STATUS, lambda column: column.is_yes_no)
    if not (zero and last and (death or flag)):
        return None
    return FollowUp(zero=zero, last=last, death=death, flag=flag)


def _from_status(columns: Sequence[StarterColumn]) -> FollowUp | None:
    """Follow-up from a time and a status code."""
    time = _first(columns, words.TIME, lambda column: column.type in ("integer", "number"))
    status = _first(
        columns, words.STATUS, lambda column: 2 <= len(_codes(column)) <= MOST_GROUPS and column.name != time
    )
    if not time or not status:
        return None
    named = next((unit for unit, pattern in words.UNITS.items() if words.says(time, pattern)), "")
    largest = next(column.middle for column in columns if column.name == time)
    by_size = "days" if largest > 400 or largest == 0 else "months" if largest > 30 else "years"
    return FollowUp(time=time, unit=named or by_size, unit_named=bool(named), status=status)
