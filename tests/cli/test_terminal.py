"""The terminal: closed pipes, terminals without Unicode, findings without values, and help at once."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from atrisk.cli import terminal
from atrisk.cli.findings import count_words, finding_lines, warning_lines
from atrisk.cli.interrupt import noticed_interrupts
from atrisk.cli.terminal import Stages, say, settle_encoding
from atrisk.result.finding import Finding, Severity

ATRISK = [sys.executable, "-m", "atrisk"]


def test_help_imports_nothing_slow() -> None:
    program = (
        "import sys\nfrom atrisk.cli.main import exit_code\nexit_code(['--help'])\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for slow in ("numpy", "scipy", "duckdb", "pydantic", "sqlglot", "ruamel", "matplotlib", "rich"):
        assert f"'{slow}'" not in ended.stderr


def test_help_answers_within_0_3_seconds() -> None:
    """The best of five whole processes, because a busy machine says nothing about the program."""

    def seconds() -> float:
        began = time.perf_counter()
        subprocess.run([*ATRISK, "--help"], capture_output=True, check=True)
        return time.perf_counter() - began

    assert min(seconds() for _attempt in range(5)) < 0.3


def test_linear_algebra_has_one_thread_whatever_the_environment_says() -> None:
    """The libraries read the variables when they are loaded, which is after the command line has set them."""
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    program = (
        "import os, sys\nfrom atrisk.cli import main\n"
        "def work(_arguments):\n"
        "    assert 'numpy' not in sys.modules\n"
        "    import numpy\n    numpy.ones((900, 900)) @ numpy.ones((900, 900))\n"
        f"    print([os.environ.get(name) for name in {variables}])\n"
        "    print(len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1)\n"
        "    return 0\n"
        "main.exit_code = work\n"
        "main.main([]) if sys.argv[1] == 'through main' else work([])\n"
    )

    def said(how: str) -> list[str]:
        environment = {**os.environ, **dict.fromkeys(variables, "4")}
        command = [sys.executable, "-c", program, how]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split("\n")

    assert said("through main")[:2] == [str(["1"] * 4), "1"]
    # Without it there would be more, where the machine has more than one core and says how many threads run.
    if (os.cpu_count() or 1) > 1 and os.path.isdir("/proc/self/task"):
        assert int(said("by itself")[1]) > 1


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_a_terminal_without_unicode_gets_question_marks(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    settle_encoding()
    say("p ≤ 0.05 生存")
    assert raw.getvalue().decode(encoding).strip() in ("p ? 0.05 ??", "p ≤ 0.05 ??")  # cp437 has the sign


@pytest.mark.skipif(os.name == "nt", reason="pipes close differently on Windows")
@pytest.mark.parametrize("command", ["schema", "--help"])
def test_a_reader_that_goes_away_ends_the_output_and_nothing_else(tmp_path: Path, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([*ATRISK, command], stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_output_to_closed_streams_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    with Stages().shown() as stages:
        stages("read")


def test_stages_remember_how_long_they_took_and_add_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clock is read at the start, at each call and at the end: 0, then 1, 3, 6, 10, 15."""
    clock = iter([0.0, 1.0, 3.0, 6.0, 10.0])
    monkeypatch.setattr(terminal.time, "perf_counter", lambda: next(clock))
    with Stages().shown() as stages:
        stages("read")
        stages("check")
        stages("read")
    assert stages.durations == {"read": 2.0 + 4.0, "check": 3.0}
    assert capsys.readouterr().err == "  read\n  check\n  read\n"


def finding(severity: Severity, rule: str, row: int | None = None, column: str = "") -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        file="data/patient.csv",
        row=row,
        column=column,
        message=f"About {rule}.",
        remedy="Mend it.",
        key="K-17",
        value="1962-02-30",
    )


FINDINGS = (
    finding(Severity.INFORMS, "unused column"),
    *(finding(Severity.BLOCKS, "not a date", row, "birth_date") for row in (12, 3, *range(100, 110), 3)),
    finding(Severity.WARNS, "out of range", 5, "age"),
)


def test_findings_are_grouped_gravest_first_with_their_rows_and_without_values() -> None:
    assert list(finding_lines(FINDINGS)) == [
        "blocks  not a date: data/patient.csv, column birth_date, rows 3, 12, 100, 101, 102, 103, 104, 105 and 4 more",
        "        About not a date.",
        "        Mend it.",
        "warns   out of range: data/patient.csv, column age, row 5",
        "        About out of range.",
        "        Mend it.",
        "informs unused column: data/patient.csv",
        "        About unused column.",
        "        Mend it.",
    ]


def test_what_warns_is_one_line_a_column_with_its_number_of_rows() -> None:
    alone = Finding(rule="group of one", severity=Severity.WARNS, message="Group 'A' has one patient.")
    again = finding(Severity.WARNS, "out of range", 6, "age")
    assert list(warning_lines((*FINDINGS, again, again, finding(Severity.WARNS, "late", 4, "seen"), alone))) == [
        "out of range: data/patient.csv, column age, 2 rows",
        "late: data/patient.csv, column seen, 1 row",
        "group of one: Group 'A' has one patient.",
    ]


def test_findings_are_counted_in_words() -> None:
    assert count_words(FINDINGS) == "13 that block, 1 that warns, 1 that informs"
    assert count_words(()) == "none"


@pytest.mark.skipif(os.name == "nt", reason="signals are ignored otherwise on Windows")
def test_a_job_begun_deaf_to_ctrl_c_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with noticed_interrupts() as noticed:
            signal.raise_signal(signal.SIGINT)
            assert not noticed.is_set()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_is_noticed_and_the_handler_put_back() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), noticed_interrupts() as noticed:
            signal.raise_signal(signal.SIGINT)
        assert noticed.is_set()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
