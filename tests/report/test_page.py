"""The page as a whole: valid, alone, readable by machines and by those who cannot see it, careful in its claims."""

from __future__ import annotations

import itertools
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from atrisk.report.figures import side_process
from atrisk.report.tables.findings import findings_table
from atrisk.report.view import View
from atrisk.report.write import figures as all_figures
from atrisk.report.write import write_report
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.result.run_result import RunResult
from tests.report.example_result import BANNER, example_result
from tests.report.page_reader import Node, read_page

CLAIMS = re.compile(
    r"\b(comparable|equivalent|similar|no difference(?! was shown)|not significant|insignificant)\w*", re.IGNORECASE
)


def test_identifiers_are_unique_and_links_lead_somewhere(page: Node) -> None:
    """No id twice (figures share the page), and every reference within the page has its target."""
    ids = Counter(node.attributes["id"] for node in page.walk() if "id" in node.attributes)
    assert [name for name, count in ids.items() if count > 1] == []
    for node in page.walk():
        for name in ("href", "aria-labelledby", "clip-path"):
            for target in re.findall(r"#?([^\s#()]+)", node.attributes.get(name, "").removeprefix("url")):
                assert target in ids, (node.tag, name, target)


def test_nothing_is_fetched_and_nothing_runs(written: Path, page: Node) -> None:
    """No script, no outside address in any attribute or style, and a policy that forbids both."""
    assert page.all("script") == []
    assert page.all("link") == []
    assert page.all("img") == []
    for node in page.walk():
        for name, value in node.attributes.items():
            assert not name.startswith("on")
            assert "//" not in value, (node.tag, name, value)
    styles = "".join(child for node in page.all("style") for child in node.children if isinstance(child, str))
    assert "url(" not in styles
    assert "@import" not in styles
    (policy,) = [n.attributes["content"] for n in page.all("meta") if "http-equiv" in n.attributes]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy
    assert (written / "report.html").stat().st_size < 2_000_000


