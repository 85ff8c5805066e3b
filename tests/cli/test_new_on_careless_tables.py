"""``atrisk new`` on tables as wards keep them: numbers typed twice, codes typed two ways, codes for "not recorded"."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from atrisk.cli.main import exit_code
from atrisk.study.load import load_study
from atrisk.study.model import Study
from tests.cli.test_new_command import with_title

COLUMNS = (
    *("Pat-Nr", "Name", "Geschlecht", "OP-Datum", "Verfahren", "ASA", "R-Status", "Komplikation", "Verstorben"),
    *("Todesdatum", "Letzter Kontakt", "Alter"),
)
N = 30


def table(**changed: dict[int, str]) -> list[dict[str, str]]:
    """Thirty patients, 20 operated openly; ``changed``: column (blanks as _) -> patient -> cell."""
    rows = []
    for n in range(N):
        row = {
            "Pat-Nr": str(101 + n),
            "Name": f"Muster{n}",
            "Geschlecht": "mw"[n % 2],
            "OP-Datum": f"{1 + n % 28:02}.05.2015",
            "Verfahren": ("offen", "offen", "lap")[n % 3],
            "ASA": str(1 + n % 3),
            "R-Status": ("R0", "R0", "R1", "R0")[n % 4],
            "Komplikation": ("I", "II", "keine", "IIIa", "IIIb")[n % 5],
            "Verstorben": ("nein", "ja")[n % 2],
            "Todesdatum": ("", "14.06.2017")[n % 2],
            "Letzter Kontakt": f"{1 + n % 28:02}.04.2018",
            "Alter": str(40 + n),
        }
        rows.append(row)
    for column, cells in changed.items():
        for n, cell in cells.items():
            rows[n][column.replace("_", "-")] = cell
    return rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begun(folder: Path, rows: list[dict[str, str]], name: str = "ward.csv") -> tuple[Study, str]:
    """The study begun from the rows, and its text."""
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    assert exit_code(["new", name]) == 0
    file_of_study = with_title(folder / "study.yaml")
    return load_study(file_of_study).study, file_of_study.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("cell", "words", "rule"),
    [
        ("104", "2 rows share a number, 0 have none; see atrisk check", "duplicate-key: ward.csv, rows 5 and 10"),
        ("", "0 rows share a number, 1 have none; see atrisk check", "missing-key: ward.csv"),
    ],
    ids=["typed twice", "blank"],
)
def test_one_wrong_number_is_found_and_leaves_nobody_out(
    here: Path, capsys: pytest.CaptureFixture[str], cell: str, words: str, rule: str
) -> None:
    """Names are unique, and yet no key; sex tells the two rows apart, and yet is no choice of rows."""
    study, text = begun(here, table(Pat_Nr={8: cell}))
    assert (study.data["patient"].key, study.data["patient"].where) == ("Pat-Nr", None)
    assert words in text
    assert exit_code(["check", "study.yaml"]) == 1
    assert rule.partition(":")[0] in capsys.readouterr().out


def test_a_row_of_totals_chooses_no_rows(here: Path) -> None:
    total = dict.fromkeys(COLUMNS, "") | {"Name": "Summe", "Alter": "1635"}
    study, _ = begun(here, [*table(), total])
    assert (study.data["patient"].key, study.data["patient"].where) == ("Pat-Nr", None)


def test_the_rows_that_a_guess_leaves_out_are_counted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Truly long: every patient has a row of either kind. What the guess leaves out stands in check and flow."""
    rows = [{**row, "kind": kind} for row in table() for kind in ("first", "last")]
    for row in rows:
        row["Name"] = ""
    study, _ = begun(here, rows)
    assert study.data["patient"].where == "\"kind\" = 'last'"
    assert exit_code(["check", "study.yaml"]) == 0, capsys.readouterr()
    assert exit_code(["run", "study.yaml"]) == 0
    capsys.readouterr()
    with (here / "out" / "ward" / "results.csv").open(encoding="utf-8", newline="") as file:
        (left_out,) = [row for row in csv.DictReader(file) if row["statistic"] == "left_out"]
    assert (float(left_out["value"]), left_out["denominator"]) == (30.0, "60")
    assert "rows of the file" in (here / "out" / "ward" / "report.html").read_text(encoding="utf-8")


def test_a_second_spelling_is_no_code(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study, text = begun(here, table(Verfahren={0: "Offen", 3: "OFFEN", 2: "lap "}))
    assert list(study.variables["patient.Verfahren"].levels or {}) == ["lap", "offen"]
    assert "other spellings of these codes are left out" in text
    assert exit_code(["check", "study.yaml"]) == 1
    said = capsys.readouterr().out
    assert said.count("unknown-level") >= 1
    assert "column Verfahren" in said


def test_the_largest_group_is_the_reference_and_the_file_says_how_to_change_it(here: Path) -> None:
    study, text = begun(here, table())
    assert (study.groups.by, study.groups.reference) == ("patient.Verfahren", "offen")
    assert "name another to compare the others with that" in text


def test_nine_among_one_two_three_is_not_recorded(here: Path) -> None:
    study, text = begun(here, table(ASA={4: "9", 11: "9"}))
    asa = study.variables["patient.ASA"]
    assert list(asa.levels or {}) == ["1", "2", "3"]
    assert [str(code) for code in asa.missing] == ["9"]
    (line,) = [line for line in text.splitlines() if "patient.ASA:" in line]
    assert "# CHECK" in line
    assert "numbers that look like 'not recorded'" in line


def test_names_are_marked_and_what_came_of_the_operation_is_not_in_table_1(here: Path) -> None:
    study, text = begun(here, table())
    assert study.variables["patient.Name"].identifier
    assert study.baseline is not None
    assert list(study.baseline.show) == ["patient.Geschlecht", "patient.ASA", "patient.Alter"]
    assert list(study.surgical_outcomes) == ["patient.R-Status", "patient.Komplikation"]
    assert list(study.variables["patient.Komplikation"].levels or {}) == ["keine", "I", "II", "IIIa", "IIIb"]
    assert "# Table 1; CHECK" in text
    assert "Verstorben" not in text.partition("groups:")[2]


def test_files_named_in_chinese_have_results_of_their_own(here: Path) -> None:
    first, _ = begun(here, table(), name="患者.csv")
    (here / "study.yaml").unlink()
    second, _ = begun(here, table(), name="对照.csv")
    assert first.study.id != second.study.id
    assert first.study.id.startswith("study-")
