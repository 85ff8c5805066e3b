"""Patients who may be one person entered twice, under different keys and perhaps at two centres."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Cell, Rule, about_cell
from atrisk.check.date_order import ancestors
from atrisk.check.life_span import births_among, date_columns
from atrisk.check.roles import sex_column, start_column
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_RULE = Rule("perhaps-same-person", Severity.WARNS, Remark("perhaps-same-person.remedy"))


def check_same_person(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Patients of the same sex, date of birth and date of operation whose keys differ.

    The date of birth is found by its name, that of operation is the one from which follow-up counts; whole dates alone
    are compared. Two dates of birth that differ in nothing but day and month exchanged are the same here. Where the
    data have no column for the sex, the dates alone decide. The later row is named with the earlier one; nothing is
    ever dropped. Two strangers share all three by chance once in some three hundred million pairs.
    """
    root = tables[study.root]
    births = births_among(date_columns(study, root))
    start = start_column(study, tables)
    if not births or start is None or root.key is None:
        return []
    line = ancestors(tables[start.table], tables)
    if line[-1].name != root.name:
        return []
    row, born, day = quote(ROW), f"p.{quote(births[0].column)}", quote(start.column)
    joined, below = f"{root.relation} p", "p"
    for depth, table in enumerate(reversed(line[:-1])):
        parent = tables[str(table.parent)]
        alias = f"c{depth}"
        on = f"{alias}.{quote(str(table.parent_key))} = {below}.{quote(str(parent.key))}"
        joined, below = f"{joined} JOIN {table.relation} {alias} ON {on}", alias
    sex_name = sex_column(root)
    sex = f"CAST(p.{quote(sex_name)} AS VARCHAR)" if sex_name is not None else "''"
    whole = f"p.{quote(births[0].column + '__precision')} = 'day'" if births[0].partial else "TRUE"
    swapped = (
        f"CASE WHEN day({born}) <= 12 THEN make_date(year({born}), least(month({born}), day({born})), "
        f"greatest(month({born}), day({born}))) ELSE {born} END"
    )
    found = session.rows(
        f"SELECT t.line, r.{quote(root.key)}, t.first FROM ("
        f"SELECT line, key, min(line) OVER same AS first, first_value(key) OVER same AS first_key FROM ("
        f"SELECT DISTINCT p.{row} AS line, p.{quote(root.key)} AS key, {sex} AS sex, {swapped} AS born, "
        f"{below}.{day} AS day FROM {joined} WHERE {born} IS NOT NULL AND {below}.{day} IS NOT NULL AND {whole}"
        f") WINDOW same AS (PARTITION BY sex, born, day ORDER BY line)"
        f") t JOIN {root.raw_relation} r ON r.{row} = t.line WHERE t.key IS DISTINCT FROM t.first_key ORDER BY 1, 3"
    )
    earliest: dict[int, tuple[str | None, int]] = {}
    for line_number, key, first in found:
        earliest.setdefault(line_number, (key, first))
    column = births[0].column
    return [
        about_cell(_RULE, root, column, Cell(number, key or "", ""), Remark("perhaps-same-person", {"first": first}))
        for number, (key, first) in earliest.items()
    ]
