"""Variables that a table must not show as they are: identifiers, mixed columns, undeclared truth values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from atrisk.cohort.build import Cohort
from atrisk.cohort.group_codes import MOST_GROUPS
from atrisk.derive.declaration import levels_of
from atrisk.derive.patients import Visible
from atrisk.derive.variable import Values
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.derivation import Derivation, FromChildRows, SqlVariable
from atrisk.study.model import Study
from atrisk.study.scope import DERIVED
from atrisk.study.table import Variable


def shown_findings(
    values: Values, cohort: Cohort, study: Study, found: Sequence[Finding], *, as_outcome: bool
) -> Iterator[Finding]:
    """What keeps a variable out of a report that is sent to others, or would give it a meaning nobody declared.

    An undeclared category prints each of its values. Hence a key, a column read as text because its cells are mixed,
    and one of more than 20 different values are findings that block. A number that is only ever 0 or 1 may be a truth
    value: as an outcome it blocks, since a median would be printed in place of a risk; in the baseline it warns.
    ``found`` are the findings so far, among them which columns are mixed.
    """
    item = cohort.patients.resolve("", values.name)
    declared = study.derive.get(item.column) if item.table == DERIVED else study.variables.get(item.name)
    if getattr(declared, "identifier", False):
        yield _finding(item, cohort, "identifier-shown", Severity.BLOCKS)
        return
    if values.kind == "category" and not levels_of(item, study):
        yield from _undeclared_category(values, item, cohort, found)
    elif values.kind == "number" and not _is_a_number_by_declaration(declared):
        known = values.numbers[~np.isnan(values.numbers)]
        if item.type is ColumnType.INTEGER and known.size and np.isin(known, (0.0, 1.0)).all():
            yield _finding(item, cohort, "zero-or-one", Severity.BLOCKS if as_outcome else Severity.WARNS)


def _is_a_number_by_declaration(declared: Derivation | Variable | None) -> bool:
    """Whether a study file says that a number is one: by its type, as a count or sum, or by a definition's meaning."""
    match declared:
        case None | SqlVariable():
            return False
        case Variable():
            return declared.type is not None
        case FromChildRows():
            return declared.take in ("count", "sum")
        case _:
            return True


def _undeclared_category(values: Values, item: Visible, cohort: Cohort, found: Sequence[Finding]) -> Iterator[Finding]:
    table = cohort.patients.tables.get(item.table)
    keys = (table.key, table.parent_key) if table is not None else ()
    mixed = any(f.rule == "mixed-column" and (f.table, f.column) == (item.table, item.column) for f in found)
    if item.column in keys:
        yield _finding(item, cohort, "identifier-shown", Severity.BLOCKS)
    elif mixed:
        yield _finding(item, cohort, "mixed-column-shown", Severity.BLOCKS)
    elif len(values.levels) > MOST_GROUPS:
        yield _finding(item, cohort, "many-levels", Severity.BLOCKS)


def _finding(item: Visible, cohort: Cohort, rule: str, severity: Severity) -> Finding:
    table = cohort.patients.tables.get(item.table)
    return Finding(
        rule=rule,
        severity=severity,
        table=item.table,
        file=table.file if table is not None else "",
        column=item.column,
        message=Remark(rule, {"most": MOST_GROUPS}),
        remedy=Remark(f"{rule}.remedy"),
    )
