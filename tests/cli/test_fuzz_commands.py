"""Study files and tables damaged at random: every outcome is success, findings, or an error that names a file.

Seeded, so that a number that fails can be run again: FIRST=1234 COUNT=1 pytest -m slow and this file.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from atrisk.cli.main import exit_code
from tests.cli.test_bad_input import SCANS, STUDY, TABLE

# Keys that stand in no study file: one of them on the terminal is a patient's.
FILES = {
    "patients.csv": TABLE.replace("K-", "ZQ7-"),
    "scans.csv": SCANS.replace("K-", "ZQ7-"),
    "study.yaml": STUDY + "derive:\n  old: {sql: age >= 60, label: Old}\n  year: {sql: year(operated), label: Year}\n",
}
CELLS = (
    *(
        "",
        " ",
        "NA",
        "n/a",
        "-",
        "9",
        "99",
        "999",
        "-1",
        "1e999",
        "-0",
        "NaN",
        "inf",
        "3-5%",
        "<1",
        ">=10",
        "≥3",
        "0x1F",
    ),
    *(
        "1900-01-01",
        "9999-12-31",
        "2015-02-30",
        "2015",
        "2015-02",
        "03/04/2015",
        "31.12.2015",
        "20150203",
        "0000-00-00",
    ),
    *(
        "2015-02-03T10:00",
        "true",
        "TRUE",
        "yes",
        "f",
        "Ｆ",
        "F ",
        "open;lap",
        "'",
        '"',
        '""',
        "=1+1",
        "名",
        "é",
        "\u200b",
    ),
    *("ZQ7-1", "zq7-1", "007", "1.0", "1,5", "9" * 40, "x" * 3000, "\x00", "\ufeff", "\u2028", "#N/A", "NULL", ";DROP"),
)
VALUES = (
    *("", "null", "~", "[]", "{}", "0", "-1", "1.5", ".nan", "true", "no", "'", '"', "[a, b]", "{a: b}", "*a", "&a x"),
    *(
        "2022-13-01",
        "patient.age",
        "nobody.nothing",
        "age",
        "died",
        "open",
        "read_csv('/etc/passwd')",
        "1 year",
        "-3 days",
    ),
    *(
        "0 months",
        "age >",
        "age; drop",
        "1/0",
        "CAST(sex AS INTEGER)",
        "log(-1)",
        "age + died",
        "sex > 3",
        "NULL",
        "名",
    ),
    *(
        "'2015-01-01'::DATE",
        "x" * 500,
        "((((",
        "first_of: [died]",
        "main",
        "all",
        "scan.day",
        "day",
        "id",
        "!!python/object",
    ),
)


def mutated(random_: random.Random, name: str, text: str) -> bytes:
    for _ in range(random_.randint(1, 3)):
        text = _study_changed(random_, text) if name == "study.yaml" else _table_changed(random_, text)
    content = text.encode(random_.choice(["utf-8"] * 12 + ["utf-8-sig", "utf-16", "gb18030", "cp1252"]), "replace")
    if random_.random() < 0.15 and content:
        at = random_.randrange(len(content))
        length = random_.choice([0, 1, 1, 5, 60])
        content = content[:at] + random_.randbytes(random_.randint(0, 4)) + content[at + length :]
    return content


def _table_changed(random_: random.Random, text: str) -> str:
    rows = [line.split(",") for line in text.split("\n")]
    row = rows[random_.randrange(len(rows))]
    column = random_.randrange(len(row))
    match random_.randrange(10):
        case 0 | 1 | 2 | 3:
            row[column] = random_.choice(CELLS)
        case 4:
            for each in rows[1:]:
                if column < len(each):
                    each[column] = random_.choice(CELLS)
        case 5:
            del row[column]
        case 6:
            rows.insert(random_.randrange(len(rows)), list(row))
        case 7:
            rows.remove(row)
        case 8:
            other = rows[random_.randrange(len(rows))]
            row[column], other[-1] = other[-1] if other else "", row[column]
        case 9:
            return "\n".join(random_.choice([";", "\t", "|", ", "]).join(each) for each in rows)
    return "\n".join(",".join(each) for each in rows)


def _study_changed(random_: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = random_.randrange(len(lines))
    match random_.randrange(7):
        case 0:
            del lines[at]
        case 1:
            lines.insert(random_.randrange(len(lines)), lines[at])
        case 2:
            lines[at] = " " * random_.choice([1, 2, 4]) + lines[at]
        case _:
            words = list(re.finditer(r"[\w.'-]+", lines[at]))
            if words:
                word = random_.choice(words)
                lines[at] = lines[at][: word.start()] + random_.choice(VALUES) + lines[at][word.end() :]
    return "\n".join(lines)


def damaged(number: int) -> dict[str, bytes]:
    """The files of one case; one or two of the three are damaged."""
    random_ = random.Random(number)  # noqa: S311 - a test's own numbers
    files = {name: text.encode() for name, text in FILES.items()}
    for name in random_.sample(sorted(FILES), random_.choice([1, 1, 1, 2])):
        files[name] = mutated(random_, name, FILES[name])
    return files


def answered(number: int, here: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is wrong with the answer to this case; nothing if all is well."""
    for name, content in damaged(number).items():
        (here / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()}
    command = "run" if number % 25 == 0 else "check"
    out = here / "out" / f"{number}"
    code = exit_code([command, "study.yaml", "--out", str(out)])
    captured = capsys.readouterr()
    said = captured.out + captured.err
    wrong = []
    if code not in (0, 1, 3, 4):
        wrong.append(f"ended with {code}")
    if "Traceback" in said or "internal error" in said:
        wrong.append("a traceback or an internal error")
    # Where damage has changed the name of a file itself, that is the name which is said.
    if code in (3, 4) and not any(name in said for name in FILES) and " does not exist" not in said:
        wrong.append("names no file")
    # A cell that damage has made part of the header is the name of a column, and those are shown.
    headers = [(here / name).read_bytes().replace(b"\x00", b"") for name in FILES if name.endswith("csv")]
    if "ZQ7" in said and not any(b"ZQ7" in re.split(rb"[\r\n]", header)[0] for header in headers):
        wrong.append("shows a patient's key")
    if {path.name: path.read_bytes() for path in here.iterdir() if path.is_file()} != before:
        wrong.append("changed its input or left a file")
    # A folder of results is there with its manifest or not at all, and nothing of a run is left beside it.
    folders = list((here / "out").iterdir()) if (here / "out").exists() else []
    if any(path.name.startswith(".") or not (path / "manifest.json").exists() for path in folders):
        wrong.append("left half-written results")
    return f"{number}: {', '.join(wrong)}: {said[-300:]}" if wrong else ""


def run_cases(first: int, count: int, here: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [found for number in range(first, first + count) if (found := answered(number, here, capsys))]


def test_damaged_studies_and_tables_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_cases(1, 150, tmp_path, capsys) == []


@pytest.mark.slow
def test_five_thousand_damaged_studies_and_tables_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, count = int(os.environ.get("FIRST", "1000")), int(os.environ.get("COUNT", "5000"))
    assert run_cases(first, count, tmp_path, capsys) == []


def test_the_undamaged_study_runs_and_most_damage_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fuzz would say little if its study were refused from the start, or if nothing were ever damaged."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert exit_code(["run", "study.yaml"]) == 0, capsys.readouterr()
    assert all(damaged(number) != {name: text.encode() for name, text in FILES.items()} for number in range(1, 50))
