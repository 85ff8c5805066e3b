"""``atrisk new``: a study file that loads once it has a title, from any readable data file, over nobody's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from atrisk.cli.main import exit_code
from atrisk.study.load import load_study
from atrisk.study.model import TITLE_TO_WRITE
from atrisk.study.outcome import OutcomeFromDates, OutcomeFromStatus
from tests.read.test_database_file import registry, sqlite
from tests.read.workbooks import xlsx

TABLE = """\
pid,arm,age,sex,op_date,death_date,last_contact,note
P1,A,61,F,2015-02-03,2017-06-11,2017-06-11,fine
P2,B,55,M,2015-03-12,,2021-01-20,
P3,A,70,M,2015-05-30,,2019-09-02,fine
P4,B,48,F,2016-01-18,,2020-11-05,odd
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "patients.csv").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_title(file: Path) -> Path:
    """The study file, after the edit that every starter file asks for."""
    text = file.read_text(encoding="utf-8")
    assert text.count(TITLE_TO_WRITE) == 1
    file.write_text(text.replace(TITLE_TO_WRITE, "My own title"), encoding="utf-8")
    return file


def test_the_title_must_be_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["new", "data/patients.csv"]) == 0
    line = (here / "study.yaml").read_text(encoding="utf-8").partition(TITLE_TO_WRITE)[0].count("\n") + 1
    for command in ("check", "run"):
        assert exit_code([command, "study.yaml"]) == 3
        assert f"study.yaml:{line}:10: study.title: the title is still" in capsys.readouterr().err
    assert not (here / "out").exists()


def test_the_starter_loads_and_its_guesses_fit_the_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["new", "data/patients.csv"]) == 0
    assert "study.yaml" in capsys.readouterr().out
    study = load_study(with_title(here / "study.yaml")).study
    assert (study.data["patient"].file, study.data["patient"].key) == ("data/patients.csv", "pid")
    assert study.time_zero == "patient.op_date"
    assert study.groups.by == "patient.arm"
    levels = study.variables["patient.arm"].levels
    assert levels is not None
    assert list(levels) == ["A", "B"]


def test_the_starter_can_be_checked_and_run_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["new", "data/patients.csv", "--out", "mine.yaml"]) == 0
    with_title(here / "mine.yaml")
    assert exit_code(["check", "mine.yaml"]) == 0, capsys.readouterr()
    assert exit_code(["run", "mine.yaml"]) == 0, capsys.readouterr()
    assert (here / "out" / "patients" / "report.html").exists()


GERMAN = (
    "Patienten-Nr;Geburtsdatum;Geschlecht;OP-Datum;Zugang;BMI;ASA;Insuffizienz;Todesdatum;Letzter Kontakt;Seite",
    [
        f"P{n};{10 + n % 19}.03.19{40 + n};{'mw'[n % 2]};{1 + n % 28}.05.2015;{('offen', 'lap')[n % 2]};"
        f"2{n % 9},{n % 7};{1 + n % 3};{('ja', 'nein', 'nein')[n % 3]};{('', '3.4.2017')[n % 2]};0{1 + n % 9}.04.2018;"
        f"{('links', 'unbekannt', 'rechts', 'links')[n % 4]}"
        for n in range(24)
    ],
)
CHINESE = (
    "住院号,性别,年龄,手术日期,手术方式,吻合口瘘,住院天数,死亡日期,末次随访日期",
    [
        f"{7000 + n},{'男女'[n % 2]},{50 + n},2015/05/{n + 1},{('开放', '腹腔镜')[n % 2]},{'是否否'[n % 3]},{5 + n},"
        f"{('', '2017/04/03')[n % 2]},2018/04/{n + 1}"
        for n in range(24)
    ],
)
FLAGGED = (
    "Fallnummer;OP-Datum;Gruppe;Alter;Verstorben;Letzte Nachsorge",
    [f"{900 + n};{n + 1}.05.2015;{'AB'[n % 2]};{40 + n};{('nein', 'ja')[n % 2]};{n + 1}.04.2018" for n in range(24)],
)
MONTHS = (
    "id,treatment,age,followup_months,dead,complication",
    [f"{n},{('new', 'old')[n % 2]},{40 + n},{n + 0.5},{n % 2},{n % 3 // 2}" for n in range(24)],
)
BRITISH = (
    "Hospital No,DOB,Sex,Date of surgery,Approach,Leak,CEA,Date of death,Date last seen,Notes",
    [
        f"H{n},0{1 + n % 9}/02/1950,{'MF'[n % 2]},{n + 1}/05/2015,{('open', 'lap')[n % 2]},{('No', 'Yes')[n % 2]},"
        f"{('<1', '2.5', 'n/a', '3', '4', '5')[n % 6]},{('', '03/04/2017')[n % 2]},{n + 1}/04/2018,note {n}"
        for n in range(24)
    ],
)


