"""A column's type: declared, implied by the study, or shown by its cells; and a finding for each that does not fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from atrisk.read.table import ColumnType
from atrisk.result.finding import Severity
from tests.read.small_study import Read, read_patients, read_study, write_study


def column(cells: Sequence[str], delimiter: str = ",") -> str:
    """A file with the keys 1, 2, ... and one column x; the first cell stands in row 2."""
    lines = [delimiter.join(("id", "arm", "x"))]
    lines += [delimiter.join((str(number), "A", cell)) for number, cell in enumerate(cells, start=1)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["true", "FALSE", "", "True"], ColumnType.BOOLEAN, [True, False, None, True]),
        (["2010-05-03", "1999-12-31", ""], ColumnType.DATE, [dt.date(2010, 5, 3), dt.date(1999, 12, 31), None]),
        (["2010-05-03 00:00:00", "2010-05-04T00:00"], ColumnType.DATE, [dt.date(2010, 5, 3), dt.date(2010, 5, 4)]),
        (["1", "-2", "+3", " 4 ", ""], ColumnType.INTEGER, [1, -2, 3, 4, None]),
        (["0", "1"], ColumnType.INTEGER, [0, 1]),
        (["1", "2.5", ".5", "3.", "1e-3"], ColumnType.NUMBER, [1.0, 2.5, 0.5, 3.0, 0.001]),
        (["007", "012", "100"], ColumnType.TEXT, ["007", "012", "100"]),
        (["1234567890123456", "1234567890123457"], ColumnType.TEXT, ["1234567890123456", "1234567890123457"]),
        (["M", "F", "F", "M"], ColumnType.CATEGORY, ["M", "F", "F", "M"]),
        (["one", "two", "three"], ColumnType.TEXT, ["one", "two", "three"]),
        (["yes", "no", "yes", "no"], ColumnType.CATEGORY, ["yes", "no", "yes", "no"]),
        (["nan", "inf", "nan", "inf"], ColumnType.CATEGORY, ["nan", "inf", "nan", "inf"]),
        (["1_000", "0x10"], ColumnType.TEXT, ["1_000", "0x10"]),
        (["", ""], ColumnType.TEXT, [None, None]),
        (["2010-02-30", "2010-02-29"], ColumnType.TEXT, ["2010-02-30", "2010-02-29"]),
    ],
)
def test_the_type_is_what_the_cells_show(
    tmp_path: Path, cells: list[str], kind: ColumnType, values: list[object]
) -> None:
    with read_patients(tmp_path, column(cells)) as read:
        assert read.kind("x") is kind
        assert read.values("x") == values
        assert read.raw("x") == cells
        assert read.of("wrong-type") == []


def test_numbers_are_the_nearest_doubles(tmp_path: Path) -> None:
    cells = ["58.765229295003422", "0.1", "1e-320", "9007199254740993.0", "2.2250738585072011e-308"]
    with read_patients(tmp_path, column(cells)) as read:
        assert read.values("x") == [float(cell) for cell in cells]


@pytest.mark.parametrize(
    ("good", "bad", "kind", "remedy"),
    [
        ("5", "<1", ColumnType.INTEGER, "censored: true"),
        ("5.5", "≥10", ColumnType.NUMBER, "censored: true"),
        ("5.5", "3-5", ColumnType.NUMBER, "a span such as"),
        ("5.5", "abc", ColumnType.NUMBER, "declare it under 'missing:'"),
        ("5.5", "N/A", ColumnType.NUMBER, "If it means 'not recorded'"),
        ("5.5", "nan", ColumnType.NUMBER, "If it means 'not recorded'"),
        ("5.5", "Infinity", ColumnType.NUMBER, "declare it under 'missing:'"),
        ("5.5", "1e999", ColumnType.NUMBER, "declare it under 'missing:'"),
        ("5.5", "6%", ColumnType.NUMBER, "declare it under 'missing:'"),
        ("2010-05-03", "2010-02-30", ColumnType.DATE, "no such day"),
        ("2010-05-03", "2010-05", ColumnType.DATE, "declare 'partial:"),
        ("2010-05-03", "2010", ColumnType.DATE, "declare 'partial:"),
        ("2010-05-03", "03/05/2010", ColumnType.DATE, "declare 'format:'"),
        ("2010-05-03", "unknown", ColumnType.DATE, "If it means 'not recorded'"),
        ("true", "maybe", ColumnType.BOOLEAN, "declare it under 'missing:'"),
    ],
)
def test_one_cell_of_twenty_does_not_change_the_type_but_blocks(
    tmp_path: Path, good: str, bad: str, kind: ColumnType, remedy: str
) -> None:
    """19 of 20 are 95 %; the bad cell is the fourth patient's, in row 5."""
    cells = [good] * 3 + [bad] + [good] * 16
    with read_patients(tmp_path, column(cells)) as read:
        assert read.kind("x") is kind
        (finding,) = read.of("wrong-type")
        assert (finding.severity, finding.file, finding.row, finding.column) == (Severity.BLOCKS, "patient.csv", 5, "x")
        assert (finding.key, finding.value) == ("4", bad)
        assert remedy in finding.remedy
        assert read.values("x")[3] is None


