"""A study file to start from, written from the columns of a data file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType

from atrisk.study import starter_words
from atrisk.study.expression import Expression, ExpressionError
from atrisk.study.model import TITLE_TO_WRITE
from atrisk.study.starter_guess import (
    FollowUp,
    Guesses,
    SeveralRows,
    StarterColumn,
    event_codes,
    guess,
    yes_code,
)

__all__ = ["SeveralRows", "StarterColumn", "starter"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*( [A-Za-z0-9_.]+)*")
_CONSTANTS = ("true", "false", "null", "yes", "no", "on", "off")


_THE_WHOLE_FILE: Mapping[str, str | int] = MappingProxyType({})


def starter(
    file_name: str,
    columns: Sequence[StarterColumn],
    several: SeveralRows | None = None,
    *,
    within: Mapping[str, str | int] = _THE_WHOLE_FILE,
) -> str:
    """The text of a commented study file for the data file ``file_name`` with these ``columns``.

    It guesses the key, the groups, how follow-up is recorded and what the other columns are from names, types and
    values; every guess is marked CHECK, with its reason. ``several``: the file has several rows a patient. ``within``
    is where in the file the table lies: ``{"sheet": "Patients", "header_row": 3}``. The file loads once its
    title is written.
    """
    columns = list({column.name: column for column in reversed(columns)}.values())[::-1]
    found = guess(columns)
    by_name = {column.name: column for column in columns}
    flag, last = found.follow_up.flag, found.follow_up.last
    if flag and not (_comparison(flag, "", truth=True) and _comparison(last, "", truth=True)):
        # A name that cannot stand in an expression: the date of death cannot be derived from it.
        found = replace(found, follow_up=FollowUp())
    parts = [
        _opening(file_name),
        _data(file_name, found, by_name, several, within),
        _variables(columns, found),
        _cohort(found.follow_up),
        _groups(found, by_name),
        _derive(found, by_name),
        _outcomes(found.follow_up, by_name),
        _surgical(found, by_name),
        _baseline(found),
        _CLOSING,
    ]
    return "\n".join(part for part in parts if part)


_CRITERION = """\
  {sign}- keep: age >= 18
  {sign}  otherwise: Younger than 18 years
  {sign}  unknown: exclude   # without this line, patients whose age is unknown stop the run
"""
_NO_OUTCOMES = """\
# outcomes:            # no columns look like dates of operation, death and last contact, or a time and a status
#   os:
#     label: Overall survival
#     time: {column: time, unit: days}
#     status: {column: status, event: 1, censored: 0}
#     at: [1 year, 3 years, 5 years]
#     time_unit: years
"""
_CLOSING = """\
# Derived variables, further comparisons and figures from a publication: see docs/study_file.md.
"""


def _opening(file_name: str) -> str:
    name = PurePath(file_name).stem
    stem = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "study"
    if not re.search(r"[A-Za-z]", name):
        # A name in Chinese leaves nothing to tell two files apart, and results of one id replace each other.
        stem = f"{stem}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
    return f"""\
# A study file begun from the columns of a data file. Read it from top to bottom; CHECK marks guesses.
# Then: atrisk check THIS_FILE, and atrisk run THIS_FILE
atrisk: 1              # version of this format

study:
  id: {_yaml(stem)}
  title: {TITLE_TO_WRITE}   # write it here: a study does not run under this one
  # question: What the study asks
  # data_cut: 2024-12-31   # the last day of the data; then every later date is found
"""


def _data(
    file_name: str,
    found: Guesses,
    by_name: dict[str, StarterColumn],
    several: SeveralRows | None,
    within: Mapping[str, str | int],
) -> str:
    if found.key_is_unique:
        why = "CHECK: the column that identifies a patient; no two rows have the same value"
    elif found.key and several is not None:
        why = "CHECK: it identifies a patient by its name, but values stand in more than one row"
    elif found.key:
        key = by_name[found.key]
        why = f"CHECK: by its name; {key.shared} rows share a number, {key.blank} have none; see atrisk check"
    else:
        why = "CHECK: no column has a value of its own in each row; number the rows in a column of this name"
    rows = ""
    if several is not None:
        condition = _comparison(several.column, several.value)
        if condition:
            rows = f"    where: {_yaml(condition)}   # CHECK: the file has several rows a patient; which one counts\n"
    part = "".join(
        f"    {word}: {value if isinstance(value, int) else _yaml(value)}\n" for word, value in within.items()
    )
    return f"""\
