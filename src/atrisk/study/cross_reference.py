"""Names in one part of a study file that another part must declare; checked without data, also where parts are wrong.

A column that does not exist can only be found out with the data. A table, an outcome or a comparison can be found out
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from atrisk.study.complaint import Complaint
from atrisk.study.expression import Expression, ExpressionError, Reference
from atrisk.study.places import Path
from atrisk.study.scope import did_you_mean, nearest

_EXPRESSIONS: tuple[Path, ...] = (
    ("data", "*", "where"),
    ("impossible", "*", "when"),
    ("cohort", "*", "keep"),
    ("derive", "*", "sql"),
    ("derive", "*", "where"),
    ("groups", "by", "sql"),
    ("comparisons", "*", "by", "sql"),
    ("comparisons", "*", "restrict"),
)
# Where a column or derived variable is named outside an expression.
_COLUMNS: tuple[Path, ...] = (
    ("corrections", "*", "column"),
    ("cohort", "*", "time_zero"),
    ("groups", "by"),
    ("groups", "frozen", "found"),
    ("groups", "frozen", "found_as"),
    ("derive", "*", "of"),
    ("outcomes", "*", "event"),
    ("outcomes", "*", "event", "first_of", "*"),
    ("outcomes", "*", "censor"),
    ("outcomes", "*", "from"),
    ("outcomes", "*", "entry"),
    ("outcomes", "*", "censored_by", "*"),
    ("outcomes", "*", "competing", "*"),
    ("outcomes", "*", "time", "column"),
    ("outcomes", "*", "time", "entry"),
    ("outcomes", "*", "status", "column"),
    ("time_dependent", "*", "date"),
    ("surgical_outcomes", "*"),
    ("baseline", "show", "*"),
    ("comparisons", "*", "by"),
    ("comparisons", "*", "strata"),
    ("comparisons", "*", "outcomes", "*"),
    ("adjustment", "confounders", "*"),
    ("adjustment", "never", "*"),
    ("comparisons", "*", "adjustment", "confounders", "*"),
    ("comparisons", "*", "adjustment", "never", "*"),
    ("adjustment", "missing", "auxiliary", "*"),
    ("comparisons", "*", "adjustment", "missing", "auxiliary", "*"),
    ("subgroups", "by", "*"),
    ("centre", "by"),
    ("prognosis", "variables", "*"),
    ("monitoring", "order"),
    ("monitoring", "units"),
    ("monitoring", "adjust_for", "*"),
)
# Names that become names of files, or of columns in the engine: for both, upper and lower case may be the same.
_WITHOUT_CASE: tuple[Path, ...] = (
    ("outcomes",),
    ("outcomes", "*", "competing"),
    ("comparisons",),
    ("derive",),
    ("margins",),
    ("tipping_points",),
    ("time_dependent",),
)


def cross_references(study: Mapping[str, Any]) -> list[Complaint]:
    """Every name in the plain values of a study file that is declared nowhere in it."""
    tables = _keys(study, "data")
    if not tables:
        return []
    found = [*_expressions(study, tables), *_table_names(study, tables), *_column_names(study, tables)]
    return [*found, *_published(study), *_of_study(study), *_exposures(study), *_alike(study)]


def _keys(study: Mapping[str, Any], part: str) -> tuple[str, ...]:
    value = study.get(part)
    return tuple(value) if isinstance(value, dict) else ()


def _entries(value: Any, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Path and value of everything that ``pattern`` (a star stands for any key or item) leads to."""
    if not pattern:
        yield path, value
    elif isinstance(value, dict):
        for key in value if pattern[0] == "*" else [pattern[0]] if pattern[0] in value else []:
            yield from _entries(value[key], pattern[1:], (*path, key))
    elif isinstance(value, list) and pattern[0] == "*":
        for number, item in enumerate(value):
            yield from _entries(item, pattern[1:], (*path, number))


def _expressions(study: Mapping[str, Any], tables: tuple[str, ...]) -> Iterator[Complaint]:
    derived = _keys(study, "derive")
    for pattern in _EXPRESSIONS:
        for path, text in _entries(study, pattern):
            for name in _references(text):
                if name.table is None:
                    continue
                if pattern[0] == "data":
                    yield from _own_table(path, name)
                elif name.table.casefold() not in {table.casefold() for table in (*tables, *derived)}:
                    hint = did_you_mean(name.table, tables) or "A column with a dot in its name stands in quotes."
                    yield Complaint(path, f"'{name}': there is no table '{name.table}' under 'data:'", hint)


