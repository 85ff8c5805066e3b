"""How much is not recorded, and words that may say so."""

# ruff: noqa: S608 (only quoted names and the reader's own conditions are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Rule, about_column, counts_where
from atrisk.check.events import event_columns
from atrisk.read import cell
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import ROW, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study
from atrisk.study.table import Variable

_SHARE = 0.2
_MISSING = Rule("often-missing", Severity.INFORMS, Remark("often-missing.remedy"))
_WORD = Rule(
    "like-a-missing-word",
    Severity.WARNS,
    Remark("like-a-missing-word.remedy"),
)
# Of the words for "not recorded", those that are hardly ever a category of their own.
_WORDS = (
    "n/a",
    "n.a.",
    "n.a",
    "#n/a",
    "unk",
    "ukn",
    "unkn",
    "nan",
    "null",
    "?",
    "??",
    "-",
    "--",
    "---",
    ".",
    "..",
    "not recorded",
    "缺失",
    "不详",
)


def check_completeness(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Columns of which more than a fifth is not recorded, and columns of text with words such as N/A or NULL.

    A date of an event is empty for everybody who did not have it, so columns that the study uses as such do not count.
    Cells that hold something which could not be read are findings of their own, and are recorded.
    """
    findings = []
    variables = study.variables
    events = event_columns(study, tables)
    for table in tables.values():
        columns = [column for column in table.columns if column.name not in (table.key, table.parent_key)]
        counted_columns = [column for column in columns if (table.name, column.name) not in events]
        counts = counts_where(session, table, [f"t.{quote(column.name)} IS NULL" for column in counted_columns])
        for column, count in zip(counted_columns, counts, strict=True):
            if table.n_rows and count > _SHARE * table.n_rows:
                codes = cell.missing_codes(variables.get(f"{table.name}.{column.name}", Variable()))
                count -= _unread(session, table, column.name, codes)
                if count <= _SHARE * table.n_rows:
                    continue
                share = count / table.n_rows
                message = Remark("often-missing", {"count": count, "n_rows": table.n_rows, "share": share})
                findings.append(about_column(_MISSING, table, column.name, message))
        listed = ", ".join(literal(word) for word in _WORDS)
        texts = [
            column
            for column in columns
            if column.type in (ColumnType.TEXT, ColumnType.CATEGORY)
            and not variables.get(f"{table.name}.{column.name}", Variable()).levels
        ]
        counts = counts_where(session, table, [f"lower(t.{quote(column.name)}) IN ({listed})" for column in texts])
        for column, count in zip(texts, counts, strict=True):
            if count:
                message = Remark("like-a-missing-word", {"count": count})
                findings.append(about_column(_WORD, table, column.name, message))
    return findings


def _unread(session: Session, table: Table, column: str, codes: tuple[str, ...]) -> int:
    """How many cells hold a text that is neither a code for "not recorded" nor of the column's type."""
    name, row = quote(column), quote(ROW)
    text = cell.without_missing(cell.trimmed(f"r.{name}"), (*codes, *cell.SPREADSHEET_ERRORS), numeric=True)
    found = session.value(
        f"SELECT count({text}) FROM {table.relation} t JOIN {table.raw_relation} r USING ({row}) WHERE t.{name} IS NULL"
    )
    return int(found)
