"""Every kind of bad input: a clear answer with file, row and column, no value, and nothing lost or half-written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from atrisk.cli.main import exit_code
from atrisk.result.finding import Finding
from atrisk.run.study import run_study
from atrisk.study.load import load_study

TABLE = """\
id,age,sex,approach,operated,leak,died,last_seen
K-1,61,F,open,2015-02-03,false,2017-06-11,2017-06-11
K-2,55,M,lap,2015-03-12,false,,2021-01-20
K-3,70,M,open,2015-05-30,true,2015-09-02,2015-09-02
K-4,48,F,lap,2016-01-18,false,,2020-11-05
K-5,66,F,open,2016-04-07,false,,2021-03-01
K-6,73,M,lap,2016-08-22,true,2019-02-14,2019-02-14
"""
SCANS = "scan,id,day,result\ns1,K-1,2016-01-01,clear\ns2,K-2,2016-02-01,recurrence\n"
STUDY = """\
atrisk: 1
study: {id: first, title: Leaks, data_cut: 2022-01-01}
data:
  patient: {file: patients.csv, key: id}
  scan: {file: scans.csv, key: scan, parent: patient}
variables:
  patient.sex: {levels: {F: Female, M: Male}}
dates_in_order:
  - operated <= died
  - scan.day <= died
cohort: [{time_zero: operated}]
groups: {by: approach, order: [open, lap], reference: open}
outcomes:
  os: {label: Overall survival, event: died, censor: last_seen, at: [1 year], time_unit: years}
  stay: {label: Stay, time: {column: age}, status: {column: leak, event: true, censored: false}}
surgical_outcomes: [leak]
baseline: {show: [age, sex]}
"""
WORDS = TABLE.replace(",F,", ",Müller-Straße,").replace(",M,", ",José,")
CHINESE = TABLE.replace(",F,", ",女性患者,").replace(",M,", ",男性患者,")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good study in the folder one is in, with earlier results that a failing run must not touch."""
    (tmp_path / "patients.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "scans.csv").write_text(SCANS, encoding="utf-8")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "out" / "first").mkdir(parents=True)
    (tmp_path / "out" / "first" / "report.html").write_text("earlier results", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text)
    file.write_text(text.replace(old, new), encoding="utf-8")


def answered(here: Path, code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """What `run` and `check` say; both end with ``code``, show no traceback and leave the earlier results alone."""
    files = {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()}
    said = ""
    for command in ("check", "run"):
        assert exit_code([command, "study.yaml"]) == code, capsys.readouterr()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        said = captured.out + captured.err
    assert [path.name for path in (here / "out" / "first").iterdir()] == ["report.html"]
    assert (here / "out" / "first" / "report.html").read_text(encoding="utf-8") == "earlier results"
    assert {path.name for path in (here / "out").iterdir()} == {"first", *(["first-check"] if code == 1 else [])}
    assert {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()} == files
    return said


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "rule"),
    [
        ("patients.csv", "K-2,55,M,lap", "K-2,55,M,lap,lap", "patients.csv, row 3", "ragged-row"),
        ("patients.csv", ",false,,2020-11-05", ",false", "patients.csv, row 5", "ragged-row"),
        ("patients.csv", "2015-05-30", "2015-02-30", "patients.csv, column operated, row 4", "wrong-type"),
        ("patients.csv", "66,F", "66,D", "patients.csv, column sex, row 6", "unknown-level"),
        ("patients.csv", "66,F", "66,f", "patients.csv, column sex, row 6", "unknown-level"),
        ("patients.csv", "48,F,lap", "48,F,Lap", "patients.csv, column approach, row 5", "undeclared-group"),
        ("patients.csv", "K-6", "K-1", "patients.csv, column id, row 7", "duplicate-key"),
        ("patients.csv", "K-6", "", "patients.csv, column id, row 7", "missing-key"),
        ("scans.csv", "s2,K-2", "s2,K-9", "scans.csv, column id, row 3", "orphan-row"),
        ("scans.csv", "s2,K-2", "s2,", "scans.csv, column id, row 3", "missing-parent-key"),
        ("patients.csv", "2017-06-11,2017", "2015-02-02,2017", "patients.csv, column died, row 2", "dates-in-order"),
        ("scans.csv", "2016-01-01", "2018-01-01", "scans.csv, column day, row 2", "dates-in-order"),
        ("patients.csv", "2021-03-01", "2022-01-02", "patients.csv, column last_seen, row 6", "after-data-cut"),
        ("patients.csv", "2016-01-18", "2021-12-18", "patients.csv, column last_seen, row 5", "before-time-zero"),
        ("patients.csv", "K-4,48", "K-4,-48", "patients.csv, column age, row 5", "negative-time"),
        ("patients.csv", "2016-04-07", "", "patients.csv, column operated, row 6", "time-zero-missing"),
        ("patients.csv", '"K-5"', '"K-5', "patients.csv, row 6", "broken-quotes"),
    ],
)
def test_data_that_block_are_named_by_file_row_and_column(
    here: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, place: str, rule: str
) -> None:
    if rule == "broken-quotes":
        edited(here / file, "K-5", '"K-5"')
    edited(here / file, old, new)
    said = answered(here, 1, capsys)
    assert f"blocks  {rule}: {place}\n" in said
    assert "K-" not in said
    assert not re.search(r"201\d-\d\d-\d\d", said)