@pytest.mark.parametrize(
    ("table", "encoding", "expected"),
    [
        (
            GERMAN,
            "cp1252",
            {
                "key": "Patienten-Nr",
                "by": "patient.Zugang",
                "zero": "patient.OP-Datum",
                "event": "patient.Todesdatum",
                "shown": ["age", "patient.Geschlecht", "patient.BMI", "patient.ASA", "patient.Seite"],
                "outcomes": ["outcome_1"],
            },
        ),
        (
            CHINESE,
            "gb18030",
            {
                "key": "住院号",
                "by": "patient.手术方式",
                "zero": "patient.手术日期",
                "event": "patient.死亡日期",
                "shown": ["patient.性别", "patient.年龄"],
                "outcomes": ["outcome_1", "patient.住院天数"],
            },
        ),
        (
            FLAGGED,
            "utf-8-sig",
            {
                "key": "Fallnummer",
                "by": "patient.Gruppe",
                "zero": "patient.OP-Datum",
                "event": "date_of_death",
                "shown": ["patient.Alter"],
                "outcomes": [],
            },
        ),
        (
            MONTHS,
            "utf-8",
            {
                "key": "id",
                "by": "patient.treatment",
                "zero": None,
                "event": "1",
                "shown": ["patient.age"],
                "outcomes": ["patient.complication"],
            },
        ),
        (
            BRITISH,
            "utf-8",
            {
                "key": "Hospital No",
                "by": "patient.Approach",
                "zero": "patient.Date of surgery",
                "event": "patient.Date of death",
                "shown": ["age", "patient.Sex", "patient.CEA"],
                "outcomes": ["patient.Leak"],
            },
        ),
    ],
    ids=["german", "chinese", "flag", "months", "british"],
)
def test_a_hospitals_spreadsheet_needs_only_a_title(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    table: tuple[str, list[str]],
    encoding: str,
    expected: dict[str, Any],
) -> None:
    (here / "sheet.csv").write_text("\n".join([table[0], *table[1]]) + "\n", encoding=encoding)
    assert exit_code(["new", "sheet.csv"]) == 0
    study = load_study(with_title(here / "study.yaml")).study
    outcome = study.outcomes["os"]
    found = {
        "key": study.data["patient"].key,
        "by": study.groups.by,
        "zero": study.time_zero,
        "event": outcome.event if isinstance(outcome, OutcomeFromDates) else outcome.status.event,
        "shown": list(study.baseline.show) if study.baseline else [],
        "outcomes": list(study.surgical_outcomes),
    }
    assert found == expected
    assert exit_code(["check", "study.yaml"]) == 0, capsys.readouterr()


@pytest.mark.parametrize("name", ["colon", "pbc"])
def test_the_data_of_known_trials_need_only_a_title(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Colon has two rows a patient, told apart by etype; in pbc a status of 2 is death and 1 a transplant."""
    source = Path(__file__).parents[1] / "reference" / "data" / f"{name}.csv"
    (here / "trial.csv").write_bytes(source.read_bytes())
    assert exit_code(["new", "trial.csv"]) == 0
    study = load_study(with_title(here / "study.yaml")).study
    assert exit_code(["check", "study.yaml"]) == 0, capsys.readouterr()
    outcome = study.outcomes["os"]
    assert isinstance(outcome, OutcomeFromStatus)
    assert (outcome.time.column, outcome.time.unit) == ("patient.time", "days")
    if name == "colon":
        assert (study.groups.by, study.data["patient"].where) == ("patient.rx", "\"etype\" = '2'")
        assert (outcome.status.event, outcome.status.censored) == ("1", ("0",))
    else:
        assert study.groups.by == "patient.trt"
        assert {outcome.status.event, *outcome.status.censored, *outcome.competing.values()} == {"0", "1", "2"}


def test_dates_that_could_be_read_two_ways_are_left_to_the_user(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No day is above 12: 03/04 may be in March or in April, and nobody guesses which."""
    rows = "".join(f"{n},{'AB'[n % 2]},0{1 + n}/04/2015,0{1 + n}/05/2016,\n" for n in range(8))
    (here / "sheet.csv").write_text(f"id,arm,op_date,last_seen,death_date\n{rows}", encoding="utf-8")
    assert exit_code(["new", "sheet.csv"]) == 0
    study = with_title(here / "study.yaml")
    assert "add 'format: DD/MM/YYYY' or 'MM/DD/YYYY'; the dates fit both" in study.read_text(encoding="utf-8")
    assert exit_code(["check", "study.yaml"]) == 1
    assert "date-format: sheet.csv, column op_date" in capsys.readouterr().out


def test_a_study_file_is_not_begun_from_a_study_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine.yaml").write_text("atrisk: 1\n", encoding="utf-8")
    assert exit_code(["new", "mine.yaml"]) == 2
    assert "is a study file" in capsys.readouterr().err


def test_a_parquet_file_does_as_well(here: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("COPY (FROM read_csv('data/patients.csv')) TO 'patients.parquet' (FORMAT parquet)")
    assert exit_code(["new", "patients.parquet"]) == 0
    study = load_study(with_title(here / "study.yaml")).study
    assert (study.data["patient"].file, study.data["patient"].key) == ("patients.parquet", "pid")


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "study.yaml").write_text("mine", encoding="utf-8")
    assert exit_code(["new", "data/patients.csv"]) == 2
    assert "is not overwritten" in capsys.readouterr().err
    assert (here / "study.yaml").read_text(encoding="utf-8") == "mine"


def test_the_study_file_must_lie_above_its_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "elsewhere").mkdir()
    assert exit_code(["new", "data/patients.csv", "--out", "elsewhere/study.yaml"]) == 2
    assert "does not lie below" in capsys.readouterr().err


