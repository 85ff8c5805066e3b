"""All tables of a study: their files located, read and typed, and the names the study file uses for them checked."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from atrisk.errors import DataError, Problem, StudyError
from atrisk.read.contents import changed
from atrisk.read.corrections import corrected
from atrisk.read.database_address import NO_DATABASES, DatabaseAddress
from atrisk.read.declared import Declared
from atrisk.read.described import with_descriptions, with_table_codes
from atrisk.read.expected_type import event_uses, expected_types
from atrisk.read.identifier import without_identifiers
from atrisk.read.reader import Origin, read_source
from atrisk.read.session import Session, quote
from atrisk.read.source import Source
from atrisk.read.table import LIMIT, PRECISION, ROW, Column, Table
from atrisk.read.typed_relation import raw_sql, typed_relation
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.column_names import unknown_names
from atrisk.study.expression import Expression, ExpressionError
from atrisk.study.load import LoadedStudy, in_order
from atrisk.study.scope import Scope, nearest
from atrisk.study.table import DataTable, Variable

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Reading:
    """The tables by name, in the order declared, and what was found while reading them.

    ``loaded`` is the study with what the files themselves say of their columns where the study file is silent.
    """

    tables: Mapping[str, Table]
    findings: tuple[Finding, ...]
    loaded: LoadedStudy


def read_tables(
    loaded: LoadedStudy,
    session: Session,
    *,
    data_root: Path | None = None,
    databases: Mapping[str, DatabaseAddress] = NO_DATABASES,
) -> Reading:
    """Read every table that a study file declares into the session.

    Each becomes two relations: its own name (typed) and ``raw_<name>`` (the text of the cells); see ``Table``. A file
    that several tables share is read once. Cells, rows and columns that do not fit are findings. ``databases`` are the
    addresses the user gave, by name. Declared corrections come before types: a finding is about the corrected cell.
    Raises DataError where a file cannot be used at all, and StudyError, with the place in the study file, where a
    column that it names does not exist or a table's ``where`` cannot be evaluated.
    """
    declared_tables = loaded.study.data
    _distinct_relations(loaded)
    origin = Origin(loaded.folder, data_root, databases)
    sources: dict[DataTable, Source] = {}
    findings: list[Finding] = []
    read: dict[str, Source] = {}
    for name, table in declared_tables.items():
        place = _place_alone(table)
        if place not in sources:
            _files_exist(loaded, name, origin)
            sources[place] = read_source(place, origin=origin, session=session, name=f"__file_{len(sources)}")
            _same_contents(place, sources)
            findings += [replace(finding, table=name) for finding in sources[place].findings]
        read[name] = sources[place]
    problems = [problem for name, source in read.items() for problem in _unknown_columns(loaded, name, source)]
    problems += _unknown_variables(loaded, read)
    for found in unknown_names(loaded.study, {name: source.columns for name, source in read.items()}):
        problems.append(loaded.problem(found.path, found.message, found.hint))
    if problems:
        raise StudyError(in_order(problems))
    loaded = with_descriptions(loaded, _descriptions(loaded, read))
    loaded = with_table_codes(loaded, {name: source.columns for name, source in read.items()})
    after = corrected(loaded, read, session)
    findings += after.findings
    tables = {}
    for name, source in after.sources.items():
        tables[name], more = _table(loaded, name, source, session=session)
        findings += more
    needed = {source.name for source in after.sources.values()}
    for name in {source.name for source in sources.values()} - needed:
        session.drop(name)
    return Reading(tables, without_identifiers(findings, loaded.study.variables), loaded)


def parent_key(loaded: LoadedStudy, name: str) -> str | None:
    """The column of table ``name`` that holds its parent's key: as declared, else named like the parent's key."""
    table = loaded.study.data[name]
    if table.parent is None:
        return None
    return table.parent_key or loaded.study.data[table.parent].key


def _distinct_relations(loaded: LoadedStudy) -> None:
    """Relations are named after tables without regard to case, and ``raw_x`` belongs to ``x``."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for name in loaded.study.data:
        taken = {name.lower(), f"raw_{name.lower()}"}
        if seen & taken:
            problems.append(
                loaded.problem(
                    ("data", name),
                    f"the name '{name}' is too like that of another table",
                    "Two tables cannot differ only in upper and lower case, or in 'raw_' before the name.",
                )
            )
        seen |= taken
    if problems:
        raise StudyError(problems)