def test_below_ninety_five_percent_the_column_is_text_and_a_warning_says_so(tmp_path: Path) -> None:
    """18 of 20 numbers are 90 %."""
    with read_patients(tmp_path, column(["5"] * 18 + ["a", "b"])) as read:
        assert read.kind("x") is ColumnType.CATEGORY
        assert [(f.severity, f.column) for f in read.of("mixed-column")] == [(Severity.WARNS, "x")]


def test_nine_numbers_and_a_word_are_too_few_to_tell(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["5"] * 9 + ["a"])) as read:
        assert read.kind("x") is ColumnType.CATEGORY
        assert read.of("wrong-type") == []
        assert len(read.of("mixed-column")) == 1


def test_a_declared_type_makes_every_other_cell_a_finding(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["5", "a", "6.5", ""]), "patient.x: {type: integer}") as read:
        assert read.values("x") == [5, None, None, None]
        assert read.places("wrong-type") == [("patient.csv", 3, "x"), ("patient.csv", 4, "x")]
        assert "type: number" in read.of("wrong-type")[1].remedy


@pytest.mark.parametrize(
    ("declaration", "cells", "kind", "values"),
    [
        ("{type: text}", ["1", "2"], ColumnType.TEXT, ["1", "2"]),
        ("{type: number}", ["1", "2"], ColumnType.NUMBER, [1.0, 2.0]),
        ("{type: integer}", ["1.0", "2."], ColumnType.INTEGER, [1, 2]),
        (
            "{type: boolean}",
            ["Ja", "NEIN", "oui", "non", "Sí", "No", "是", "否"],
            ColumnType.BOOLEAN,
            [True, False] * 4,
        ),
        ("{type: boolean}", ["1", "0", "Yes", "no", "Y", "n", "TRUE"], ColumnType.BOOLEAN, [True, False] * 3 + [True]),
        ("{range: [0, 9]}", ["1", "x"], ColumnType.INTEGER, [1, None]),
        ("{levels: {0: 'No', 1: 'Yes'}}", ["0", "1.0", "01", "2"], ColumnType.CATEGORY, ["0", "1", "1", "2"]),
        ("{levels: {true: T, false: F}}", ["TRUE", "false"], ColumnType.CATEGORY, ["true", "false"]),
        ("{levels: {NA: Not applicable, x: X}}", ["NA", "x"], ColumnType.CATEGORY, ["NA", "x"]),
        ("{missing: [9, -1]}", ["1", "9", "-1", "9.0", "2"], ColumnType.INTEGER, [1, None, None, None, 2]),
        ("{missing: [N/A]}", ["1", "N/A"], ColumnType.INTEGER, [1, None]),
    ],
)
def test_what_is_declared_decides(
    tmp_path: Path, declaration: str, cells: list[str], kind: ColumnType, values: list[object]
) -> None:
    with read_patients(tmp_path, column(cells), f"patient.x: {declaration}") as read:
        assert (read.kind("x"), read.values("x")) == (kind, values)


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("DD/MM/YYYY", "03/04/2010"),
        ("DD/MM/YYYY", "3/4/2010"),
        ("MM/DD/YYYY", "04/03/2010"),
        ("DD.MM.YYYY", "3.4.2010"),
        ("DD-MM-YYYY", "03-04-2010"),
        ("YYYY/MM/DD", "2010/04/03"),
        ("YYYYMMDD", "20100403"),
        ("YYYY-MM-DD", "2010-04-03"),
    ],
)
def test_dates_are_read_in_the_declared_format(tmp_path: Path, form: str, cell: str) -> None:
    """All are the third of April 2010."""
    with read_patients(tmp_path, column([cell, "x"]), f"patient.x: {{format: {form}}}") as read:
        assert read.values("x") == [dt.date(2010, 4, 3), None]
        assert read.places("wrong-type") == [("patient.csv", 3, "x")]


