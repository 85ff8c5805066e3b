"""A study file to start from, written from the columns of a data file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from atrisk.study.model import TITLE_TO_WRITE

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*( [A-Za-z0-9_.]+)*")
_CONSTANTS = ("true", "false", "null", "yes", "no", "on", "off")
_MOST_LEVELS = 12
_MOST_GROUPS = 6


@dataclass(frozen=True, slots=True)
class StarterColumn:
    """A column as far as a starter file needs it; no value of a patient but the levels of a category.

    ``type`` is text, category, integer, number, date or boolean; ``unique`` says that no two rows have the same value.
    """

    name: str
    type: str
    levels: tuple[str, ...] = ()
    unique: bool = False


def starter(file_name: str, columns: Sequence[StarterColumn]) -> str:
    """The text of a commented study file for the data file ``file_name`` with these ``columns``.

    It guesses the key, the groups and how follow-up is recorded from names and types; every guess is marked CHECK. The
    file loads as it stands.
    """
    columns = list({column.name: column for column in reversed(columns)}.values())[::-1]
    key = _key(columns)
    follow_up = _from_dates(columns) or _from_status(columns) or _NO_FOLLOW_UP
    used = {key, *follow_up.columns}
    group = next((column for column in columns if column.name not in used and _is_grouping(column)), None)
    shown = [
        column.name
        for column in columns
        if column.name not in used
        and column is not group
        and column.type in ("category", "integer", "number", "boolean")
    ]
    parts = [
        _opening(file_name),
        _data(file_name, key),
        _variables(columns),
        follow_up.cohort,
        _groups(group),
        follow_up.outcomes,
        _baseline(shown),
        _CLOSING,
    ]
    return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """What the columns say about follow-up: the lines of ``cohort:`` and ``outcomes:``, and the columns used."""

    cohort: str
    outcomes: str
    columns: tuple[str, ...]


_COHORT = """\
cohort:                # criteria in order, each a box of the flow diagram
  - time_zero: {column}   # CHECK: follow-up counts from here
  # - keep: age >= 18
  #   otherwise: Younger than 18 years
  #   unknown: exclude   # without this line, patients whose age is unknown stop the run
"""

_NO_COHORT = """\
# cohort:              # criteria in order, each a box of the flow diagram
#   - keep: age >= 18
#     otherwise: Younger than 18 years
#     unknown: exclude   # without this line, patients whose age is unknown stop the run
"""

_NO_FOLLOW_UP = _FollowUp(
    cohort=_NO_COHORT,
    outcomes="""\
# outcomes:            # no column looks like a time of follow-up or a date of death
#   os:
#     label: Overall survival
#     time: {column: time, unit: days}
#     status: {column: status, event: 1, censored: 0}
#     at: [1 year, 3 years, 5 years]
#     time_unit: years
""",
    columns=(),
)

_CLOSING = """\
# Derived variables, further comparisons, surgical outcomes and figures from a publication: see docs/study_file.md.
# derive:
#   elderly: {sql: age >= 75, label: 75 years or older}
"""


def _opening(file_name: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9]+", "-", PurePath(file_name).stem).strip("-") or "study"
    return f"""\
# A study file begun from the columns of a data file. Read it from top to bottom; CHECK marks guesses.
# Then: atrisk check THIS_FILE, and atrisk run THIS_FILE
atrisk: 1              # version of this format

study:
  id: {_yaml(stem)}
  title: {TITLE_TO_WRITE}   # write it here: a study does not run under this one
  # question: What the study asks
  # data_cut: 2024-12-31   # no date in the data may be later
"""


def _data(file_name: str, key: str | None) -> str:
    guess = "CHECK: the column that identifies a patient" if key else "CHECK: no column has a value of its own per row"
    return f"""\
data:
  patient:
    file: {_yaml(file_name)}
    key: {_yaml(key or "patient_id")}   # {guess}