def _files_exist(loaded: LoadedStudy, name: str, origin: Origin) -> None:
    """A file that cannot be found is told with the line of the study file that names it."""
    table = loaded.study.data[name]
    for word in ("file", "catalogue", "redcap", "dictionary"):
        file = getattr(table, word)
        if file is None:
            continue
        try:
            origin.path(file)
        except DataError as error:
            raise DataError(str(loaded.problem(("data", name, word), str(error)))) from None


def _place_alone(table: DataTable) -> DataTable:
    """Where a table lies, without what is declared of its rows: the same for all tables that share a file."""
    return table.model_copy(
        update={"key": None, "parent": None, "parent_key": None, "one_to_one": False, "where": None, "missing": ()}
    )


def _same_contents(place: DataTable, sources: Mapping[DataTable, Source]) -> None:
    """A file read twice, for two of its sheets or in two ways, must have been the same both times."""
    for other, source in sources.items():
        same = (other.file, other.catalogue) == (place.file, place.catalogue)
        if same and source.contents != sources[place].contents:
            raise changed(place.place)


def _descriptions(loaded: LoadedStudy, read: Mapping[str, Source]) -> dict[str, Variable]:
    """What the files say of their columns, by ``table.column``; keys are text whatever a file says of them."""
    return {
        f"{name}.{column}": variable
        for name, source in read.items()
        for column, variable in source.described.items()
        if column not in (loaded.study.data[name].key, parent_key(loaded, name))
    }


def _unknown_columns(loaded: LoadedStudy, name: str, source: Source) -> list[Problem]:
    table = loaded.study.data[name]
    wanted = {"key": table.key, "parent_key": parent_key(loaded, name)}
    problems = []
    for field, column in wanted.items():
        if column is None or column in source.columns:
            continue
        near = nearest(column, source.columns)
        if near:
            hint = f"Did you mean '{near}'?"
        elif field == "parent_key" and table.parent_key is None:
            hint = f"Say which column holds the key of '{table.parent}': 'parent_key: ...'."
        else:
            hint = "Is there a header line in the file?"
        place = ("data", name, field) if getattr(table, field) is not None else ("data", name)
        problems.append(loaded.problem(place, f"{table.place} has no column '{column}'", hint))
    return problems


def _unknown_variables(loaded: LoadedStudy, read: Mapping[str, Source]) -> list[Problem]:
    every = tuple(f"{name}.{column}" for name, source in read.items() for column in source.columns)
    problems = []
    for variable in loaded.study.variables:
        table, _, column = variable.partition(".")
        place = ("variables", variable)
        if table in read and column in read[table].columns:
            continue
        near = next((name for name in every if name.partition(".")[2] == variable), "") or nearest(variable, every)
        hint = f"Did you mean '{near}'?" if near else ""
        if not column:
            problems.append(loaded.problem(place, "variables are named 'table.column'", hint))
        elif table not in read:
            message = f"there is no table '{table}'; the tables are {', '.join(read)}"
            problems.append(loaded.problem(place, message, hint))
        else:
            shown = loaded.study.data[table].place
            problems.append(loaded.problem(place, f"{shown} has no column '{column}'", hint))
    return problems


def _table(loaded: LoadedStudy, name: str, source: Source, *, session: Session) -> tuple[Table, list[Finding]]:
    table = loaded.study.data[name]
    declared = _declared(loaded, name, source)
    _companions_are_free(loaded, declared, source)
    typed_name = name if table.where is None else "__typed"
    columns, findings = typed_relation(source, declared, session=session, name=typed_name)
    relation, findings_kept = _chosen_rows(loaded, declared, columns, session=session, findings=findings)
    # The text of the cells is looked at only where something is found: it stays in the file's own relation.
    raw = session.view(f"raw_{name}", raw_sql(source, kept=None if table.where is None else relation))
    left_out = _left_out(table, name, relation, session=session)
    n_rows = int(session.value(f"SELECT count(*) FROM {relation}"))
    n_left_out = 0 if table.where is None else int(session.value('SELECT count(*) FROM "__typed"')) - n_rows
    session.drop("__typed")
    if n_rows == 0:
        findings_kept.append(_no_rows(declared, root=table.parent is None))
    result = Table(
        name=name,
        file=table.place,
        relation=relation,
        raw_relation=raw,
        key=table.key,
        parent=table.parent,
        parent_key=parent_key(loaded, name),
        one_to_one=table.one_to_one,
        columns=columns,
        n_rows=n_rows,
        contents=source.contents,
        left_out=left_out,
        n_left_out=n_left_out,
    )
    return result, findings_kept