@pytest.mark.parametrize(
    ("yes", "no", "happened"),
    [("1", "0", "died = 1"), ("yes", "no", "died = 'yes'"), ("true", "false", "died"), ("yes", "", "died = 'yes'")],
)
def test_a_flag_in_place_of_the_date_of_an_event_is_one_finding_whose_advice_works(
    here: Path, capsys: pytest.CaptureFixture[str], yes: str, no: str, happened: str
) -> None:
    """Both ways the finding offers are followed as they are written there, and give a study that runs."""
    table = re.sub(r"(true|false),(\d{4}-..-..)?,", lambda row: f"{row[1]},{yes if row[2] else no},", TABLE)
    (here / "patients.csv").write_text(table, encoding="utf-8")
    for line in ("  - operated <= died\n", "  - scan.day <= died\n", "dates_in_order:\n"):
        edited(here / "study.yaml", line, "")
    said = answered(here, 1, capsys)
    assert said.count("blocks ") == 1
    assert "blocks  flag-for-date: patients.csv, column died\n" in said
    assert "Under outcome 'os'" in said
    derived = f"event_date: {{sql: CASE WHEN {happened} THEN last_seen END}}"
    assert f"'{derived}'" in said
    assert "'status: {column: died, event: 1, censored: 0}'" in said
    study = (here / "study.yaml").read_text(encoding="utf-8")
    by_date = study.replace("event: died", "event: event_date") + f"derive:\n  {derived}\n"
    codes = f'event: "{yes}", censored: "{no}"' if no else ""
    by_status = study.replace(
        "event: died, censor: last_seen", f"time: {{column: age, unit: days}}, status: {{column: died, {codes}}}"
    )
    deaths = []
    for text in (by_date, by_status) if no else (by_date,):
        (here / "study.yaml").write_text(text, encoding="utf-8")
        rows = run_study(load_study(Path("study.yaml")), lambda _stage: None).rows
        deaths += [row.value for row in rows if (row.outcome, row.statistic, row.group) == ("os", "n_event", "")]
    assert set(deaths) == {3.0}


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (("3 March 2020", "4 March 2020"), "wrong-type"),
        (("3.3.20", "4.3.20"), "date-format"),
        (("20200303", "20200304"), "date-format"),
        (("2020-03-03", "alive"), "wrong-type"),
        (tuple("abcdefg"), "wrong-type"),
    ],
)
def test_dates_written_badly_are_no_flag(
    here: Path, capsys: pytest.CaptureFixture[str], cells: tuple[str, ...], rule: str
) -> None:
    rows = [f"Q-{n},50,F,{'open' if n % 2 else 'lap'},2015-01-01,true,{c},2021-01-01" for n, c in enumerate(cells)]
    (here / "patients.csv").write_text("\n".join([TABLE.splitlines()[0], *rows, ""]), encoding="utf-8")
    (here / "scans.csv").write_text("scan,id,day,result\n", encoding="utf-8")
    said = answered(here, 1, capsys)
    assert f"blocks  {rule}: patients.csv, column died" in said
    assert "flag-for-date" not in said


def test_a_cohort_of_nobody_blocks_and_leaves_earlier_results_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = "cohort: [{keep: age > 100, otherwise: Younger}, {time_zero: operated}]"
    edited(here / "study.yaml", "cohort: [{time_zero: operated}]", none)
    said = answered(here, 1, capsys)
    assert said.count("blocks ") == 1
    assert '"Younger", takes away all 6 rows that reach it (6 excluded, 0 unknown).' in said


def test_an_empty_group_blocks_by_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited(here / "study.yaml", "order: [open, lap]", "order: [open, lap, robot]")
    assert "blocks  empty-group\n        Comparison 'main': group 'robot' has no patient." in answered(here, 1, capsys)


