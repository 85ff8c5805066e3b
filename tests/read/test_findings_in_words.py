"""What reading finds is said in the reader's language: every message and remedy is a remark, not fixed English."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.read.table import ColumnType
from atrisk.result.remark import said
from tests.read.small_study import read_patients
from tests.read.test_types import column


class Marked:
    """A language that marks each message that passes through it."""

    code = "xx"

    def say(self, message: str) -> str:
        return f"«{message}»"

    def say_count(self, one: str, many: str, count: int) -> str:
        return f"«{one if count == 1 else many}»"


@pytest.mark.parametrize(
    ("cells", "rule", "message", "remedy"),
    [
        (["M", "NA", "F", "NA"], "na-is-missing", "«2 cells are NA, as R writes", "«If NA has a meaning here"),
        (["1", "2", "3", "a", "b"], "mixed-column", "«half of the cells or more", "«Declare the column's 'type:'"),
        (["2010-05-03", "2011-05-04", "x", "y"], "mixed-column", "«half of the", "«Declare how the dates"),
        (["2010-05-03 14:30:00", "2010-05-04"], "time-of-day", "«1 date has a time of day", ""),
        (
            ["03.05.2010", "31.05.2010"],
            "date-format",
            "«the dates are not written YYYY-MM-DD, and no",
            "«Declare 'format: DD",
        ),
        (
            ["03/05/2010", "04/05/2010"],
            "date-format",
            "«the dates are not written YYYY-MM-DD, and no",
            "«Declare 'format: ",
        ),
        (["03.05.10", "31.05.11"], "date-format", "«the dates have years of two digits", "«Write all dates"),
    ],
)
def test_findings_about_columns(tmp_path: Path, cells: list[str], rule: str, message: str, remedy: str) -> None:
    with read_patients(tmp_path, column(cells)) as read:
        (finding,) = read.of(rule)
        assert said(finding.message, Marked()).startswith(message)
        assert said(finding.remedy, Marked()).startswith(remedy or "«»")
        assert said(finding.message, Marked()).strip("«»") == finding.message


def test_formats_that_fit_equally_well_are_listed(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["03/05/2010", "04/05/2010"])) as read:
        (finding,) = read.of("date-format")
        assert finding.message.endswith("these formats fit equally well: DD/MM/YYYY, MM/DD/YYYY")
        assert finding.remedy == "Declare 'format: DD/MM/YYYY' for the column if that is the right one of them."


def test_columns_may_bear_the_names_that_counting_uses(tmp_path: Path) -> None:
    """Their forms are counted column by column, whatever they are called."""
    content = "id,arm,v,n,place,texts\n" + "".join(f"{k},A,{k},2010-05-0{k},w{k},{k}.5\n" for k in range(1, 5))
    with read_patients(tmp_path, content) as read:
        kinds = [read.kind(name) for name in ("v", "n", "place", "texts")]
        assert kinds == [ColumnType.INTEGER, ColumnType.DATE, ColumnType.TEXT, ColumnType.NUMBER]


@pytest.mark.parametrize(
    ("content", "rule", "message", "remedy"),
    [
        ("id,arm,x\n1,A\n2,B,1\n", "ragged-row", "«the row has 2 cells, the header has 3»", "«Add the missing"),
        ("id,arm,x\n1,A,1,2\n2,B,1\n", "ragged-row", "«the row has 4 cells, the header has 3»", "«Put cells that"),
        ('id,arm,x\n1,A,1\n2,B,"1\n', "broken-quotes", "«a quote is opened and never closed", "«Close the quote"),
        ('id,arm,x\n1,A,"1"2\n2,B,1\n', "broken-quotes", "«a quoted cell goes on after", "«Write a quote within"),
        ("id,arm,x\n1,A,1\x00\n2,B,1\n", "nul-character", "«the row has NUL characters»", "«Export the file"),
        ("id,arm,x\n1,A,1\n,,\n2,B,1\n", "empty-rows", "«1 row without any value was passed over»", "«»"),
        ("id,arm,x\n1,A,1,\n2,B,1,\n", "surplus-cells", "«2 rows have empty cells beyond", "«»"),
        ("id;arm;x\n1;A;1\n2;B;1\n", "delimiter", "«cells are separated by a «semicolon»»", "«»"),
        ("id\tarm\tx\n1\tA\t1\n2\tB\t1\n", "delimiter", "«cells are separated by a «tab»»", "«»"),
        ("id,arm,x,\n1,A,1,7\n2,B,1,8\n", "unnamed-column", "«column 4 has no name in the header", "«Name it"),
    ],
)
def test_findings_about_files(tmp_path: Path, content: str, rule: str, message: str, remedy: str) -> None:
    with read_patients(tmp_path, content) as read:
        (finding,) = read.of(rule)
        assert said(finding.message, Marked()).startswith(message)
        assert said(finding.remedy, Marked()).startswith(remedy)