data:
  patient:
    file: {_yaml(file_name)}
{part}    key: {_yaml(found.key or "patient_id")}   # {why}
{rows}"""


def _variables(columns: Sequence[StarterColumn], found: Guesses) -> str:
    lines = []
    for column in columns:
        if column.described:
            lines.append(
                f"  # {_yaml('patient.' + column.name)}: its {', '.join(column.described)} stand in the data file"
            )
            continue
        declared, why = _declared(column, found)
        parts = ", ".join([f"label: {_yaml(_words(column.name))}", *declared])
        note = f"   # CHECK: {'; '.join(why)}" if why else ""
        lines.append(f"  {_yaml('patient.' + column.name)}: {{{parts}}}{note}")
    if all(line.startswith("  #") for line in lines):
        return "\n".join([*(line[2:] for line in lines), ""]) if lines else ""
    return "\n".join(["variables:             # labels, units, ranges, codes in order", *lines, ""])


def _declared(column: StarterColumn, found: Guesses) -> tuple[list[str], list[str]]:
    """What is declared of a column besides its label, and why."""
    declared, why = [], []
    if column.name == found.key:
        return [], []
    if column.name == found.follow_up.status:
        return _not_recorded(column)
    if column.names_a_person:
        return ["identifier: true"], ["who the patient is; never shown"]
    if column.type == "date":
        if len(column.formats) == 1:
            declared.append(f"format: {column.formats[0]}")
            why.append("how the dates are written")
        elif column.formats:
            why.append(f"add 'format: {column.formats[0]}' or '{column.formats[1]}'; the dates fit both")
        if column.partial:
            declared.append("partial: {day: 15, month: 7}")
            why.append("some dates lack their day or month, which are put so")
    elif column.is_truth and not starter_words.says(column.name, starter_words.SEX):
        if column.type != "boolean":
            declared.append("type: boolean")
            why.append(f"its values are {' and '.join(dict.fromkeys(column.levels))}")
    elif column.is_coded:
        levels = dict.fromkeys(level for level in column.levels if level not in column.missing)
        declared.append(f"levels: {{{', '.join(f'{_yaml(level)}: {_yaml(level)}' for level in levels)}}}")
        if column.type == "integer":
            why.append("a few whole numbers, taken for codes; remove 'levels:' if it counts something")
        if column.none_first and len(levels) > 2:
            why.append("the code for 'none' was put first; bring the others into their order")
        if column.alike:
            why.append("other spellings of these codes are left out; atrisk check names the cells")
    if column.censored:
        declared.append("censored: true")
        why.append("some values are limits such as <1")
    missing, because = _not_recorded(column)
    return declared + missing, why + because


def _not_recorded(column: StarterColumn) -> tuple[list[str], list[str]]:
    """The codes that say "not recorded", and why."""
    found = (*column.missing, *column.sentinels)
    if not found:
        return [], []
    why = ["words for 'not recorded'"] if column.missing else []
    if column.sentinels:
        why.append("numbers that look like 'not recorded'; declare them under 'levels:' if they mean something")
    return [f"missing: [{', '.join(map(_yaml, found))}]"], why


def _cohort(follow_up: FollowUp) -> str:
    title = "criteria in order, each a box of the flow diagram\n"
    if not follow_up.zero:
        criterion = _CRITERION.format(sign="").replace("\n  ", "\n#   ").strip()
        return f"# cohort:              # {title}#   {criterion}\n"
    zero = _yaml("patient." + follow_up.zero)
    return f"cohort:                # {title}  - time_zero: {zero}   # CHECK: follow-up counts from here\n" + (
        _CRITERION.format(sign="# ")
    )


def _groups(found: Guesses, by_name: dict[str, StarterColumn]) -> str:
    if not found.group:
        by = "group   # CHECK: no column has two to six values; name the one that says who is compared with whom"
        return f"groups:\n  by: {by}\n  multiplicity: holm\n"
    others = f"  # other columns with two to six values: {', '.join(map(_yaml, found.other_groups))}\n"
    number = len(set(by_name[found.group].levels)) or 2
    why = f"CHECK: the groups compared, of which it has {number}"
    column = by_name[found.group]
    reference = "  # reference: CODE   # the group with which the others are compared, if not the first\n"
    if column.largest and not column.is_truth and not column.described:
        because = "CHECK: the largest group; name another to compare the others with that"
        reference = f"  reference: {_yaml(column.largest)}   # {because}\n"
    return (
        f"groups:\n  by: {_yaml('patient.' + found.group)}   # {why}\n{reference}"
        f"{others if found.other_groups else ''}  multiplicity: holm\n"
    )


def _derive(found: Guesses, by_name: dict[str, StarterColumn]) -> str:
    lines = []
    follow_up = found.follow_up
    taken = {name.casefold() for name in by_name}
    if found.birth and follow_up.zero and not found.age and "age" not in taken:
        lines.append(f"  age: {{definition: age, birth: {_yaml('patient.' + found.birth)}, label: Age, unit: years}}")
    if follow_up.flag:
        condition = _comparison(
            follow_up.flag, yes_code(by_name[follow_up.flag]), truth=by_name[follow_up.flag].is_truth
        )
        sql = f"CASE WHEN {condition} THEN {_in_sql(follow_up.last)} END"
        lines.append(f"  date_of_death: {{sql: {_yaml(sql)}}}   # CHECK: the dead died on the date of last contact")
    lines += [
        f"  {name}: {{sql: {_yaml(sql)}, label: {_yaml(_words(column))}}}   # CHECK: which code means yes"
        for column, name, sql in _yes_no(found, by_name)
    ]
    return "\n".join(["derive:", *lines, ""]) if lines else ""


def _yes_no(found: Guesses, by_name: dict[str, StarterColumn]) -> Iterator[tuple[str, str, str]]:
    """Outcomes whose yes and no are words of another language: column, a name, and the condition that it is yes."""
    for number, column in enumerate(found.outcomes, start=1):
        item = by_name[column]
        if item.is_yes_no and not item.is_truth and (condition := _comparison(column, yes_code(item))):
            yield column, f"outcome_{number}", condition


def _outcomes(follow_up: FollowUp, by_name: dict[str, StarterColumn]) -> str:
    if follow_up.zero:
        event = _yaml("patient." + follow_up.death) if follow_up.death else "date_of_death"
        lines = f"""\
    label: Overall survival
    event_label: Death
    event: {event}
    censor: {_yaml("patient." + follow_up.last)}   # CHECK: the last date known alive