@pytest.mark.parametrize("column", ["id", "age"])
def test_identifiers_and_measurements_are_no_groups_and_are_not_shown(
    here: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    edited(here / "study.yaml", "by: approach, order: [open, lap], reference: open", f"by: patient.{column}")
    said = answered(here, 3, capsys)
    assert f"study.yaml:12:14: groups.by: 'patient.{column}' " in said
    assert not re.search(r"K-|\b(61|55|70|48|66|73)\b", said)


def test_a_table_with_a_header_alone_blocks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "patients.csv").write_text(TABLE.splitlines()[0] + "\n", encoding="utf-8")
    assert "blocks  no-rows: patients.csv\n" in answered(here, 1, capsys)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "patients.csv does not exist."),
        (b"", "patients.csv is empty."),
        (b"\xef\xbb\xbf \r\n", "patients.csv is empty."),
        (b"id,arm\n1,\x81\x20\xff\n", "patients.csv is in none of the encodings"),
        (TABLE.replace("sex", "Age").encode(), "patients.csv, row 1: columns 2 and 3 have the same name ('Age')"),
        (b"PK\x03\x04", "patients.csv is an Excel workbook"),
        (("Our patients\n" + TABLE).encode(), "patients.csv, row 1: only one cell of the first row is filled in"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    if content is None:
        (here / "patients.csv").unlink()
    else:
        (here / "patients.csv").write_bytes(content)
    assert words in answered(here, 4, capsys)


@pytest.mark.parametrize(
    ("text", "codec", "said"),
    [
        (TABLE, "utf-8-sig", "UTF-8 with byte order mark"),
        (WORDS, "cp1252", "Windows-1252"),
        (CHINESE, "gb18030", "GB18030"),
    ],
)
def test_other_encodings_are_read_and_said(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, codec: str, said: str
) -> None:
    (here / "patients.csv").write_bytes(text.encode(codec))
    edited(here / "study.yaml", "  patient.sex: {levels: {F: Female, M: Male}}", "  patient.sex: {label: Sex}")
    assert exit_code(["check", "study.yaml"]) == 0, capsys.readouterr()
    assert f"informs encoding: patients.csv\n        the file was read as {said}" in capsys.readouterr().out
    with_names = run_findings(here)
    assert [finding.rule for finding in with_names if finding.severity.value == "blocks"] == []


NAMES_OF_THE_USERS = {"patient", "scan", "os", "stay"}
KEYS = [
    match.span()
    for match in re.finditer(r"(?:(?<=[{ ])|(?m:^))[a-z_]+(?=:\s)", STUDY)
    if match[0] not in NAMES_OF_THE_USERS
]


@pytest.mark.parametrize("span", KEYS, ids=lambda span: f"{STUDY[slice(*span)]}-{span[0]}")
def test_a_typo_in_any_key_is_answered_with_its_line(
    here: Path, capsys: pytest.CaptureFixture[str], span: tuple[int, int]
) -> None:
    key = STUDY[slice(*span)]
    wrong = f"{key[0]}q{key[1:]}"
    (here / "study.yaml").write_text(STUDY[: span[0]] + wrong + STUDY[span[1] :], encoding="utf-8")
    line = STUDY.count("\n", 0, span[0]) + 1
    assert re.search(rf"^study\.yaml:{line}:\d+: .*{wrong}", answered(here, 3, capsys), re.MULTILINE)


def test_every_kind_of_key_of_the_study_is_among_those_mistyped() -> None:
    """So that the expression that finds them cannot silently find none."""
    assert {"atrisk", "study", "title", "key", "parent", "levels", "time_zero", "censor", "show"} <= {
        STUDY[slice(*span)] for span in KEYS
    }


def test_an_unknown_column_is_answered_with_its_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited(here / "study.yaml", "show: [age, sex]", "show: [agee, sex]")
    said = answered(here, 3, capsys)
    assert "study.yaml:17:19: baseline.show[1]: no table has a column 'agee'. Did you mean 'age'?" in said


def run_findings(here: Path) -> tuple[Finding, ...]:
    return run_study(load_study(here / "study.yaml"), lambda _stage: None).findings


def test_a_group_of_one_patient_and_a_group_without_event_warn_and_run(here: Path) -> None:
    lines = TABLE.splitlines()
    (here / "patients.csv").write_text("\n".join([*lines[:4], lines[5]]) + "\n", encoding="utf-8")
    found = {(finding.rule, finding.message) for finding in run_findings(here)}
    assert ("group-of-one", "Comparison 'main': group 'lap' has one patient.") in found
    assert ("group-without-event", "Outcome 'os', comparison 'main': no event in group 'lap'.") in found


def test_a_study_in_which_everybody_is_censored_runs_to_its_report(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = re.sub(r"20\d\d-\d\d-\d\d(?=,20\d\d-\d\d-\d\d$)", "", TABLE, flags=re.MULTILINE)
    (here / "patients.csv").write_text(text, encoding="utf-8")
    assert exit_code(["run", "study.yaml"]) == 0, capsys.readouterr()
    said = capsys.readouterr().out
    assert "group-without-event: Outcome 'os', comparison 'main': no event in group 'open'." in said
    assert "group-without-event: Outcome 'os', comparison 'main': no event in group 'lap'." in said
    assert "not reached" in (here / "out" / "first" / "report.html").read_text(encoding="utf-8")
