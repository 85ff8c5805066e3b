"""The check report: every finding with its place and value, marked as not for sharing."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from atrisk.report.check_report import write_check_report
from atrisk.result.finding import Finding, Severity
from tests.report.example_result import findings, study
from tests.report.page_reader import read_page

BLOCKER = Finding(
    rule="unknown_level",
    severity=Severity.BLOCKS,
    table="patient",
    file="data/patient.csv",
    row=7,
    column="sex",
    message="the value is none of the declared levels",
    remedy="correct it, or declare the level",
    key="P-007",
    value="<img src=x onerror=alert(1)>",
)


def test_every_finding_stands_there_with_its_value(tmp_path: Path) -> None:
    """One line a finding, the gravest first, nothing of it interpreted."""
    given = (*findings(), BLOCKER)
    place = write_check_report(study(), given, tmp_path / "check")
    assert place == tmp_path / "check" / "check.html"
    page = read_page(place.read_text(encoding="utf-8"))
    (body,) = page.all("tbody")
    lines = [[cell.text for cell in row.all("td")] for row in body.all("tr")]
    assert len(lines) == len(given)
    assert lines[0] == [
        "blocks",
        "unknown_level",
        "data/patient.csv",
        "7",
        "sex",
        "P-007",
        BLOCKER.value,
        BLOCKER.message,
        BLOCKER.remedy,
    ]
    assert [line[0] for line in lines] == ["blocks", "warns", "warns", "warns", "informs"]
    assert [line[3] for line in lines[1:4]] == ["12", "45", "200"]
    assert page.all("img") == []
    assert "stays at the site" in page.text


def test_the_csv_holds_the_same(tmp_path: Path) -> None:
    """The CSV has the same lines; a value that is a formula stays text."""
    write_check_report(study(), (*findings(), BLOCKER), tmp_path)
    with (tmp_path / "check.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0][:4] == ["Severity", "Rule", "File", "Row"]
    assert len(rows) == 1 + 5 + 1
    assert rows[2][6] == "'=cmd|' /C calc'!A0"
    assert "stays at the site" in rows[-1][0]


def test_nothing_found(tmp_path: Path) -> None:
    """Without findings there is a page that says so, and no table."""
    page = read_page(write_check_report(study(), (), tmp_path).read_text(encoding="utf-8"))
    assert "Nothing was found." in page.text
    assert page.all("table") == []


def test_only_our_own_script_may_run(tmp_path: Path) -> None:
    """The policy allows the one script by its hash, and no address."""
    page = read_page(write_check_report(study(), (BLOCKER,), tmp_path).read_text(encoding="utf-8"))
    (policy,) = [n.attributes["content"] for n in page.all("meta") if "http-equiv" in n.attributes]
    assert "script-src 'sha256-" in policy
    assert "default-src 'none'" in policy
    assert len(page.all("script")) == 1


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_the_columns_sort_in_a_browser(tmp_path: Path) -> None:
    """Pressing "Row" sorts by number (12 before 45 before 200), twice the other way round.

    A copy of the page without its policy presses the heading itself; the sorting is the page's own.
    """
    place = write_check_report(study(), findings(), tmp_path)
    text = place.read_text(encoding="utf-8")
    start, end = text.index("<meta http-equiv"), text.index("<meta name=")
    press = "<script>for (let i = 0; i < 2; i++) document.querySelectorAll('th button')[3].click();</script></body>"
    copy = tmp_path / "pressed.html"
    copy.write_text((text[:start] + text[end:]).replace("</body>", press), encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", copy.as_uri()]
    dumped = subprocess.run(command, capture_output=True, check=True, timeout=60)
    body = dumped.stdout.decode().split("<tbody>")[1]
    rows = [re.split("</td><td[^>]*>", line)[3] for line in body.split("<tr>")[1:]]
    assert rows == ["200", "45", "12", ""]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_on_a_phone_a_finding_stands_below_itself_and_its_message_comes_first(tmp_path: Path) -> None:
    """In a frame as wide as a phone nothing scrolls sideways, and what is wrong stands above the row's severity."""
    text = write_check_report(study(), (*findings(), BLOCKER), tmp_path).read_text(encoding="utf-8")
    start, end = text.index("<meta http-equiv"), text.index("<meta name=")
    (tmp_path / "inner.html").write_text(text[:start] + text[end:], encoding="utf-8")
    measure = (
        "<body><iframe width=390 height=900 srcdoc></iframe><script>onload = () => {"
        "const page = document.querySelector('iframe').contentDocument;"
        "const top = (cell) => cell.getBoundingClientRect().top;"
        "const cells = page.querySelector('tbody tr').children;"
        "document.body.textContent = [page.documentElement.scrollWidth <= 390,"
        "page.querySelector('.scroll').scrollWidth <= page.querySelector('.scroll').clientWidth,"
        "top(cells[7]) < top(cells[8]) && top(cells[8]) < top(cells[0])].join(' ');};</script></body>"
    )
    inner = (tmp_path / "inner.html").read_text(encoding="utf-8").replace("&", "&amp;").replace('"', "&quot;")
    (tmp_path / "phone.html").write_text(measure.replace("srcdoc", f'srcdoc="{inner}"'), encoding="utf-8")
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        (tmp_path / "phone.html").as_uri(),
    ]
    dumped = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert "<body>true true true</body>" in dumped.stdout.decode()
