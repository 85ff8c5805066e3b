"""A REDCap export: one table for what is asked once a record, and one for each repeating instrument."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from atrisk.errors import DataError
from atrisk.read.contents import Contents
from atrisk.read.csv_file import Layout, read_csv
from atrisk.read.redcap.dictionary import Field, fields
from atrisk.read.session import Session, literal, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW
from atrisk.result.finding import Finding, Severity
from atrisk.study.scope import nearest
from atrisk.study.table import Variable

EVENT, INSTRUMENT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
_OF_REDCAP = (EVENT, INSTRUMENT, INSTANCE, "redcap_data_access_group", "redcap_survey_identifier")


@dataclass(frozen=True, slots=True)
class Project:
    """The two files of a project, each with its path and the name shown, and the repeating instrument wanted."""

    data: Path
    data_file: str
    dictionary: Path
    dictionary_file: str
    instrument: str | None


def read_redcap(project: Project, *, layout: Layout, session: Session, name: str) -> Source:
    """The rows of one instrument, or, without one, those that belong to no repeating instrument, in ``name``.

    ``__row`` is the line in the data file. The dictionary says what a column is: label, levels, type, range, and
    whether it identifies a patient; a field of checkboxes is one column of true or false a choice. The table of a
    repeating instrument has the record's identifier, the event, the instance and the instrument's own fields; the other
    table has every field that does not repeat.
    Raises DataError for files that are no such pair, and an instrument that the export does not have.
    """
    known = _dictionary(project, session, f"{name}_dictionary")
    whole = read_csv(project.data, file=project.data_file, session=session, name=f"{name}_whole", layout=layout)
    described = {column: variable for field in known for column, variable in field.columns().items()}
    if not any(column in whole.columns for column in described):
        raise DataError(
            f"{project.data_file} has none of the fields that {project.dictionary_file} lists. Export the data as "
            "'CSV / Microsoft Excel (raw data)', which names the columns as the dictionary does."
        )
    forms = {column: field.form for field in known for column in field.columns()}
    forms |= {f"{field.form}_complete": field.form for field in known}
    repeating = _repeating(whole, session)
    instrument = _instrument(project, repeating, forms)
    columns = _columns(whole.columns, forms, repeating, instrument)
    relation = session.create(
        name,
        f"SELECT {', '.join(quote(column) for column in (ROW, *columns))} FROM {whole.relation} "
        f"WHERE {_rows_of(instrument, repeating)} ORDER BY {quote(ROW)}",
    )
    session.drop(whole.name)
    findings = list(whole.findings) + _about(project, whole.columns, known, described)
    return replace(
        whole,
        name=name,
        relation=relation,
        columns=columns,
        n_rows=int(session.value(f"SELECT count(*) FROM {relation}")),
        contents=_both(whole.contents, project.dictionary.read_bytes()),
        findings=tuple(findings),
        described={column: described[column] for column in columns if column in described},
    )


def _dictionary(project: Project, session: Session, name: str) -> tuple[Field, ...]:
    source = read_csv(project.dictionary, file=project.dictionary_file, session=session, name=name)
    rows = session.rows(
        f"SELECT {', '.join(quote(column) for column in source.columns)} FROM {source.relation} ORDER BY {quote(ROW)}"
    )
    session.drop(name)
    return fields(source.columns, rows, file=project.dictionary_file)


def _repeating(whole: Source, session: Session) -> tuple[str, ...]:
    """The repeating instruments, as the export names them: by their form's name, or by its title."""
    if INSTRUMENT not in whole.columns:
        return ()
    name = quote(INSTRUMENT)
    return tuple(
        value
        for (value,) in session.rows(f"SELECT DISTINCT {name} FROM {whole.relation} WHERE {name} <> '' ORDER BY 1")
    )


def _form(title: str) -> str:
    """The form of an instrument's title: REDCap makes one from the other so."""
    return "_".join(title.lower().split())


def _instrument(project: Project, repeating: Sequence[str], forms: Mapping[str, str]) -> str | None:
    wanted = project.instrument
    if wanted is None:
        return None
    exact = next((name for name in repeating if _form(wanted) == _form(name)), None)
    if exact is not None:
        return exact
    if _form(wanted) in forms.values() and not repeating:
        raise DataError(
            f"{project.data_file} has no rows of a repeating instrument. Leave 'instrument:' out if '{wanted}' does "
            "not repeat; else export it with 'redcap_repeat_instrument'."
        )
    near = nearest(wanted, tuple(repeating))
    hint = f"Did you mean '{near}'?" if near else f"It has {', '.join(map(repr, repeating)) or 'none'}."
    raise DataError(f"{project.data_file} has no repeating instrument '{wanted}'. {hint}")


def _columns(
    columns: Sequence[str], forms: Mapping[str, str], repeating: Sequence[str], instrument: str | None
) -> tuple[str, ...]:
    """The first column identifies the record; fields go with their form, and what no form knows with the main table."""
    repeated = {_form(name) for name in repeating}
    kept = [columns[0]]
    for column in columns[1:]:
        form = forms.get(column)
        if instrument is None:
            wanted = column not in (INSTRUMENT, INSTANCE) and form not in repeated
        else:
            wanted = column in (EVENT, INSTANCE) or form == _form(instrument)
        if wanted:
            kept.append(column)
    return tuple(kept)


def _rows_of(instrument: str | None, repeating: Sequence[str]) -> str:
    if instrument is not None:
        return f"{quote(INSTRUMENT)} = {literal(instrument)}"
    return f"coalesce({quote(INSTRUMENT)}, '') = ''" if repeating else "TRUE"


def _both(data: Contents, dictionary: bytes) -> Contents:
    """One hash for two files: of the data's hash and the dictionary's bytes."""
    return Contents(hashlib.sha256(data.sha256.encode() + dictionary).hexdigest(), data.n_bytes + len(dictionary))


def _about(
    project: Project, columns: Sequence[str], known: Sequence[Field], described: Mapping[str, Variable]
) -> list[Finding]:
    findings = []
    conditional = sum(field.branching for field in known if set(field.columns()) & set(columns))
    if conditional:
        words = f"{conditional} fields are" if conditional > 1 else "1 field is"
        findings.append(
            _informs(
                "branching-logic",
                project.dictionary_file,
                f"{words} asked only under a condition (branching logic), which is not looked at: an empty cell there "
                "may mean 'does not apply'",
            )
        )
    own = {columns[0], *_OF_REDCAP, *(f"{field.form}_complete" for field in known)}
    unknown = [column for column in columns if column not in described and column not in own]
    findings += [
        replace(
            _informs("not-in-dictionary", project.data_file, "the data dictionary does not list this column"),
            column=column,
        )
        for column in unknown
        if not column.endswith("_timestamp")
    ]
    return findings


def _informs(rule: str, file: str, message: str) -> Finding:
    return Finding(rule=rule, severity=Severity.INFORMS, file=file, message=message)