def test_landmarks_headings_and_tables_for_screen_readers(page: Node) -> None:
    """One main, one navigation, headings without gaps, a caption and scopes in every table, a name for every figure."""
    for tag in ("main", "nav", "header", "footer", "h1"):
        assert len(page.all(tag)) == 1, tag
    levels = [int(node.tag[1]) for node in page.walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    tables = page.all("table")
    assert len(tables) > 15
    for table in tables:
        assert table.all("caption")
        assert all("scope" in heading.attributes for heading in table.all("th"))
    drawings = page.all("svg")
    assert len(drawings) == 10
    for drawing in drawings:
        assert drawing.attributes["role"] == "img"
        assert drawing.all("title")[0].text
        assert drawing.all("desc")[0].text
    for region in [node for node in page.walk() if node.attributes.get("role") == "region"]:
        assert region.attributes["tabindex"] == "0"
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("a")[0].attributes["class"] == "skip"


def test_rows_of_a_table_are_as_wide_as_its_head(page: Node) -> None:
    """The cells of every row, spans counted, are as many as the columns."""
    for table in page.all("table"):
        widths = {
            sum(int(cell.attributes.get("colspan", "1")) for cell in row.children if isinstance(cell, Node))
            for body in table.all("tbody")
            for row in body.all("tr")
        }
        assert len(widths) == 1


def test_sections_in_order(page: Node) -> None:
    """Results come first, then what was found in the data and how all was done, last what could not be estimated."""
    titles = [node.text for node in page.all("h2") if node.attributes["id"] != "contents-title"]
    assert titles == [
        "1What the data show",
        "2Cohort flow",
        "3Baseline by group",
        "4Time-to-event outcomes",
        "5Surgical outcomes",
        "6Further comparisons",
        "7Published against computed",
        "8Data check",
        "9Methods and conventions",
        "10What could not be estimated",
    ]


def test_synthetic_data_say_so_everywhere(written: Path, page: Node) -> None:
    """The banner stands on the page, in the first line of every figure's data and in the last one of every table."""
    banners = [node.text for node in page.walk() if node.attributes.get("class") == "banner"]
    assert banners == [BANNER]
    assert "Selected to match the published figures: tests the software, not the finding" in page.text
    files = [*(written / "tables").glob("*.csv"), *(written / "figures").glob("*.csv")]
    assert len(files) > 20
    for file in files:
        place = 0 if file.parent.name == "figures" else -1
        assert BANNER in file.read_text(encoding="utf-8-sig").splitlines()[place], file.name


def test_real_data_carry_no_banner(tmp_path: Path) -> None:
    """Nothing says synthetic where the study file does not."""
    write_report(example_result(synthetic=False), tmp_path, lambda _stage: None)
    text = read_page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "Synthetic" not in text
    assert "Selected to match" not in text
    assert "Published against computed" in text


def test_no_claim_that_a_p_value_cannot_carry(page: Node) -> None:
    """A p value above 0.05 says nothing about likeness; the report has no words for it."""
    assert CLAIMS.search(page.text) is None


def test_findings_are_counted_and_their_values_kept_out(written: Path, page: Node, result: RunResult) -> None:
    """Keys and values of findings stand nowhere in what the run writes."""
    assert any(finding.key for finding in result.findings)
    for file in written.rglob("*"):
        if file.suffix in (".html", ".csv", ".svg"):
            text = file.read_text(encoding="utf-8-sig")
            assert "SECRET-KEY" not in text
            assert "cmd|" not in text
    assert "3 warnings; 1 finding for information." in page.text


def test_left_out_strata_are_named(page: Node) -> None:
    """The second comparison says whom it leaves out."""
    assert 'Unknown primary (32 patients): nobody in "With primary"' in page.text


def test_what_cannot_be_estimated_is_said(page: Node) -> None:
    """A median that is not reached says so, with its reason in the last section."""
    section = next(node for node in page.all("section") if node.attributes["id"] == "not-estimated")
    assert "not reached: the curve stays above this level" in section.text
    follow_up = next(node for node in page.all("table") if node.attributes["id"] == "table-follow-up-os")
    assert "not reached" in follow_up.text


def test_the_same_run_gives_the_same_bytes(written: Path, tmp_path: Path, result: RunResult) -> None:
    """No clock and no random identifier: a second report, all drawn in this process, equals the first."""
    write_report(result, tmp_path, lambda _stage: None)
    files = [file for file in sorted(written.rglob("*")) if file.is_file()]
    assert {file.suffix for file in files} == {".html", ".docx", ".svg", ".pdf", ".png", ".csv"}
    assert len(files) == len([file for file in tmp_path.rglob("*") if file.is_file()])
    for file in files:
        assert (tmp_path / file.relative_to(written)).read_bytes() == file.read_bytes(), file.name


def test_the_other_processes_draw_the_same_bytes(written: Path, result: RunResult) -> None:
    """What another interpreter sends is, byte for byte, what is drawn here; the figures are shared out."""
    figures = [figure for figure in all_figures(View.of(result)) if figure.name in ("flow", "survival-os")]
    drawers = side_process.Drawers.start()
    drawers.draw(figures)
    arrived = drawers.finished()
    drawers.stop()
    assert set(arrived) == {"flow", "survival-os"}
    for name, ink in arrived.items():
        for kind, content in (("svg", ink.svg), ("pdf", ink.pdf), ("png", ink.png)):
            assert content == (written / "figures" / f"{name}.{kind}").read_bytes(), (name, kind)


def test_figures_are_drawn_even_where_no_process_can_be_started(
    written: Path, tmp_path: Path, result: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that cannot be started, or that fails, costs time and nothing else."""
    figures = [figure for figure in all_figures(View.of(result)) if figure.name in ("flow", "hazard-ratios")] * 2
    expected = (written / "figures" / "hazard-ratios.svg").read_bytes()
    for executable in (str(tmp_path / "missing"), sys.executable):
        monkeypatch.setattr(sys, "executable", executable)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        (tmp_path / "atrisk.py").write_text("raise SystemExit(1)")
        with side_process.drawing_beside() as beside:
            if beside is not None:
                beside.draw(figures)
            inks = side_process.draw_all(figures, lambda _stage: None, beside)
        assert inks["hazard-ratios"].svg == expected


def test_findings_of_one_rule_with_words_of_their_own_have_a_sentence_on_the_rule(result: RunResult) -> None:
    """Two outcomes with tied events, and patients lost beside the line of their groups."""
    tied = [
        Finding(
            rule="tied-events",
            severity=Severity.INFORMS,
            message=Remark("tied-events", {"outcome": name, "share": 0.4, "n": 30}),
        )
        for name in ("os", "pfs")
    ]
    words = [
        Remark("lost-to-follow-up"),
        Remark("lost-to-follow-up.groups", {"groups": "A 1 of 4 alive"}),
    ]
    lost = [Finding(rule="lost-to-follow-up", severity=Severity.INFORMS, message=message) for message in words]
    table = findings_table(View.of(replace(result, findings=(*tied, *lost))))
    assert table is not None
    said = {row.header: row.cells[0].text for row in table.rows}
    assert "fall on a day of follow-up that had one already" in said["tied-events"]
    assert "their numbers by group" in said["lost-to-follow-up"]