@pytest.mark.parametrize(
    ("cells", "named", "not_named"),
    [
        (["03/04/2010", "05/06/2011"], ["DD/MM/YYYY", "MM/DD/YYYY"], ["DD.MM.YYYY"]),
        (["03/04/2010", "25/06/2011"], ["DD/MM/YYYY"], ["MM/DD/YYYY"]),
        (["03/04/10", "05/06/11"], ["years of four digits"], ["DD/MM/YYYY"]),
        (["2010/04/03", "2011/05/06"], ["YYYY/MM/DD"], ["DD/MM/YYYY"]),
    ],
)
def test_a_format_is_never_guessed(tmp_path: Path, cells: list[str], named: list[str], not_named: list[str]) -> None:
    with read_patients(tmp_path, column(cells)) as read:
        (finding,) = read.of("date-format")
        assert (finding.severity, finding.column, finding.row) == (Severity.BLOCKS, "x", None)
        said = f"{finding.message} {finding.remedy}"
        assert all(word in said for word in named)
        assert not any(word in said for word in not_named)
        assert read.values("x") == [None, None]
        assert read.of("wrong-type") == []


def test_a_column_used_as_a_date_is_one_even_where_all_cells_are_empty(tmp_path: Path) -> None:
    extra = "cohort:\n  - time_zero: zero\noutcomes:\n  os: {label: OS, event: died, censor: seen}"
    content = "id,arm,zero,died,seen\n1,A,20100101,,2011-01-01\n2,B,20100201,,x\n"
    with read_patients(tmp_path, content, extra=extra) as read:
        assert [read.kind(name) for name in ("zero", "died", "seen")] == [ColumnType.DATE] * 3
        assert read.values("died") == [None, None]
        assert [f.column for f in read.of("date-format")] == ["zero"]
        assert "YYYYMMDD" in read.of("date-format")[0].remedy
        assert read.places("wrong-type") == [("patient.csv", 3, "seen")]


def test_partial_dates_are_completed_as_declared_and_keep_their_precision(tmp_path: Path) -> None:
    declared = "patient.x: {partial: {day: 15, month: 7}}"
    with read_patients(tmp_path, column(["2009-05-02", "2009-05", "2009", "", "2009-13"]), declared) as read:
        days = [dt.date(2009, 5, 2), dt.date(2009, 5, 15), dt.date(2009, 7, 15), None, None]
        assert read.values("x") == days
        assert read.values("x__precision")[:4] == ["day", "month", "year", None]
        assert read.places("wrong-type") == [("patient.csv", 6, "x")]
        assert read.table().names == ("id", "arm", "x")


def test_partial_dates_in_another_format(tmp_path: Path) -> None:
    declared = "patient.x: {format: DD.MM.YYYY, partial: {day: 1, month: 1}}"
    with read_patients(tmp_path, column(["02.05.2009", "05.2009", "2009"]), declared) as read:
        assert read.values("x") == [dt.date(2009, 5, 2), dt.date(2009, 5, 1), dt.date(2009, 1, 1)]
        assert read.values("x__precision") == ["day", "month", "year"]