def test_data_elsewhere_get_their_study_file_beside_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "empty").mkdir()
    monkeypatch.chdir(here / "empty")
    assert exit_code(["new", "../data/patients.csv"]) == 0
    assert load_study(with_title(here / "data" / "study.yaml")).study.data["patient"].file == "patients.csv"


@pytest.mark.parametrize("name, content", [("missing.csv", None), ("empty.csv", ""), ("book.csv", "PK\x03\x04")])
def test_a_data_file_that_cannot_be_used_is_4(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None
) -> None:
    if content is not None:
        (here / name).write_text(content, encoding="utf-8")
    assert exit_code(["new", name]) == 4
    assert name in capsys.readouterr().err
    assert not (here / "study.yaml").exists()


def test_a_sheet_of_a_workbook_is_begun_by_its_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [line.split(",") for line in TABLE.splitlines()]
    (here / "p.xlsx").write_bytes(xlsx({"Codes": [["x"], [1]], "My patients": rows}))
    assert exit_code(["new", "p.xlsx"]) == 4
    assert "'Codes', 'My patients'" in capsys.readouterr().err
    assert not (here / "study.yaml").exists()
    assert exit_code(["new", "p.xlsx", "--sheet", "My patients"]) == 0
    table = load_study(with_title(here / "study.yaml")).study.data["patient"]
    assert (table.file, table.sheet, table.key) == ("p.xlsx", "My patients", "pid")


def test_a_sheet_with_a_title_above_its_names_is_begun_by_the_row_that_the_refusal_gives(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[list[Any]] = [["Liver resections, as of May"], [], *(line.split(",") for line in TABLE.splitlines())]
    (here / "p.xlsx").write_bytes(xlsx({"Patients": rows}))
    assert exit_code(["new", "p.xlsx"]) == 4
    assert "(with 'atrisk new': --header-row 3)" in capsys.readouterr().err
    assert exit_code(["new", "p.xlsx", "--header-row", "3"]) == 0
    table = load_study(with_title(here / "study.yaml")).study.data["patient"]
    assert (table.sheet, table.header_row, table.key) == (None, 3, "pid")
    assert exit_code(["check", "study.yaml"]) == 0
    assert exit_code(["new", "data/patients.csv", "--header-row", "3", "--out", "other.yaml"]) == 4


def test_what_a_file_of_spss_says_is_not_said_again(here: Path) -> None:
    """A label made of the column's name would hide the file's own."""
    (here / "p.sav").write_bytes((Path(__file__).parents[1] / "read" / "statistics" / "patient.sav").read_bytes())
    assert exit_code(["new", "p.sav"]) == 0
    study = load_study(with_title(here / "study.yaml")).study
    assert "patient.sex" not in study.variables
    assert "patient.arm" in study.variables
    assert exit_code(["check", "study.yaml"]) == 0


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_table_of_a_database_file_is_begun_by_its_name(here: Path, kind: str) -> None:
    {"duckdb": registry, "sqlite": sqlite}[kind](here / f"r.{kind}")
    name = {"duckdb": "clinic.patients", "sqlite": "The Patients"}[kind]
    assert exit_code(["new", f"r.{kind}", "--table", name]) == 0
    assert load_study(with_title(here / "study.yaml")).study.data["patient"].table == name
