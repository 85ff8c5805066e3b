"""Both example studies as a user runs them: whole processes, from the study file to the folder of results."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reference.loader import cases_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ("colon", "netlm", "pbc")
KEY = ("comparison", "outcome", "analysis", "statistic", "of", "contrast", "group", "variable", "adjustment_set")
# Of adjusted estimates there are several by method, and one a level of each confounder.
ADJUSTED = ("regression", "covariate")

Rows = list[dict[str, str]]


def atrisk(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "atrisk", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, encoding="utf-8", timeout=300)


def key_of(row: dict[str, str]) -> tuple[object, ...]:
    """What a row is of, as far as the values of R say it."""
    more = (row["method"], row["level"]) if row["analysis"] in ADJUSTED else ()
    return (*(row[column] for column in KEY), float(row["time"]) if row["time"] else None, *more)


def study(name: str) -> Path:
    return ROOT / "examples" / name / "study.yaml"


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module", params=EXAMPLES)
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """An example's name and the results of two runs of it, the second over the first's copy of another place."""
    name = str(request.param)
    folder = tmp_path_factory.mktemp(name)
    for out in ("one", "two"):
        ended = atrisk("run", study(name), "--out", out, cwd=folder)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert str(Path(out) / "report.html") in ended.stdout
    return name, folder / "one", folder / "two"


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one run of the colon example."""
    folder = tmp_path_factory.mktemp("results")
    ended = atrisk("run", study("colon"), cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder / "out" / "colon"


def rows(out: Path) -> Rows:
    with (out / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def value(found: Rows, **wanted: str) -> float:
    """The value of the one row that has these columns; in the main comparison unless said otherwise."""
    wanted = {"comparison": "main", **wanted}
    hits = [row for row in found if all(row[column] == text for column, text in wanted.items())]
    assert len(hits) == 1, f"{len(hits)} rows with {wanted}"
    return float(hits[0]["value"])


def test_two_runs_differ_in_nothing_but_the_durations(twice: tuple[str, Path, Path]) -> None:
    _name, one, two = twice
    first, second = hashes(one), hashes(two)
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} <= {"timings.json"}


def test_every_promised_file_is_there_and_in_the_manifest(twice: tuple[str, Path, Path]) -> None:
    _name, out, _two = twice
    promised = {"report.html", "results.csv", "results.parquet", "curves.parquet", "published.csv", "run.json"}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    present = hashes(out)
    assert promised <= manifest["files"].keys()
    assert manifest["unhashed"] == ["timings.json"]
    assert {**manifest["files"], "timings.json": present["timings.json"]} == {
        name: digest for name, digest in present.items() if name != "manifest.json"
    }
    for folder, suffix in (("figures", ".svg"), ("figures", ".pdf"), ("figures", ".png"), ("tables", ".csv")):
        assert any(name.startswith(f"{folder}/") and name.endswith(suffix) for name in present)


def test_run_json_names_what_the_run_was_made_from(twice: tuple[str, Path, Path]) -> None:
    name, out, _two = twice
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["study"]["id"] == name
    assert run["study"]["sha256"] == hashlib.sha256(study(name).read_bytes()).hexdigest()
    assert run["data"]
    assert ("data/simulation.json" in run["data"]) == (name == "netlm")
    for file, data in run["data"].items():
        assert data["sha256"] == hashlib.sha256((study(name).parent / file).read_bytes()).hexdigest()
    assert {"atrisk", "python", "numpy", "scipy", "duckdb"} <= run["versions"].keys()


def test_no_path_of_this_machine_stands_in_the_results(twice: tuple[str, Path, Path]) -> None:
    _name, out, _two = twice
    for path in out.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(ROOT).encode() not in content, path.name
            assert str(out.parent).encode() not in content, path.name


def test_every_published_figure_agrees(twice: tuple[str, Path, Path]) -> None:
    name, out, _two = twice
    with (out / "published.csv").open(encoding="utf-8", newline="") as file:
        figures = list(csv.DictReader(file))
    assert len(figures) == {"colon": 4, "netlm": 16, "pbc": 4}[name]
    assert [figure["figure"] for figure in figures if figure["agrees"] != "true"] == []


def test_colon_survival_is_rs(colon: Path) -> None:
    """Reference case kml-colon-log-log. The example's landmarks are 365.25, ... days: no whole day lies between."""
    (case,) = [case for case in cases_of("km.landmarks") if case.id == "kml-colon-log-log"]
    found = rows(colon)
    for curve in case.expected["curves"]:
        for position, time_days in enumerate(("365.25", "1095.75", "1826.25")):
            key = {"analysis": "survival", "outcome": "os", "group": curve["levels"]["rx"], "time": time_days}
            for statistic, name in {
                "survival": "surv",
                "std_error": "std_err",
                "conf_low": "lower",
                "conf_high": "upper",
                "n_event_before": "cum_events",
            }.items():
                case.close(
                    value(found, statistic=statistic, **key), curve[name][position], f"{statistic} at {time_days}"
                )


def test_colon_follow_up_is_rs(colon: Path) -> None:
    (case,) = [case for case in cases_of("km.reverse_followup") if case.id == "rev-colon"]
    found = rows(colon)
    for curve in case.expected["curves"]:
        key = {"analysis": "follow_up", "outcome": "os", "group": curve["levels"]["rx"]}
        for position, statistic in enumerate(("q1", "median", "q3")):
            case.close(value(found, statistic=statistic, **key), curve["quantile"][position], statistic)


def test_colon_log_rank_is_rs(colon: Path) -> None:
    (case,) = [case for case in cases_of("logrank") if case.id == "lr-colon-rho0"]
    found = rows(colon)
    key = {"analysis": "log_rank", "outcome": "os"}
    everyone = "Obs / Lev / Lev+5FU"
    case.close(value(found, statistic="p", contrast=everyone, **key), case.expected["p"], "p")
    case.close(value(found, statistic="chi_squared", contrast=everyone, **key), case.expected["chisq"], "chi-squared")
    for label, observed, expected in zip(
        case.expected["groups"], case.expected["observed"], case.expected["expected"], strict=True
    ):
        group = label.removeprefix("rx=")
        case.close(value(found, statistic="observed", group=group, **key), observed, "observed")
        case.close(value(found, statistic="expected", group=group, **key), expected, "expected")


def test_colon_is_rs_throughout(colon: Path) -> None:
    """Every row of r/colon_study.csv (made by r/colon_study.R) in results.csv: curves, tests, models, baseline."""
    with (Path(__file__).parent / "r" / "colon_study.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 441
    by_r = {row["analysis"] for row in expected}
    found: dict[tuple[object, ...], float] = {}
    for row in rows(colon):
        # Analyses that R's file has none of are checked where they are computed.
        levels = row["level"] and row["analysis"] not in ADJUSTED
        if row["value"] and not row["stratum"] and not levels and row["analysis"] in by_r:
            key = key_of(row)
            assert key not in found, f"two rows are {key}"
            found[key] = float(row["value"])
        if row["p_adjusted"] and row["statistic"] == "p":
            renamed = {**row, "statistic": "p_adjusted"}
            found[key_of(renamed)] = float(row["p_adjusted"])
    for row in expected:
        key = key_of(row)
        assert key in found, f"no result row is {key}"
        assert found[key] == pytest.approx(float(row["value"]), rel=1e-9, abs=1e-12), key


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The first study of the README, run once; returns its results folder."""
    write_first_study(tmp_path)
    ended = atrisk("run", "study.yaml", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return tmp_path / "out" / "first"


def write_first_study(folder: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (folder / "study.yaml").write_text(block(readme, "yaml"), encoding="utf-8")
    (folder / "patients.csv").write_text(block(readme, "csv"), encoding="utf-8")


def block(readme: str, language: str) -> str:
    return readme.split(f"```{language}\n")[1].split("```")[0]


def heed_interrupts() -> None:
    """For a process about to start: tests in the background ignore Ctrl-C, and would hand that down to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_until(stage: str, folder: Path) -> subprocess.Popen[str]:
    """A run in progress that has just said that it has come to ``stage``."""
    command = [sys.executable, "-m", "atrisk", "run", "study.yaml"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, stdout=quiet, text=True, preexec_fn=heed_interrupts
    )
    assert process.stderr is not None
    assert any(line.strip() == stage for line in process.stderr)
    return process


def test_an_edited_report_is_kept_and_a_file_of_ones_own_stays(tmp_path: Path, first: Path) -> None:
    report = (first / "report.html").read_bytes()
    (first / "report.html").write_text("my words", encoding="utf-8")
    (first / "letter.txt").write_text("dear editor", encoding="utf-8")
    ended = atrisk("run", "study.yaml", cwd=tmp_path)
    assert ended.returncode == 0
    assert str(Path("out", "first", "report.edited.html")) in ended.stdout
    assert (first / "report.edited.html").read_text(encoding="utf-8") == "my words"
    assert (first / "letter.txt").read_text(encoding="utf-8") == "dear editor"
    assert (first / "report.html").read_bytes() == report
    assert [path.name for path in first.parent.iterdir()] == ["first"]


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("stage", ["read", "reconcile", "write rows", "report"])
def test_a_run_killed_in_the_middle_leaves_the_earlier_results(tmp_path: Path, first: Path, stage: str) -> None:
    """Killed as soon as it says that it has come to ``stage``; the next run clears up and succeeds."""
    (first / "letter.txt").write_text("dear editor", encoding="utf-8")
    before = hashes(first)
    with run_until(stage, tmp_path) as process:
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert hashes(first) == before
    assert (first.parent / ".first.atrisk").exists()
    assert atrisk("run", "study.yaml", cwd=tmp_path).returncode == 0
    after = hashes(first)
    assert {name for name in before if before[name] != after.get(name)} <= {"timings.json"}
    assert [path.name for path in first.parent.iterdir()] == ["first"]


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
@pytest.mark.parametrize("stage", ["read", "check", "write rows"])
def test_an_interrupted_run_says_so_and_leaves_nothing_behind(tmp_path: Path, stage: str) -> None:
    write_first_study(tmp_path)
    with run_until(stage, tmp_path) as process:
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        said = process.stderr.read()
    assert process.returncode == 130
    assert "Interrupted. Earlier results are unchanged." in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


QUERYING = """
import sys
import duckdb
from atrisk.cli import commands, main

def query(_study_file):
    with duckdb.connect() as connection:
        print("querying", flush=True)
        connection.execute("SELECT sum(sin(a.range * b.range)) FROM range(100000) a, range(4000) b").fetchall()

commands._load = query
sys.exit(main.exit_code(["check", "study.yaml"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
def test_an_interrupt_inside_the_engine_is_one_too(tmp_path: Path) -> None:
    """The engine, interrupted in a query, raises RuntimeError in place of KeyboardInterrupt.

    In a process of its own, and asked again like an impatient user, so that a lost signal cannot hang the tests.
    """
    command = [sys.executable, "-c", QUERYING]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=heed_interrupts
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"querying\n"
        for _attempt in range(40):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
                break
            process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_findings_that_block_are_told_without_values_and_leave_the_earlier_results(tmp_path: Path, first: Path) -> None:
    """A date that is none (line 3) and a key that stands twice (lines 2 and 4)."""
    before = hashes(first)
    lines = (tmp_path / "patients.csv").read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("2015-03-12", "2015-13-12")
    lines[3] = lines[3].replace("3,70", "1,70", 1)
    (tmp_path / "patients.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for command in ("check", "run"):
        ended = atrisk(command, "study.yaml", cwd=tmp_path)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert "blocks" in ended.stdout
        assert "patients.csv, column operated, row 3" in ended.stdout
        assert "2015-13-12" not in ended.stdout + ended.stderr
    assert hashes(first) == before
    assert any((tmp_path / "out" / "first-check").glob("*.html"))


def test_a_run_names_what_warns_and_where_its_rows_are_listed(tmp_path: Path, first: Path) -> None:
    """Ages of 9 and 800 stand in lines 2 and 4, outside 18 to 100; the run goes on and shows neither."""
    lines = (tmp_path / "patients.csv").read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("1,61", "1,9", 1)
    lines[3] = lines[3].replace("3,70", "3,800", 1)
    (tmp_path / "patients.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (tmp_path / "study.yaml").open("a", encoding="utf-8") as file:
        file.write("variables: {patient.age: {range: [18, 100]}}\n")
    ended = atrisk("run", "study.yaml", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Findings of the data check: 2 that warn" in ended.stdout
    assert "out-of-range: patients.csv, column age, 2 rows\n" in ended.stdout
    assert "800" not in ended.stdout + ended.stderr
    report = first.with_name("first-check") / "check.html"
    assert str(report.relative_to(tmp_path)) in ended.stdout
    assert "800" in report.read_text(encoding="utf-8")


def test_a_run_that_finds_nothing_any_more_does_not_leave_the_old_check_report(tmp_path: Path, first: Path) -> None:
    test_a_run_names_what_warns_and_where_its_rows_are_listed(tmp_path, first)
    text = (tmp_path / "patients.csv").read_text(encoding="utf-8")
    (tmp_path / "patients.csv").write_text(text.replace("3,800", "3,70").replace("1,9,", "1,61,"), encoding="utf-8")
    ended = atrisk("run", "study.yaml", cwd=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "800" not in (first.with_name("first-check") / "check.html").read_text(encoding="utf-8")


def test_the_first_study_of_the_readme_runs(tmp_path: Path, first: Path) -> None:
    """Ten lines at most; the expected counts are counted in the table of the README."""
    assert len((tmp_path / "study.yaml").read_text(encoding="utf-8").splitlines()) <= 10
    checked = atrisk("check", "study.yaml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    found = rows(first)
    assert (first / "report.html").exists()
    # open: patients 1, 3, 5, 7, 9, of whom 1, 3 and 7 died; lap: 2, 4, 6, 8, 10, of whom 6 died.
    assert value(found, analysis="follow_up", outcome="os", group="open", statistic="n_event") == 3
    assert value(found, analysis="follow_up", outcome="os", group="lap", statistic="n_event") == 1
    assert value(found, analysis="binary", outcome="leak", group="open", statistic="count") == 1
