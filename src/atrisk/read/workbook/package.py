"""A zipped workbook (.xlsx, .ods) as a package of XML parts: opened safely, and its tags streamed."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from xml.etree import ElementTree

from atrisk.errors import DataError

# A workbook of a million rows unpacks to less; one that unpacks to more was made to fill the memory.
MOST_BYTES = 2_000_000_000
_MOST_INDEX_BYTES = 10_000_000
_CHUNK = 1 << 20
_LONGEST_TAG = 4 * _CHUNK
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError),
    ElementTree.ParseError,
)


def damaged(file: str) -> DataError:
    """What is said of a workbook that cannot be read."""
    return DataError(
        f"{file} cannot be read as a workbook: it is damaged, protected by a password, or another kind of file. "
        "Open it in the program it comes from and save it again."
    )


@contextmanager
def package(content: bytes, *, file: str) -> Iterator[zipfile.ZipFile]:
    """The zip file of a workbook; every way its reading can fail becomes a DataError that names ``file``.

    Refused is one that unpacks to more than ``MOST_BYTES``: the sizes in its directory are true, or reading fails.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            if sum(entry.file_size for entry in opened.infolist()) > MOST_BYTES:
                raise DataError(
                    f"{file} unpacks to more than {MOST_BYTES / 1e9:g} GB. Save the table as CSV or Parquet."
                )
            yield opened
    except DataError:
        raise
    except _BROKEN:
        raise damaged(file) from None


def tags(opened: zipfile.ZipFile, part: str, pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Matches of ``pattern`` in a part, in a stream; a match begins with ``<`` and ends before the next one."""
    rest = b""
    with opened.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            if b"\x00" in text[:200]:
                raise zipfile.BadZipFile("the part is not in UTF-8")
            end = text.rfind(b"<")
            if end < 0 or len(text) - end > _LONGEST_TAG:
                raise zipfile.BadZipFile("a tag without end")
            yield from pattern.finditer(text, 0, end)
            rest = text[end:]
    yield from pattern.finditer(rest)


def sheet_parts(opened: zipfile.ZipFile) -> Mapping[str, str]:
    """The part that holds each sheet of an .xlsx workbook, by the sheet's name."""
    relations = {
        _attribute(node, "Id"): _attribute(node, "Target")
        for node in _index(opened, "xl/_rels/workbook.xml.rels").iter()
        if node.tag.endswith("}Relationship")
    }
    parts = {}
    for node in _index(opened, "xl/workbook.xml").iter():
        if node.tag.endswith("}sheet"):
            target = relations.get(_attribute(node, "id"), "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            parts[_attribute(node, "name")] = posixpath.normpath(whole)
    return parts


def percent_styles(opened: zipfile.ZipFile) -> frozenset[bytes]:
    """The styles (by the number that cells of an .xlsx workbook name) that show 0.15 as 15 %."""
    if "xl/styles.xml" not in opened.namelist():
        return frozenset()
    root = _index(opened, "xl/styles.xml")
    codes = {"9", "10"}
    codes |= {
        _attribute(node, "numFmtId")
        for node in root.iter()
        if node.tag.endswith("}numFmt") and "%" in _attribute(node, "formatCode")
    }
    formats = next((node for node in root.iter() if node.tag.endswith("}cellXfs")), ())
    return frozenset(b"%d" % place for place, node in enumerate(formats) if _attribute(node, "numFmtId") in codes)


def _index(opened: zipfile.ZipFile, part: str) -> ElementTree.Element:
    with opened.open(part) as stream:
        content = stream.read(_MOST_INDEX_BYTES + 1)
    if len(content) > _MOST_INDEX_BYTES:
        raise zipfile.BadZipFile("an index of this size lists no sheets")
    return ElementTree.fromstring(content)  # noqa: S314


def _attribute(node: ElementTree.Element, name: str) -> str:
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), "")