"""
    elif follow_up.time:
        event, censored, others = event_codes(by_name[follow_up.status])
        competing = "".join(f"other_event_{number}: {_yaml(code)}, " for number, code in enumerate(others, start=1))
        more = f", competing: {{{competing.removesuffix(', ')}}}" if competing else ""
        time, status = _yaml("patient." + follow_up.time), _yaml("patient." + follow_up.status)
        unit = "the unit, which the column's name says" if follow_up.unit_named else "the unit, guessed from the size"
        lines = f"""\
    label: Overall survival   # CHECK: which outcome this is
    time: {{column: {time}, unit: {follow_up.unit}}}   # CHECK: {unit}
    status: {{column: {status}, event: {_yaml(event)}, censored: {_yaml(censored)}{more}}}   # CHECK: the codes
"""
    else:
        return _NO_OUTCOMES
    return f"outcomes:\n  os:\n{lines}    at: [1 year, 3 years, 5 years]\n    time_unit: years\n"


def _surgical(found: Guesses, by_name: dict[str, StarterColumn]) -> str:
    derived = {column: name for column, name, _ in _yes_no(found, by_name)}
    if not found.outcomes:
        return ""
    lines = [f"  - {derived.get(name) or _yaml('patient.' + name)}" for name in found.outcomes]
    return "\n".join(["surgical_outcomes:     # CHECK: compared between the groups; known by their names", *lines, ""])


def _baseline(found: Guesses) -> str:
    names = [_yaml("patient." + name) for name in found.baseline]
    if found.birth and found.follow_up.zero and not found.age and "patient.age" not in names:
        names.insert(0, "age")
    if not names:
        return ""
    return (
        "baseline:              # Table 1; CHECK: only what was so before the operation, not what came of it\n  show:\n"
        + "".join(f"    - {name}\n" for name in names)
        + "  # p_values: true\n"
    )


def _comparison(column: str, value: str, *, truth: bool = False) -> str:
    """The condition that a column has a value; empty where its name cannot stand in an expression."""
    quoted = value.replace("'", "''")
    sql = _in_sql(column) if truth else f"{_in_sql(column)} = '{quoted}'"
    try:
        Expression.parse(sql)
    except ExpressionError:
        return ""
    return sql


def _in_sql(column: str) -> str:
    quoted = column.replace('"', '""')
    return f'"{quoted}"'


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
