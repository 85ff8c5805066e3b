"""Which reader a table needs: by what the study file says of its place, and by the kind of its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atrisk.errors import DataError
from atrisk.read.csv_file import Layout, read_csv
from atrisk.read.database_address import DatabaseAddress
from atrisk.read.location import locate
from atrisk.read.parquet_file import read_parquet
from atrisk.read.session import Session
from atrisk.read.source import Source
from atrisk.study.table import DataTable

_PARQUET = (".parquet", ".pq")
_SPREADSHEET = (".xlsx", ".xlsm", ".xls", ".ods")
_STATISTICS = (".sav", ".zsav", ".dta", ".sas7bdat", ".xpt")
_DATABASE = (".duckdb", ".ddb", ".sqlite", ".sqlite3", ".db", ".db3")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a study's data may come from: below its folder or the data root, and from the databases the user names."""

    folder: Path
    data_root: Path | None
    databases: Mapping[str, DatabaseAddress]

    def path(self, file: str) -> Path:
        """The place of a file; see ``locate``."""
        return locate(file, folder=self.folder, data_root=self.data_root)

    def database(self, name: str) -> DatabaseAddress:
        """The address that the user gave for a database's name.

        Raises DataError where none was given.
        """
        if name not in self.databases:
            known = f"Known are {', '.join(sorted(self.databases))}." if self.databases else ""
            raise DataError(
                f"No address is known for the database '{name}'. Give it in your profile or on the command line, "
                f"such as '--database {name}=postgresql://reader@db.hospital.example/registry'. {known}".rstrip()
            )
        return self.databases[name]


def read_source(table: DataTable, *, origin: Origin, session: Session, name: str) -> Source:
    """The cells of a table in the relation ``name``, whatever kind of place they lie in.

    Raises DataError where there is nothing to read, or where the table names what its kind of file does not have.
    """
    layout = Layout(table.encoding, table.delimiter)
    if table.redcap is not None and table.dictionary is not None:
        from atrisk.read.redcap.export import Project, read_redcap

        project = Project(
            origin.path(table.redcap),
            table.redcap,
            origin.path(table.dictionary),
            table.dictionary,
            table.instrument,
        )
        return read_redcap(project, layout=layout, session=session, name=name)
    if table.database is not None and table.table is not None:
        from atrisk.read.postgres import read_postgres

        address = origin.database(table.database)
        return read_postgres(table.database, address, table=table.table, session=session, name=name)
    if table.file is None:
        raise DataError("A table needs the name of its file, such as 'file: data/patient.csv'.")
    path = origin.path(table.file)
    kind = path.suffix.lower()
    _belongs(table, kind)
    if kind in _PARQUET:
        return read_parquet(path, file=table.file, session=session, name=name)
    if kind in _SPREADSHEET:
        from atrisk.read.workbook.sheet import Sheet, read_sheet

        sheet = Sheet(table.sheet, table.header_row)
        return read_sheet(path, file=table.file, sheet=sheet, session=session, name=name)
    if kind in _STATISTICS:
        from atrisk.read.statistics_file import Catalogue, read_statistics_file

        named = table.catalogue
        catalogue = None if named is None else Catalogue(origin.path(named), named)
        return read_statistics_file(
            path, file=table.file, catalogue=catalogue, encoding=table.encoding, session=session, name=name
        )
    if kind in _DATABASE:
        from atrisk.read.database_file import read_database_file

        return read_database_file(path, file=table.file, table=table.table, session=session, name=name)
    return read_csv(path, file=table.file, session=session, name=name, layout=layout)


def _belongs(table: DataTable, kind: str) -> None:
    """What is said of a table must mean something for its kind of file."""
    wanted = {
        "sheet": (table.sheet, _SPREADSHEET, "a workbook (.xlsx, .xls, .ods)"),
        "header_row": (table.header_row, _SPREADSHEET, "a workbook (.xlsx, .xls, .ods)"),
        "catalogue": (table.catalogue, (".sas7bdat",), "a SAS data set (.sas7bdat)"),
        "table": (table.table, _DATABASE, "a database file (.duckdb, .sqlite, .db)"),
    }
    for word, (value, kinds, what) in wanted.items():
        if value is not None and kind not in kinds:
            raise DataError(f"{table.file} is not {what}, so '{word}:' means nothing for it. Remove the word.")
    for word, value in (("encoding", table.encoding), ("delimiter", table.delimiter)):
        texts = kind not in (*_PARQUET, *_SPREADSHEET, *_DATABASE)
        if value is not None and (not texts or (word == "delimiter" and kind in _STATISTICS)):
            raise DataError(f"{table.file} is not a text file, so '{word}:' means nothing for it. Remove the word.")