"""


def _variables(columns: Sequence[StarterColumn]) -> str:
    lines = [
        f"  {_yaml('patient.' + column.name)}: {{label: {_yaml(_words(column.name))}{_levels(column)}}}"
        for column in columns
    ]
    return "\n".join(["variables:             # labels, units, ranges, codes in order", *lines, ""]) if lines else ""


def _levels(column: StarterColumn) -> str:
    if column.type != "category" or not 0 < len(column.levels) <= _MOST_LEVELS:
        return ""
    return f", levels: {{{', '.join(f'{_yaml(level)}: {_yaml(level)}' for level in dict.fromkeys(column.levels))}}}"


def _groups(group: StarterColumn | None) -> str:
    if group is None:
        by = "group   # CHECK: no column has two to six values; name the one that says who is compared with whom"
    else:
        by = f"{_yaml('patient.' + group.name)}   # CHECK: the groups compared; the first is the reference"
    return f"groups:\n  by: {by}\n  multiplicity: holm\n"


def _baseline(names: Sequence[str]) -> str:
    if not names:
        return ""
    shown = "\n".join(f"    - {_yaml('patient.' + name)}" for name in names)
    return f"baseline:              # Table 1\n  show:\n{shown}\n  # p_values: true\n"


def _key(columns: Sequence[StarterColumn]) -> str | None:
    unique = [column.name for column in columns if column.unique]
    named = [name for name in unique if re.search(r"(^|_)(id|no|nr|number|key|mrn)$|^id", name.casefold())]
    return next(iter([*named, *unique]), None)


def _is_grouping(column: StarterColumn) -> bool:
    return column.type == "boolean" or (column.type == "category" and 2 <= len(set(column.levels)) <= _MOST_GROUPS)


def _from_dates(columns: Sequence[StarterColumn]) -> _FollowUp | None:
    """Follow-up from dates, where a death, a last contact and something to count from are all there."""
    dates = [column.name for column in columns if column.type == "date"]
    death = _named(dates, r"death|died|dod|deceased")
    last = _named(dates, r"last|contact|follow|_fu|fu_|censor", but=(death,))
    zero = _named(dates, r"op_|^op|oper|surg|resect|random|index|treat|start|diag|dx", but=(death, last))
    if death is None or last is None or zero is None:
        return None
    cohort = _COHORT.format(column=_yaml("patient." + zero))
    outcomes = f"""\
outcomes:
  os:
    label: Overall survival
    event_label: Death
    event: {_yaml("patient." + death)}
    censor: {_yaml("patient." + last)}   # CHECK: the last date known alive
    at: [1 year, 3 years, 5 years]
    time_unit: years
"""
    return _FollowUp(cohort, outcomes, (death, last, zero))


def _from_status(columns: Sequence[StarterColumn]) -> _FollowUp | None:
    """Follow-up from a time and a status code."""
    numbers = [column.name for column in columns if column.type in ("integer", "number")]
    coded = {column.name: column for column in columns if len(set(column.levels)) > 1 or column.type == "boolean"}
    time = _named(numbers, r"(^|_)(fu)?(time|days|weeks|months|years|survival)($|_)|follow")
    status = _named(list(coded), r"status|event|death|dead|died|vital|cens|deceased", but=(time,))
    if time is None or status is None:
        return None
    unit = next((unit for unit in ("weeks", "months", "years") if unit in time.casefold()), "days")
    event, censored = _codes(coded[status])
    column, state = _yaml("patient." + time), _yaml("patient." + status)
    outcomes = f"""\
outcomes:
  os:
    label: Overall survival   # CHECK: which outcome this is
    time: {{column: {column}, unit: {unit}}}   # CHECK: the unit
    status: {{column: {state}, event: {_yaml(event)}, censored: {_yaml(censored)}}}   # CHECK: the codes
    at: [1 year, 3 years, 5 years]
    time_unit: years
"""
    return _FollowUp(_NO_COHORT, outcomes, (time, status))


def _codes(column: StarterColumn) -> tuple[str, str]:
    """The codes of an event and of its absence: by their words where they say so, else the last and the first."""
    levels = ["false", "true"] if column.type == "boolean" else list(dict.fromkeys(column.levels))
    event = next((level for level in levels if level.casefold() in ("1", "true", "yes", "dead", "died", "death")), "")
    if set(levels) == {"1", "2"} or not event:
        event = sorted(levels)[-1]
    others = sorted(level for level in levels if level != event)
    return event, others[0]


def _named(names: Sequence[str], pattern: str, *, but: tuple[str | None, ...] = ()) -> str | None:
    return next((name for name in names if name not in but and re.search(pattern, name.casefold())), None)


def _words(name: str) -> str:
    """A label from a column's name: ``op_date`` becomes ``Op date``."""
    words = re.sub(r"[_.\s]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else name


def _yaml(text: str) -> str:
    """The text as YAML reads it back: bare where that is safe, else in double quotes."""
    safe = _PLAIN.fullmatch(text) and text.casefold() not in _CONSTANTS
    return text if safe else f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
