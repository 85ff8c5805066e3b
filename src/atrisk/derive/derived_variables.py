"""All derived variables of a study, each after those it names."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from atrisk.derive.attempt import attempt
from atrisk.derive.code import code
from atrisk.derive.compiled import GATHERED, Compiled, RowQuestion
from atrisk.derive.definitions import compiled, fields_of, named
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, UNIT, Patients, Visible, row_sql
from atrisk.derive.row_findings import row_findings
from atrisk.errors import Problem, StudyError
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.derivation import Derivation
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.load import LoadedStudy
from atrisk.study.scope import DERIVED


def derive(loaded: LoadedStudy, patients: Patients, session: Session) -> tuple[Patients, tuple[Finding, ...]]:
    """The patients with every derived variable of the study, and findings about rows that a definition cannot use.

    Variables are computed in layers: first those that name no other, then those that name them, and so on. Raises
    StudyError with every derivation that does not fit the tables, and for derivations that name each other in a circle.
    """
    declared = loaded.study.derive
    patients = _planned(loaded, patients)
    problems: list[Problem] = []
    findings: list[Finding] = []
    failed: set[str] = set()
    for layer in _layers(loaded, patients):
        found: dict[str, Compiled] = {}
        for name in layer:
            if _needs(declared[name], patients) & failed:
                # What rests on a derivation that does not fit has no type of its own yet, and is not judged.
                failed.add(name)
                continue
            try:
                found[name] = compiled(declared[name], patients, session)
            except MisfitError as misfit:
                failed.add(name)
                problems.append(loaded.problem(("derive", name, misfit.field), misfit.message, misfit.hint))
        if not found:
            continue
        patients = _with_layer(found, declared, patients, session)
        for name, item in found.items() if not problems else ():
            findings += item.findings
            for question in _questions(name, item, declared[name], patients):
                findings += row_findings(question, patients.tables, session)
    if problems:
        raise StudyError(problems)
    # Two variables that rest on one column say the same of its cells.
    return patients, tuple(dict.fromkeys(findings))


def derive_anew(
    loaded: LoadedStudy, patients: Patients, names: Collection[str], session: Session
) -> tuple[Patients, tuple[Finding, ...]]:
    """The patients with the derived variables ``names`` computed again, as ``loaded`` declares them; the rest is kept.

    ``names`` must hold every variable that takes another of them. Raises and finds what ``derive`` does.
    """
    known = patients.visible.values()
    stale = [item.name for item in known if item.table == DERIVED and item.column.partition(".")[0] in names]
    relation = patients.relation
    if stale:
        excluded = ", ".join(quote(name) for name in stale)
        select = f"SELECT * EXCLUDE ({excluded}) FROM {patients.relation} ORDER BY {UNIT}"
        relation = session.create("cohort_patients", select)
    kept = {name: item for name, item in patients.visible.items() if name not in stale}
    declared = {name: declared for name, declared in loaded.study.derive.items() if name in names}
    asked = replace(loaded, study=loaded.study.model_copy(update={"derive": declared}))
    return derive(asked, replace(patients, visible=kept, relation=relation), session)


def full_name(name: str, field: str) -> str:
    """A derived variable's name, or that of one of its fields: ``hepatic_progression.date``."""
    return f"{name}.{field}" if field else name


def _planned(loaded: LoadedStudy, patients: Patients) -> Patients:
    """The patients with all names that will be derived, so that a name means the same in whichever order they come."""
    planned: dict[str, Visible] = {}
    taken = {name.casefold(): "a column" for name in patients.visible}
    problems = []
    for name, declared in loaded.study.derive.items():
        for field in fields_of(declared):
            full = full_name(name, field)
            if full.casefold() in taken:
                message = f"'{full}' is already the name of {taken[full.casefold()]} (case does not tell names apart)."
                problems.append(loaded.problem(("derive", name), message, "Choose another name."))
            taken[full.casefold()] = "a derived variable"
            planned[full] = Visible(DERIVED, full, f"{ALIAS}.{quote(full)}", ColumnType.TEXT)
    if problems:
        raise StudyError(problems)
    return patients.with_visible(planned, patients.relation)