def test_censored_values_are_bounds_with_their_sign(tmp_path: Path) -> None:
    cells = ["<1", "<= 2", "≤3", ">4", ">=10", "≥ 11", "5.5", "", "<x"]
    with read_patients(tmp_path, column(cells), "patient.x: {censored: true}") as read:
        assert read.kind("x") is ColumnType.NUMBER
        assert read.values("x") == [1.0, 2.0, 3.0, 4.0, 10.0, 11.0, 5.5, None, None]
        assert read.values("x__limit")[:8] == ["<", "<=", "<=", ">", ">=", ">=", None, None]
        assert read.places("wrong-type") == [("patient.csv", 10, "x")]


def test_censored_counts_stay_whole(tmp_path: Path) -> None:
    with read_patients(tmp_path, column([">=10", "3", "7"]), "patient.x: {censored: true}") as read:
        assert (read.kind("x"), read.values("x")) == (ColumnType.INTEGER, [10, 3, 7])


def test_decimal_commas_in_a_semicolon_file_are_numbers_and_said(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["3,5", "4", "", "-0,25"], ";")) as read:
        assert (read.kind("x"), read.values("x")) == (ColumnType.NUMBER, [3.5, 4.0, None, -0.25])
        assert [(f.severity, f.column) for f in read.of("decimal-comma")] == [(Severity.INFORMS, "x")]


def test_commas_and_points_together_are_not_guessed(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["3,5", "4.5"], ";")) as read:
        assert read.kind("x") is ColumnType.TEXT
        assert read.of("decimal-comma") == []


def test_a_comma_in_a_comma_file_is_no_decimal(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(['"3,5"', '"4,5"'])) as read:
        assert read.kind("x") is ColumnType.TEXT


def test_bare_na_is_missing_and_said_and_other_words_are_not(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["M", "NA", "F", "M", "n/a", "F", "NULL", "."])) as read:
        assert read.values("x") == ["M", None, "F", "M", "n/a", "F", "NULL", "."]
        (finding,) = read.of("na-is-missing")
        assert (finding.severity, finding.column) == (Severity.INFORMS, "x")
        assert finding.message.startswith("1 cell is NA")
        assert [(f.severity, f.column) for f in read.of("like-a-missing-word")] == [(Severity.WARNS, "x")]
        assert read.of("like-a-missing-word")[0].message.startswith("3 cells")


def test_a_time_of_day_is_cut_off_and_said(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["2010-05-03 14:30:00", "2010-05-04 00:00:00"])) as read:
        assert read.values("x") == [dt.date(2010, 5, 3), dt.date(2010, 5, 4)]
        assert [f.message for f in read.of("time-of-day")] == ["1 date has a time of day, which was cut off"]


def both_tables(read: Read) -> list[object]:
    sql = "SELECT c.x FROM patient p JOIN child c ON c.id = p.id ORDER BY c.__row"
    return [value for (value,) in read.session.rows(sql)]


def test_keys_are_text_on_both_sides_and_trimmed(tmp_path: Path) -> None:
    """A key column of whole numbers on one side and of words on the other still joins."""
    loaded = write_study(
        tmp_path,
        {"patient.csv": "id,arm\n1,A\n007,B\n", "child.csv": "id,x\n 007 ,a\n1,b\n1,c\n"},
        data="patient: {file: patient.csv, key: id}\nchild: {file: child.csv, parent: patient}",
    )
    with read_study(loaded) as read:
        assert read.kind("id") is read.kind("id", "child") is ColumnType.TEXT
        assert both_tables(read) == ["a", "b", "c"]
        assert read.of("orphan-row") == []


def test_declared_missing_codes_reach_keys_too(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm\n1,A\n-,B\n", "patient.id: {missing: ['-']}") as read:
        assert read.places("missing-key") == [("patient.csv", 3, "id")]
