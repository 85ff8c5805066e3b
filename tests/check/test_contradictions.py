"""Conditions that the study file declares impossible."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import StudyError
from atrisk.result.finding import Severity
from tests.read.small_study import Read, read_study, write_study

DATA = """\
patient: {file: patient.csv, key: id}
op: {file: op.csv, key: op_id, parent: patient}
scan: {file: scan.csv, parent: patient}"""
FILES = {
    "patient.csv": "id,arm,site,name\n1,A,UP,Alice\n2,B,SI,Bea\n3,A,,Carl\n4,B,UP,Dora\n",
    "op.csv": "op_id,id,with_primary\na,1,bowel\nb,2,bowel\nc,3,bowel\nd,4,none\n",
    "scan.csv": "id,seen\n1,5\n",
}


def check(folder: Path, extra: str) -> Read:
    loaded = write_study(folder, FILES, data=DATA, variables="patient.name: {identifier: true}", extra=extra)
    with read_study(loaded) as read:
        return read


def test_rows_that_belong_together_and_contradict_each_other(tmp_path: Path) -> None:
    """Patient 1 has an unknown primary that was resected; for patient 3 it is not known whether it is unknown."""
    extra = "impossible: [{when: site = 'UP' AND with_primary <> 'none', because: No primary, severity: warns}]"
    (found,) = check(tmp_path, extra).of("declared-impossible")
    assert (found.severity, found.table, found.row, found.key) == (Severity.WARNS, "op", 2, "a")
    assert (found.message, found.column) == ("No primary", "site, with_primary")
    assert found.value == "site UP; with_primary bowel"


def test_it_blocks_unless_said_otherwise(tmp_path: Path) -> None:
    (found,) = check(tmp_path, "impossible: [{when: patient.site IS NULL, because: X}]").of("declared-impossible")
    assert (found.severity, found.table, found.row) == (Severity.BLOCKS, "patient", 4)


def test_an_identifier_is_not_shown(tmp_path: Path) -> None:
    (found,) = check(tmp_path, "impossible: [{when: name = 'Bea' AND site = 'SI', because: X}]").of(
        "declared-impossible"
    )
    assert found.value == "site SI"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("sight = 'UP'", "Did you mean 'site'"),
        ("op.with_primary = 'none' AND scan.seen > 1", "rows of 'scan' and 'op' do not belong to each other"),
        ("scan.seen + 1", "is not true or false for a row"),
        ("1 = 1", "names no column"),
        ("scan.seen > DATE '2010-01-01'", "does not fit the types"),
    ],
)
def test_what_is_no_condition_over_the_data_is_told_with_its_line(tmp_path: Path, when: str, words: str) -> None:
    with pytest.raises(StudyError, match=words) as caught:
        check(tmp_path, f'impossible:\n  - when: "{when}"\n    because: X\n')
    assert ":13:" in str(caught.value)
