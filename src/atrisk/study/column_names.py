"""Every column that a study file names, held against the columns there are: all that are nowhere are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from atrisk.study.cohort import Index, Keep, TimeZero
from atrisk.study.complaint import Complaint
from atrisk.study.date_order import dates_in
from atrisk.study.derivation import FromChildRows, SqlVariable
from atrisk.study.expression import Expression, Reference
from atrisk.study.expression_tree import Node, Operation
from atrisk.study.grouping import Comparison, Groups, SqlGroups
from atrisk.study.model import Study
from atrisk.study.places import Path
from atrisk.study.scope import DERIVED, Scope, UnknownName

# Between whose operands a bare word is more likely a text without its quotes than a column.
_COMPARISONS = ("=", "<>", "in", "like", "ilike", "is distinct from", "is not distinct from")


def unknown_names(study: Study, columns: Mapping[str, Sequence[str]]) -> list[Complaint]:
    """A complaint for every name that neither a column of any table nor a derived variable has.

    ``columns`` are the columns by table. Whether a column that exists can be used where it is named is for the stage
    that uses it. Names under ``data:`` and ``variables:`` are not among those looked at.
    """
    derived = [
        f"{name}.{field}" if field else name
        for name, derivation in study.derive.items()
        for field in derivation.fields()
    ]
    every = {table: {name: name for name in names} for table, names in columns.items()}
    scope = Scope({**every, DERIVED: {name: name for name in derived}})
    found = [
        complaint for path, name in _named(study) if (complaint := _complaint(study, scope, path, name)) is not None
    ]
    for path, text in _expressions(study):
        own = Scope({str(path[1]): every[str(path[1])]}) if path[0] == "data" else scope
        found += _in_expression(study, own, path, text)
    return found


def _complaint(study: Study, scope: Scope, path: Path, name: str | Reference) -> Complaint | None:
    try:
        scope.resolve(name)
    except UnknownName as error:
        tables = [table for table in scope.columns if table != DERIVED]
        message = error.message
        if len(tables) == 1 and message.startswith("no table"):
            message = f"{study.data[tables[0]].file} has no column '{name}'"
        return Complaint(path, message, error.hint or _which(study, path, str(name)))
    except ValueError:
        # Several columns of this name: which of them is meant depends on where it is used.
        pass
    return None


def _which(study: Study, path: Path, name: str) -> str:
    """What a name may be meant for that has no near one: an outcome, or a column a definition looks for of itself."""
    if name in study.outcomes and path[0] in ("surgical_outcomes", "baseline"):
        return "It stands under 'outcomes:' and is shown anyway: remove it here."
    if path[0] != "derive" or path[2] in study.derive[str(path[1])].model_fields_set:
        return ""
    return f"Say which column it is: '{path[2]}: ...'."


def _in_expression(study: Study, scope: Scope, path: Path, text: str) -> Iterator[Complaint]:
    expression = Expression.parse(text)
    compared = set(_compared(expression.tree))
    for name in expression.names:
        complaint = _complaint(study, scope, path, name)
        if complaint is not None and name in compared and name.table is None:
            hint = f"If it is a text, write it in single quotes: '{name.column}'."
            complaint = Complaint(path, complaint.message, f"{hint} {_meant(complaint.hint)}".strip())
        if complaint is not None:
            yield complaint


def _meant(hint: str) -> str:
    return hint if hint.startswith("Did you mean") else ""


def _compared(node: Node) -> Iterator[Reference]:
    """Names that something else is compared with: M in ``sex = M``."""
    if not isinstance(node, Operation):
        return
    if node.name in _COMPARISONS:
        yield from (operand for operand in node.operands[1:] if isinstance(operand, Reference))
    for operand in node.operands:
        yield from _compared(operand)


def _expressions(study: Study) -> Iterator[tuple[Path, str]]:
    for name, table in study.data.items():
        if table.where is not None:
            yield ("data", name, "where"), table.where
    yield from ((("impossible", position, "when"), each.when) for position, each in enumerate(study.impossible))
    for position, step in enumerate(study.cohort):
        if isinstance(step, Keep):
            yield ("cohort", position, "keep"), step.keep
    for name, derivation in study.derive.items():
        if isinstance(derivation, SqlVariable):
            yield ("derive", name, "sql"), derivation.sql
        elif isinstance(derivation, FromChildRows) and derivation.where is not None:
            yield ("derive", name, "where"), derivation.where
    for place, groups in _groupings(study):
        if isinstance(groups.by, SqlGroups):
            yield (*place, "by", "sql"), groups.by.sql
        if isinstance(groups, Comparison) and groups.restrict is not None:
            yield (*place, "restrict"), groups.restrict


def _groupings(study: Study) -> Iterator[tuple[Path, Groups]]:
    yield ("groups",), study.groups
    for name, comparison in study.comparisons.items():
        yield ("comparisons", name), comparison


def _named(study: Study) -> Iterator[tuple[Path, str]]:
    """Place and name of every column or derived variable named outside an expression."""
    yield from ((("corrections", position, "column"), each.column) for position, each in enumerate(study.corrections))
    for position, text in enumerate(study.dates_in_order):
        yield from ((("dates_in_order", position), name) for name in dates_in(text))
    for position, step in enumerate(study.cohort):
        if isinstance(step, Index):
            yield ("cohort", position, "index"), f"{step.table}.{step.by}"
        if isinstance(step, Index | TimeZero):
            yield ("cohort", position, "time_zero"), step.time_zero
    for name, derivation in study.derive.items():
        yield from ((("derive", name, *key), column) for key, column in derivation.columns())
    yield from _in_outcomes(study)
    for place, groups in _groupings(study):
        if isinstance(groups.by, str):
            yield (*place, "by"), groups.by
        if groups.frozen is not None:
            yield (*place, "frozen", "found"), groups.frozen.found
            if groups.frozen.found_as is not None:
                yield (*place, "frozen", "found_as"), groups.frozen.found_as
        if isinstance(groups, Comparison) and groups.strata is not None:
            yield (*place, "strata"), groups.strata
        if isinstance(groups, Comparison):
            for position, name in enumerate(groups.outcomes):
                if name not in study.outcomes:
                    yield (*place, "outcomes", position), name
    yield from ((("time_dependent", name, "date"), each.date) for name, each in study.time_dependent.items())
    yield from ((("surgical_outcomes", position), name) for position, name in enumerate(study.surgical_outcomes))
    if study.baseline is not None:
        yield from ((("baseline", "show", position), name) for position, name in enumerate(study.baseline.show))


def _in_outcomes(study: Study) -> Iterator[tuple[Path, str]]:
    for name, outcome in study.outcomes.items():
        yield from ((("outcomes", name, *key), column) for key, column in outcome.columns())