def _layers(loaded: LoadedStudy, patients: Patients) -> Iterator[tuple[str, ...]]:
    """Names of derived variables, in layers of which each needs only those before it, or what is there already."""
    mine = set(loaded.study.derive)
    waiting = {name: _needs(declared, patients) & mine for name, declared in loaded.study.derive.items()}
    done: set[str] = set()
    while waiting:
        layer = tuple(name for name, needs in waiting.items() if needs <= done)
        if not layer:
            circle = ", ".join(waiting)
            message = "derived variables cannot name each other in a circle."
            raise StudyError([loaded.problem(("derive", name), message, f"In it: {circle}.") for name in waiting])
        yield layer
        done.update(layer)
        waiting = {name: needs for name, needs in waiting.items() if name not in done}


def _needs(declared: Derivation, patients: Patients) -> set[str]:
    scope = patients.scope()
    needs = set()
    for name in named(declared):
        try:
            found = scope.resolve(name)
        except ExpressionError:
            # Reported when the derivation is compiled, if it is an error there.
            continue
        if found.table == DERIVED:
            needs.add(found.column.partition(".")[0])
    return needs


def _with_layer(
    found: Mapping[str, Compiled], declared: Mapping[str, Derivation], patients: Patients, session: Session
) -> Patients:
    """The patients with the variables of one layer added to their relation."""
    columns: list[str] = []
    gathered_names: list[str] = []
    visible: dict[str, Visible] = {}
    joins = ""
    for number, (name, item) in enumerate(found.items()):
        values = {full_name(name, field): _value(item, sql) for field, sql in item.fields.items()}
        if item.gather is not None:
            gathered_names.append(f"gathered_{name}")
            gathered = session.create(gathered_names[-1], item.gather)
            inner = ", ".join(f"{sql} AS {quote(full)}" for full, sql in values.items())
            alias = f"d{number}"
            joins += (
                f" LEFT JOIN (SELECT {ALIAS}.{UNIT} AS {UNIT}, {inner} FROM {patients.relation} {ALIAS}"
                f" LEFT JOIN {gathered} {GATHERED} ON {GATHERED}.{UNIT} = {ALIAS}.{UNIT}) {alias}"
                f" ON {alias}.{UNIT} = {ALIAS}.{UNIT}"
            )
            values = {full: f"{alias}.{quote(full)}" for full in values}
        columns += [f"{sql} AS {quote(full)}" for full, sql in values.items()]
        for field in item.fields:
            full = full_name(name, field)
            levels = declared[name].levels if field == "" else None
            known = tuple(levels) if levels else item.levels if field == "" else None
            visible[full] = replace(patients.visible[full], type=item.types[field], levels=known)
    select = f"SELECT {ALIAS}.*, {', '.join(columns)} FROM {patients.relation} {ALIAS}{joins}"
    with_layer = patients.with_visible(visible, session.create("cohort_patients", select))
    for relation in gathered_names:
        session.drop(relation)
    return with_layer


def _value(item: Compiled, sql: str) -> str:
    return f"{attempt(sql)}.answer" if item.guarded else sql


def _questions(name: str, item: Compiled, declared: Derivation, patients: Patients) -> Iterator[RowQuestion]:
    yield from item.questions
    root = patients.tables[patients.root]
    select = f"SELECT {row_sql(root.name)}, {patients.key_sql(root.name)}, '' FROM {patients.relation} {ALIAS} WHERE "
    if item.guarded:
        yield RowQuestion(
            rule="expression-fails",
            severity=Severity.BLOCKS,
            table=root.name,
            column=name,
            select=f"{select}{attempt(item.fields[''])} IS NULL ORDER BY {ALIAS}.{UNIT}",
            message=Remark("expression-fails", {"variable": name}),
            remedy=Remark("criterion-fails.remedy"),
        )
    if declared.levels is not None and "" in item.fields:
        visible = patients.visible[name]
        known = ", ".join(literal(level) for level in declared.levels)
        yield RowQuestion(
            rule="undeclared-level",
            severity=Severity.BLOCKS,
            table=root.name,
            column=name,
            select=f"{select}{code(visible.sql, visible.type)} NOT IN ({known}) ORDER BY {ALIAS}.{UNIT}",
            message=Remark("undeclared-level", {"variable": name}),
            remedy=Remark("undeclared-level.remedy"),
        )
