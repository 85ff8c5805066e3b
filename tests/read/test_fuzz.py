"""Files damaged at random give findings or an error in words, never another exception."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrisk.errors import DataError, StudyError
from atrisk.read.delimiter import sniff
from atrisk.read.encoding import decode
from atrisk.result.finding import Finding
from tests.read.small_study import read_study, write_study

PATIENTS = (
    'id,arm,birth,death,ki67,age,sex,note\n1,A,1950-01-01,2010-05-03,<1,50,F,"a, b"\n'
    '2,B,1960,,2.5,60,M,"two\nlines"\n3,A,1970-02,2011-01-01,>=10,70,F,\n4,B,,,,,,NA\n'
)
OPERATIONS = "op_id,id,op_date\na,1,2010-01-01\nb,2,2011-01-01\nc,3,2009-01-01\n"
DATA = "patient: {file: patient.csv, key: id, where: sex <> 'X'}\nop: {file: op.csv, key: op_id, parent: patient}"
VARIABLES = (
    "patient.birth: {partial: {day: 15, month: 7}}\npatient.ki67: {censored: true, range: [0, 100]}\n"
    "patient.sex: {levels: {F: Female, M: Male}}\nop.op_date: {type: date}"
)
EXTRA = "dates_in_order:\n  - birth <= op_date"

PIECES = st.sampled_from(
    [
        *(b"", b'"', b'""', b",", b";", b"\n", b"\r", b"\t", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe"),
        *(b"NA", b"1e999", b"-0", b"<", b">=", b"2010-02-30", b"9999-12-31", b"0000-00-00", b"'", b"\\", b"id"),
        *(b"__row", b"9" * 400, b"1" * 17, b"\xe2\x89\xa5", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x85"),
        *(b"\xe2\x80\xa8", b"|" * 20, b"\xd6\xd0"),
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = PATIENTS.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "cp1252", "gb18030"])))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 12)))
        content = content[:start] + draw(PIECES | st.binary(max_size=6)) + content[end:]
    return content


@given(content=damaged())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_files_end_in_words(tmp_path: Path, content: bytes) -> None:
    files: dict[str, str | bytes] = {"patient.csv": content, "op.csv": OPERATIONS}
    loaded = write_study(tmp_path, files, data=DATA, variables=VARIABLES, extra=EXTRA, study="data_cut: 2022-06-30")
    with contextlib.suppress(DataError, StudyError), read_study(loaded) as read:
        assert all(isinstance(finding, Finding) for finding in read.findings)
        lines = content.count(b"\n") + content.count(b"\r") + content.count(b"\x85") + 1
        rows = [finding.row for finding in read.findings if finding.file == "patient.csv"]
        assert all(row is None or 1 <= row <= lines for row in rows)


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(content: bytes) -> None:
    with contextlib.suppress(DataError):
        assert sniff(decode(content, file="f").text) in ",;\t|"


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
def test_utf8_is_never_taken_for_anything_else(text: str) -> None:
    content = ("id,arm\n1," + text).encode()
    assert decode(content, file="f").text == "id,arm\n1," + text


def test_the_undamaged_file_is_read(tmp_path: Path) -> None:
    """The fuzz would pass if nothing were ever read: this file is, with the cells it has."""
    files: dict[str, str | bytes] = {"patient.csv": PATIENTS, "op.csv": OPERATIONS}
    loaded = write_study(tmp_path, files, data=DATA, variables=VARIABLES, extra=EXTRA)
    with read_study(loaded) as read:
        assert read.values("ki67") == pytest.approx([1.0, 2.5, 10.0], abs=0)
        assert read.places("where-unknown") == [("patient.csv", 6, "")]
