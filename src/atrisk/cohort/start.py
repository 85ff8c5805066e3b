"""The rows a cohort starts from: those of the index table (or the patients), with everything above and beside them."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atrisk.derive.code import same_key
from atrisk.derive.patients import UNIT, Patients, Visible, column_sql, limit_column
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.load import LoadedStudy


def start_rows(
    loaded: LoadedStudy, tables: Mapping[str, Table], session: Session
) -> tuple[Patients, tuple[Finding, ...]]:
    """One row for every row of the index table (of the patients' table, where the study has no index step).

    Each holds the columns of its own table, of all tables above it and of their one-to-one children, under the names
    ``table.column``, in the order of the files: by patient, then by row. Patients without a row in the index table have
    none here; how many they are is a finding that warns.
    """
    study = loaded.study
    unit = study.index.table if study.index is not None else study.root
    spine = [tables[unit]]
    while spine[0].parent is not None:
        spine.insert(0, tables[spine[0].parent])
    source, seen = _source(spine, tables)
    aliases = {table.name: quote(table.name) for table in seen}
    columns = [
        f"{aliases[table.name]}.{quote(column)} AS {quote(f'{table.name}.{column}')}"
        for table in seen
        for column in session.types(table.relation)
    ]
    # Numbered apart and joined by the row of the index table: sorting whole rows takes several times as long.
    order = ", ".join(f"{aliases[table.name]}.{ROW}" for table in spine)
    alone, _ = _source(spine, {table.name: table for table in spine})
    row = f"{aliases[unit]}.{ROW}"
    numbered = f"(SELECT {row} AS line, row_number() OVER (ORDER BY {order}) - 1 AS {UNIT} FROM {alone})"
    select = (
        f"SELECT numbered.{UNIT}, {', '.join(columns)} FROM {source} JOIN {numbered} numbered ON numbered.line = {row}"
    )
    relation = session.create("cohort_rows", select)
    patients = Patients(
        relation=relation,
        visible={item.name: item for table in seen for item in _visible(table, session)},
        tables=tables,
        seen_tables=tuple(table.name for table in seen),
        root=study.root,
    )
    return patients, tuple(_without_rows(spine, relation, session))


def _source(spine: list[Table], tables: Mapping[str, Table]) -> tuple[str, list[Table]]:
    """FROM text that joins the tables from the patients down, and beside each its one-to-one children."""
    source, seen = "", []
    for table in spine:
        name = f"{table.relation} {quote(table.name)}"
        source = f"{source} JOIN {name} ON {_belongs(table, tables)}" if source else name
        seen.append(table)
        for beside in _beside(table, tables, {item.name for item in spine}):
            # A second row of one parent is the check's finding; it must not also multiply patients here.
            held = quote(beside.parent_key or str(tables[str(beside.parent)].key))
            once = (
                f"(SELECT * FROM {beside.relation} QUALIFY row_number() OVER (PARTITION BY {held} ORDER BY {ROW}) = 1)"
            )
            source += f" LEFT JOIN {once} {quote(beside.name)} ON {_belongs(beside, tables)}"
            seen.append(beside)
    return source, seen


def _beside(table: Table, tables: Mapping[str, Table], spine: set[str]) -> Iterator[Table]:
    for child in tables.values():
        if child.parent == table.name and child.one_to_one and child.name not in spine:
            yield child
            yield from _beside(child, tables, spine)


def _belongs(table: Table, tables: Mapping[str, Table]) -> str:
    parent = tables[str(table.parent)]
    held = f"{quote(table.name)}.{quote(table.parent_key or str(parent.key))}"
    return same_key(parent, f"{quote(parent.name)}.{quote(str(parent.key))}", table, held)


def _visible(table: Table, session: Session) -> Iterator[Visible]:
    present = session.types(table.relation)
    for column in table.columns:
        companion = limit_column(column.name)
        yield Visible(
            table=table.name,
            column=column.name,
            sql=column_sql(table.name, column.name),
            type=column.type,
            limit=column_sql(table.name, companion) if companion in present else None,
            labels=column.labels,
        )


def _without_rows(spine: list[Table], relation: str, session: Session) -> Iterator[Finding]:
    root, unit = spine[0], spine[-1]
    if root is unit:
        return
    present = session.value(f"SELECT count(DISTINCT {quote(f'{root.name}.{ROW}')}) FROM {relation}")
    absent = root.n_rows - int(present)
    if absent:
        yield Finding(
            rule="patient-without-rows",
            severity=Severity.WARNS,
            table=root.name,
            file=root.file,
            message=Remark(
                "patient-without-rows",
                {"count": absent, "of_rows": Remark("rows", {"count": root.n_rows}), "table": unit.name},
            ),
            remedy=Remark("patient-without-rows.remedy", {"file": unit.file}),
        )