def _declared(loaded: LoadedStudy, name: str, source: Source) -> Declared:
    key, parent = loaded.study.data[name].key, parent_key(loaded, name)
    # A child's column of another name may also refer to this table's key, but only these two are joined on.
    keys = frozenset(column for column in (key, parent) if column is not None)
    expected = _of_table(expected_types(loaded.study), name, source)
    events = _of_table(event_uses(loaded.study), name, source)
    variables: dict[str, Variable] = {}
    for written, variable in loaded.study.variables.items():
        table, _, column = written.partition(".")
        if table == name:
            variables[column] = variable
    return Declared(name, loaded.study.data[name].place, keys, key or parent, variables, expected, events)


def _of_table(by_name: Mapping[str, Said], name: str, source: Source) -> dict[str, Said]:
    """What is said of names that may stand for a column of this table, by column."""
    found = {}
    for written, said in by_name.items():
        table, dot, column = written.rpartition(".")
        if column in source.columns and (not dot or table == name):
            found[column] = said
    return found


def _companions_are_free(loaded: LoadedStudy, declared: Declared, source: Source) -> None:
    present = {column.lower() for column in source.columns}
    problems = []
    for column, variable in declared.variables.items():
        for wanted, suffix, word in ((variable.censored, LIMIT, "censored"), (variable.partial, PRECISION, "partial")):
            if wanted and (column + suffix).lower() in present:
                problems.append(
                    loaded.problem(
                        ("variables", f"{declared.name}.{column}"),
                        f"'{word}' makes a column '{column}{suffix}', and {declared.file} has one of that name",
                        "Rename the column in the file.",
                    )
                )
    if problems:
        raise StudyError(problems)


def _chosen_rows(
    loaded: LoadedStudy,
    declared: Declared,
    columns: tuple[Column, ...],
    *,
    session: Session,
    findings: tuple[Finding, ...],
) -> tuple[str, list[Finding]]:
    """The rows that ``where`` keeps; one for which it is unknown blocks, since dropping it would be a silent choice."""
    where = loaded.study.data[declared.name].where
    row = quote(ROW)
    if where is None:
        return quote(declared.name), list(findings)
    place = ("data", declared.name, "where")
    try:
        scope = Scope({declared.name: {column.name: quote(column.name) for column in columns}})
        condition = Expression.parse(where).sql(scope)
        relation = session.create(declared.name, f'SELECT * FROM "__typed" WHERE ({condition}) ORDER BY {row}')
        unknown = session.rows(
            f'SELECT {row}, {declared.identifier_sql("t")} FROM "__typed" t WHERE ({condition}) IS NULL'
        )
    except ExpressionError as error:
        raise StudyError([loaded.problem(place, error.message, error.hint)]) from None
    except DataError as error:
        raise StudyError(
            [loaded.problem(place, str(error), "Compare each column with values of its own type.")]
        ) from None
    kept = {line for (line,) in session.rows(f"SELECT {row} FROM {relation}")} | {line for line, _ in unknown}
    of_rows = [finding for finding in findings if finding.row is None or finding.row in kept]
    undecided = [
        Finding(
            rule="where-unknown",
            severity=Severity.BLOCKS,
            table=declared.name,
            file=declared.file,
            row=line,
            message=Remark("where-unknown"),
            remedy=Remark("where-unknown.remedy"),
            key=key or "",
        )
        for line, key in unknown
    ]
    return relation, of_rows + undecided


def _left_out(table: DataTable, name: str, relation: str, *, session: Session) -> str | None:
    if table.where is None or table.key is None:
        return None
    row, key = quote(ROW), quote(table.key)
    return session.create(
        f"__left_out_{name}",
        f'SELECT DISTINCT {key} AS key FROM "__typed" WHERE {row} NOT IN (SELECT {row} FROM {relation})',
    )


def _no_rows(declared: Declared, *, root: bool) -> Finding:
    return Finding(
        rule="no-rows",
        severity=Severity.BLOCKS if root else Severity.WARNS,
        table=declared.name,
        file=declared.file,
        message=Remark("no-rows"),
        remedy=Remark("no-rows.remedy") if root else Remark("no-rows.remedy-child"),
    )
