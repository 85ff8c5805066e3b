"""What a starter study file needs to know of a data file's columns, before anybody declared anything."""

# ruff: noqa: S608 (only quoted names and the reader's own conditions are put into SQL)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from atrisk.read import cell
from atrisk.read.declared import Declared
from atrisk.read.session import Session, quote
from atrisk.read.source import Source
from atrisk.read.table import Column, ColumnType
from atrisk.read.typed_relation import typed_relation
from atrisk.study import starter_words as words
from atrisk.study.starter_codes import Codes, codes
from atrisk.study.starter_guess import MOST_GROUPS, MOST_LEVELS, SeveralRows, StarterColumn, guess
from atrisk.study.table import Variable

_NEVER = f"{words.SEX}|{words.OUTCOME}|{words.DEATH}|{words.GROUP}"
# Of the words for "not recorded", those that are as often a value: no symptom, no medication.
_OFTEN_VALUES = ("none", "nil", "x", "/", "nd", "无")


def profiled(source: Source, *, file: str, session: Session) -> list[StarterColumn]:
    """Every column of the file: its type, its codes if it has few, and how its dates and gaps are written."""
    words = {column: _missing_words(source, column, session) for column in source.columns}
    variables = {column: Variable(missing=found) for column, found in words.items() if found}
    declared = Declared("patient", file, frozenset(), None, variables, {})
    columns, _findings = typed_relation(source, declared, session=session, name="patient")
    found = [
        replace(_column(column, source, words[column.name], session), described=_described(source, column.name))
        for column in columns
    ]
    # A file is written by one hand: a column that fits one format only decides for those that fit two.
    sure = {column.formats[0] for column in found if len(column.formats) == 1}
    return [
        replace(column, formats=tuple(both))
        if len(column.formats) > 1 and len(both := set(column.formats) & sure) == 1
        else column
        for column in found
    ]


def _described(source: Source, column: str) -> tuple[str, ...]:
    said = source.described[column].model_fields_set if column in source.described else set()
    return tuple(word for word in ("label", "levels", "missing") if word in said)


def several_rows(columns: Sequence[StarterColumn], source: Source, *, session: Session) -> SeveralRows | None:
    """Where a patient has several rows: a column of few codes that tells these apart, and the last of its codes.

    Only in a file made so: most patients have several rows, and most have every code. A number typed twice, or a row
    of totals, is none. A choice by group, sex or outcome would leave out patients, so these columns never tell apart.
    """
    found = guess(columns)
    if found.key_is_unique or not found.key:
        return None
    never = {found.key, found.group, *found.outcomes, *found.follow_up.columns}
    for column in columns:
        if column.name in never or not 2 <= len(column.levels) <= MOST_GROUPS or words.says(column.name, _NEVER):
            continue
        if not _is_long(source, found.key, column, session):
            continue
        pair = f"({quote(found.key)}, {quote(column.name)})"
        if session.value(f"SELECT count(DISTINCT {pair}) FROM {source.relation}") == source.n_rows:
            return SeveralRows(column.name, column.levels[-1])
    return None


def _is_long(source: Source, key: str, column: StarterColumn, session: Session) -> bool:
    """Whether more than half of the keys stand in several rows and have every code of the column."""
    keys, repeated, every = session.rows(
        f"SELECT count(*), count(*) FILTER (WHERE n > 1), count(*) FILTER (WHERE found >= {len(column.levels)}) FROM "
        f"(SELECT count(*) AS n, count(DISTINCT {quote(column.name)}) AS found FROM {source.relation} "
        f"WHERE {quote(key)} IS NOT NULL GROUP BY {quote(key)})"
    )[0]
    return bool(2 * repeated > keys and 2 * every > keys)


def _text(source: Source, column: str) -> str:
    return cell.trimmed(cell.text_of(quote(column), source.native.get(column)))


def _missing_words(source: Source, column: str, session: Session) -> tuple[str, ...]:
    text = _text(source, column)
    condition = f"{cell.is_missing_word(text)} AND {text} <> 'NA'"
    rows = session.rows(f"SELECT DISTINCT {text} FROM {source.relation} WHERE {condition} ORDER BY 1")
    return tuple(word for (word,) in rows if word.casefold() not in _OFTEN_VALUES)


def _column(column: Column, source: Source, words: tuple[str, ...], session: Session) -> StarterColumn:
    name = quote(column.name)
    filled, distinct = session.rows(f"SELECT count({name}), count(DISTINCT {name}) FROM patient")[0]
    found = StarterColumn(name=column.name, type=column.type.value, missing=words)
    if column.type is ColumnType.DATE:
        return _dates(found, source, session)
    found_codes = Codes()
    if column.type in (ColumnType.CATEGORY, ColumnType.INTEGER, ColumnType.BOOLEAN) and distinct <= MOST_LEVELS:
        rows = session.rows(f"SELECT {name}, count(*) FROM patient WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 1")
        found_codes = codes(
            {str(level).lower() if isinstance(level, bool) else str(level): count for level, count in rows}
        )
    shared = session.value(
        f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM patient WHERE {name} IS NOT NULL "
        f"GROUP BY {name} HAVING count(*) > 1)"
    )
    is_number = column.type in (ColumnType.INTEGER, ColumnType.NUMBER)
    return replace(
        found,
        levels=found_codes.levels,
        alike=found_codes.alike,
        sentinels=found_codes.sentinels,
        none_first=found_codes.none_first,
        largest=found_codes.largest,
        distinct=distinct / max(source.n_rows, 1),
        shared=int(shared),
        blank=source.n_rows - filled,
        unique=0 < source.n_rows == distinct,
        censored=is_number and _any(source, column.name, cell.LIMIT + cell.NUMBER, session),
        filled=filled / max(source.n_rows, 1),
        middle=float(session.value(f"SELECT coalesce(max({name}), 0) FROM patient")) if is_number else 0.0,
    )


def _any(source: Source, column: str, pattern: str, session: Session) -> bool:
    condition = cell.matches(_text(source, column), pattern)
    return bool(session.value(f"SELECT count(*) FROM {source.relation} WHERE {condition}"))


def _dates(found: StarterColumn, source: Source, session: Session) -> StarterColumn:
    """A column of dates, read in whichever format fits most of them."""
    if found.name in source.native:
        text, kinds = quote(found.name), {cell.ISO: quote(found.name)}
    else:
        codes = cell.without_missing(_text(source, found.name), (*found.missing, "NA"), numeric=False)
        text, kinds = codes, {form: cell.date(codes, form=form) for form in cell.FORMATS}
    counts = ", ".join(f"count({sql})" for sql in kinds.values())
    recorded, *fits = session.rows(f"SELECT count({text}), {counts} FROM {source.relation}")[0]
    best = max(fits)
    formats = tuple(form for form, count in zip(kinds, fits, strict=True) if count == best and best)
    form = formats[0] if formats else cell.ISO
    middle = session.value(f"SELECT coalesce(median({kinds[form]} - DATE '1900-01-01'), 0) FROM {source.relation}")
    partial = False
    if found.name not in source.native and best < recorded:
        kind = cell.precision(text, form=form)
        partial = bool(session.value(f"SELECT count(*) FROM {source.relation} WHERE {kind} IN ('month', 'year')"))
    return replace(
        found,
        formats=() if cell.ISO in formats else formats,
        partial=partial,
        filled=recorded / max(source.n_rows, 1),
        middle=float(middle),
    )