def _references(text: Any) -> tuple[Reference, ...]:
    """The names in an expression; none where it cannot be read, which the model reports."""
    try:
        return Expression.parse(text).names if isinstance(text, str) else ()
    except ExpressionError:
        return ()


def _own_table(path: Path, name: Reference) -> Iterator[Complaint]:
    if name.table != path[1]:
        yield Complaint(path, f"'{name}': only columns of '{path[1]}' itself can be named here")


def _table_names(study: Mapping[str, Any], tables: tuple[str, ...]) -> Iterator[Complaint]:
    for path, table in _entries(study, ("derive", "*", "from")):
        if isinstance(table, str) and table not in tables:
            hint = did_you_mean(table, tables) or f"There are {', '.join(tables)}."
            yield Complaint(path, f"there is no table '{table}' under 'data:'", hint)


def _column_names(study: Mapping[str, Any], tables: tuple[str, ...]) -> Iterator[Complaint]:
    """Dotted names whose first part is nearly a table's name: a column may have a dot in its name, so only those."""
    known = {table.casefold() for table in (*tables, *_keys(study, "derive"))}
    named = [(path, name) for pattern in _COLUMNS for path, name in _entries(study, pattern)]
    named += [(("variables", name), name) for name in _keys(study, "variables")]
    for path, name in named:
        table = name.partition(".")[0] if isinstance(name, str) and "." in name else ""
        if table and table.casefold() not in known and (near := nearest(table, tables, cutoff=0.8)):
            message = f"'{name}': there is no table '{table}' under 'data:'"
            yield Complaint(path, message, f"Did you mean '{near}'?", at_key=path[0] == "variables")


# Where an outcome or a comparison of the study is named, by the word for it.
_NAMED: dict[str, tuple[Path, ...]] = {
    "outcome": (
        ("margins", "*", "outcome"),
        ("tipping_points", "*", "outcome"),
        ("subgroups", "outcomes", "*"),
        ("centre", "outcomes", "*"),
        ("prognosis", "outcome"),
        ("monitoring", "outcome"),
    ),
    "comparison": (("margins", "*", "comparison"), ("subgroups", "comparison"), ("centre", "comparison")),
}


def _of_study(study: Mapping[str, Any]) -> Iterator[Complaint]:
    """An outcome or a comparison named in another part that the study does not have."""
    named = [str(name) for _, name in _entries(study, ("surgical_outcomes", "*"))]
    further = [str(name) for _, name in _entries(study, ("comparisons", "*", "outcomes", "*"))]
    outcomes = tuple(dict.fromkeys((*_keys(study, "outcomes"), *named, *further)))
    known = {"outcome": outcomes, "comparison": ("main", *_keys(study, "comparisons"))}
    for word, patterns in _NAMED.items():
        for path, value in (entry for pattern in patterns for entry in _entries(study, pattern)):
            if str(value) not in known[word]:
                hint = did_you_mean(str(value), known[word])
                yield Complaint(path, f"this study has no {word} '{value}'", hint)


def _exposures(study: Mapping[str, Any]) -> Iterator[Complaint]:
    """Exposures of an outcome that the study does not have."""
    known = _keys(study, "outcomes")
    for path, value in _entries(study, ("time_dependent", "*", "outcome")):
        if str(value) not in known:
            yield Complaint(path, f"this study has no outcome '{value}'", did_you_mean(str(value), known))


def _published(study: Mapping[str, Any]) -> Iterator[Complaint]:
    """Selectors of published figures that no result row can have."""
    outcomes = (
        *_keys(study, "outcomes"),
        *(str(name) for _, name in _entries(study, ("surgical_outcomes", "*"))),
        *(str(name) for _, name in _entries(study, ("comparisons", "*", "outcomes", "*"))),
    )
    comparisons = ("main", *_keys(study, "comparisons"))
    for word, known in (("outcome", outcomes), ("comparison", comparisons)):
        for path, value in _entries(study, ("published", "*", "row", word)):
            if str(value) not in known:
                yield Complaint(path, f"this study has no {word} '{value}'", did_you_mean(str(value), known))


def _alike(study: Mapping[str, Any]) -> Iterator[Complaint]:
    """Names that differ only in upper and lower case; `data:` is looked at where its files are read."""
    for pattern in _WITHOUT_CASE:
        for path, entries in _entries(study, pattern):
            seen: dict[str, str] = {}
            for name in map(str, entries) if isinstance(entries, dict) else ():
                first = seen.setdefault(name.lower(), name)
                if first != name:
                    message = f"'{name}' and '{first}' differ only in upper and lower case"
                    yield Complaint((*path, name), message, "Files on many computers are then the same.", at_key=True)
