"""Delimited text files, read so that nothing is repaired in silence and every row keeps its line in the file."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atrisk.errors import DataError
from atrisk.read import delimiter as delimiters
from atrisk.read.contents import Contents
from atrisk.read.encoding import Decoded, decode
from atrisk.read.header import column_names, unnamed, without_empty_columns
from atrisk.read.session import Session
from atrisk.read.source import Source
from atrisk.read.table import ROW
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zipped file"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"$FL2", "an SPSS file"),
    (b"PAR1", "a Parquet file; name it '.parquet'"),
)
_DELIMITERS = {";": "delimiter-semicolon", "\t": "delimiter-tab", "|": "delimiter-bar"}
_ROWS_LOOKED_AT = 20
_FEWEST_BELOW_A_TITLE = 3
# Excel writes the delimiter in a first line of its own.
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])(\r\n|\n|\r)")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the study file declares about a delimited file; None is to be recognised."""

    encoding: str | None = None
    delimiter: str | None = None


def read_csv(path: Path, *, file: str, session: Session, name: str, layout: Layout = Layout()) -> Source:
    """The cells of a delimited text file, as text, in the relation ``name``.

    Cells follow RFC 4180: quoted cells may hold delimiters, quotes (doubled) and line breaks; lines end in LF, CRLF or
    CR. Lines without anything in them are passed over. A row that has too few or too many cells, a NUL character or
    broken quotes is a blocking finding with its line; ``file`` is the name shown.
    Raises DataError where there is nothing to read: not readable, empty, another kind of file, no usable header.
    """
    content = _content(path, file)
    decoded = decode(content, file=file, declared=layout.encoding)
    text, separator, first_line = _body(decoded.text)
    delimiter = layout.delimiter or separator or delimiters.sniff(text)
    records = _records(text, delimiter, first_line)
    header = next((record for record in records if record.cells is None or any(record.cells)), None)
    if header is None:
        raise DataError(f"{file} is empty.")
    if header.cells is None:
        raise DataError(f"{file}, row {header.line}: the header cannot be read. {header.remedy}")
    _no_title_above(text, header, first_line, declared=layout.delimiter or separator, file=file)
    names = column_names(header.cells, file=file, row=header.line)
    rows, problems = _rows(records, len(names), file)
    findings = _about_file(decoded, delimiter, declared=layout, file=file) + problems
    names, rows, more = without_empty_columns(names, rows, unnamed(header.cells), file=file, header_row=header.line)
    relation = session.load(name, {ROW: "BIGINT", **dict.fromkeys(names, "VARCHAR")}, rows)
    return Source(
        name,
        relation,
        names,
        len(rows),
        Contents.of(content),
        findings=tuple(findings + more),
        decimal_comma=delimiter == ";",
    )


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str] | None
    message: str = ""
    remedy: str = ""


def _no_title_above(text: str, header: _Record, first_line: int, *, declared: str | None, file: str) -> None:
    """Refuse a file whose first row is a title: one filled cell, where the rows after it have three or more.

    Two would not do: a first column without a name, over row numbers, is no title. The delimiter was taken from the
    title then, which has none, and is looked for again below it.
    """
    cells = header.cells or []
    if sum(bool(cell.strip()) for cell in cells) != 1:
        return
    below = "".join(text.splitlines(keepends=True)[header.line - first_line + 1 :])
    filled: list[tuple[int, int]] = []
    for delimiter in (declared,) if declared else delimiters.CANDIDATES:
        records = itertools.islice(_records(below, delimiter, header.line + 1), _ROWS_LOOKED_AT)
        filled += [(sum(bool(cell.strip()) for cell in record.cells or []), -record.line) for record in records]
    widest, row = max(filled, default=(0, 0))
    if widest >= _FEWEST_BELOW_A_TITLE:
        raise DataError(
            f"{file}, row {header.line}: only one cell of the first row is filled in, and row {-row} has {widest}: a "
            "title seems to stand above the header. The header must be the first row: delete what stands above it."
        )


def _content(path: Path, file: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        raise DataError(f"{file} cannot be read. Check the rights on it, and that no other program holds it.") from None
    for start, kind in _OTHER_KINDS:
        if content.startswith(start):
            raise DataError(
                f"{file} is {kind}, not a text file. Save the table as 'CSV UTF-8', or name the file by its kind, "
                "such as '.xlsx'."
            )
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise DataError(f"{file} is empty.")
    return content


def _body(text: str) -> tuple[str, str | None, int]:
    match = _SEPARATOR_LINE.match(text)
    return (text[match.end() :], match[1], 2) if match else (text, None, 1)


def _records(text: str, delimiter: str, first_line: int) -> Iterator[_Record]:
    # newline="" leaves line breaks within quotes as they are, while CR, LF and CRLF all end a line.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = first_line + reader.line_num
        try:
            yield _Record(line, next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            yield _Record(line, None, *_broken(str(error)))


def _broken(reason: str) -> tuple[str, str]:
    if "limit" in reason:
        return Remark("quotes-too-long", {"most": csv.field_size_limit()}), Remark("quotes-too-long.remedy")
    code = "quotes-open" if "unexpected end" in reason else "quotes-within"
    return Remark(code), Remark(f"{code}.remedy")


def _rows(records: Iterator[_Record], width: int, file: str) -> tuple[list[tuple[str | int, ...]], list[Finding]]:
    rows: list[tuple[str | int, ...]] = []
    findings: list[Finding] = []
    blank, surplus = 0, 0

    def block(rule: str, line: int, message: str, remedy: str) -> None:
        findings.append(
            Finding(rule=rule, severity=Severity.BLOCKS, file=file, row=line, message=message, remedy=remedy)
        )

    for record in records:
        cells = record.cells
        if cells is None:
            block("broken-quotes", record.line, record.message, record.remedy)
            continue
        if not any(cell.strip() for cell in cells):
            blank += len(cells) > 1
            continue
        if any("\x00" in cell for cell in cells):
            block("nul-character", record.line, Remark("nul-character"), Remark("nul-character.remedy"))
            cells = [cell.replace("\x00", "") for cell in cells]
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            surplus += 1
        elif len(cells) != width:
            few = len(cells) < width
            block(
                "ragged-row",
                record.line,
                Remark("ragged-row", {"count": len(cells), "width": width}),
                Remark("ragged-row.remedy-few" if few else "ragged-row.remedy-many"),
            )
        rows.append((record.line, *cells[:width], *([""] * (width - len(cells)))))
    findings += _passed_over(blank, surplus, file)
    return rows, findings


def _passed_over(blank: int, surplus: int, file: str) -> list[Finding]:
    findings = []
    if blank:
        findings.append(_informs("empty-rows", file, Remark("empty-rows", {"count": blank})))
    if surplus:
        findings.append(_informs("surplus-cells", file, Remark("surplus-cells", {"count": surplus})))
    return findings


def _about_file(decoded: Decoded, delimiter: str, *, declared: Layout, file: str) -> list[Finding]:
    findings = []
    if declared.encoding is None and decoded.encoding != "UTF-8":
        findings.append(
            _informs(
                "encoding",
                file,
                Remark("encoding", {"encoding": decoded.encoding}),
                Remark("encoding.remedy") if decoded.guessed else "",
            )
        )
    if declared.delimiter is None and delimiter != ",":
        named = Remark("delimiter", {"delimiter": Remark(_DELIMITERS[delimiter])})
        findings.append(_informs("delimiter", file, named))
    return findings


def _informs(rule: str, file: str, message: str, remedy: str = "") -> Finding:
    return Finding(rule=rule, severity=Severity.INFORMS, file=file, message=message, remedy=remedy)
