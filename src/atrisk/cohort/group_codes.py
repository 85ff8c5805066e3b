"""A grouping variable: the codes of its groups in order, and SQL text of a patient's code, fixed at a declared day."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from dataclasses import dataclass, replace

from atrisk.derive.attempt import attempt, expression_sql, expression_type
from atrisk.derive.code import code
from atrisk.derive.declaration import levels_of
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, Patients
from atrisk.derive.variable import TRUTH, found_levels
from atrisk.read.session import Session, literal
from atrisk.read.table import ColumnType
from atrisk.study.grouping import Frozen, Groups, SqlGroups
from atrisk.study.model import Study
from atrisk.study.scope import DERIVED, nearest
from atrisk.study.text import Text

# More undeclared values than this are measurements or names, not groups.
MOST_GROUPS = 20
_YES_NO = {"false": Text({"en": "No", "zh": "否"}), "true": Text({"en": "Yes", "zh": "是"})}


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A grouping variable: its codes in order with labels, and SQL text of a patient's code.

    ``found_later`` is SQL text of whether a patient's group was found out after time zero, and ``moved`` of whether the
    patient is compared as of that group; both None where groups are not said to be found out.
    """

    sql: str
    labels: dict[str, Text]
    declared: frozenset[str] | None
    table: str
    column: str = ""
    guard: str | None = None
    found_later: str | None = None
    moved: str | None = None


def coded_groups(groups: Groups, patients: Patients, study: Study, session: Session) -> Coded:
    """The groups of a comparison, as known on the day on which they are fixed; raises MisfitError for what misfits."""
    if isinstance(groups.by, SqlGroups):
        sql = expression_sql("by", groups.by.sql, patients.scope())
        kind = expression_type("by", sql, f"{patients.relation} {ALIAS}", session)
        labels = dict(groups.by.levels)
        coded = code(f"{attempt(sql)}.answer", kind)
        found = Coded(coded, labels, frozenset(labels), patients.root, guard=attempt(sql))
    else:
        found = coded_column("by", groups.by, groups.order, patients, study, session)
    return found if groups.frozen is None else _frozen(found, groups.frozen, patients)


def _frozen(coded: Coded, frozen: Frozen, patients: Patients) -> Coded:
    """The groups as known ``as_of`` the declared day; one found out on that day itself is known."""
    found = patients.resolve("frozen", frozen.found, ColumnType.DATE).sql
    days = f"date_diff('day', {patients.zero('frozen')}, {found})"
    known = f"({days} <= {frozen.days!r})" if frozen.days is not None else f"({found} IS NOT NULL)"
    if frozen.found_as is not None:
        item = patients.resolve("frozen", frozen.found_as)
        other = code(item.sql, item.type)
        sql = f"(CASE WHEN {known} AND {other} IS NOT NULL THEN {other} ELSE {coded.sql} END)"
        moves = f"{other} IS DISTINCT FROM {coded.sql} AND {other} IS NOT NULL"
    else:
        before = literal(frozen.until_found)
        sql = f"(CASE WHEN NOT {known} THEN {before} ELSE {coded.sql} END)"
        moves = f"{coded.sql} IS DISTINCT FROM {before}"
    later = f"({days} > 0 AND {moves})"
    return replace(coded, sql=sql, found_later=later, moved=f"({later} AND {known})")


def coded_column(
    field: str, name: str, order: tuple[str, ...] | None, patients: Patients, study: Study, session: Session
) -> Coded:
    """A column or derived variable as groups or strata."""
    item = patients.resolve(field, name)
    if item.type is ColumnType.DATE:
        raise MisfitError(field, f"'{name}' is a date, not a group.", "Derive an era from it.")
    declared = levels_of(item, study)
    coded = code(item.sql, item.type)
    place = (patients.root, item.column) if item.table == DERIVED else (item.table, item.column)
    if item.type is ColumnType.BOOLEAN and not declared:
        return Coded(
            coded,
            _YES_NO,
            frozenset(TRUTH),
            *place,
        )
    if declared:
        for text in order or ():
            if text not in declared:
                raise MisfitError("order", f"'{text}' is not a level of '{name}'.", meant(text, tuple(declared)))
        return Coded(coded, declared, frozenset(declared), *place)
    if order is not None:
        # The order is then the only declaration there is.
        return Coded(coded, {text: Text(text) for text in order}, frozenset(order), *place)
    keys = (patients.tables[item.table].key, patients.tables[item.table].parent_key) if item.table != DERIVED else ()
    if item.column in keys:
        raise MisfitError(field, f"'{name}' identifies rows: every patient would stand alone.", "Name another column.")
    found = found_levels(item, patients, session)
    n = int(session.value(f"SELECT count(*) FROM {patients.relation}"))
    if field == "by" and len(found) > 2 and 2 * len(found) > n:
        # Each would be named on the terminal, and most stand for one patient.
        message = f"'{name}' has {len(found)} different values in {n} patients: these are no groups."
        raise MisfitError(field, message, "Name another column, or derive bands from this one.")
    if len(found) > MOST_GROUPS:
        raise MisfitError(field, f"'{name}' has {len(found)} different values.", "Name the groups under 'order:'.")
    return Coded(coded, {text: Text(text) for text in found}, None, *place)


def meant(text: str, choices: tuple[str, ...]) -> str:
    """A hint at the code that was meant."""
    near = nearest(text, choices)
    return f"Did you mean '{near}'?" if near else f"Its levels are {', '.join(choices)}."
