"""Labels that break out of their place: markup, quotes, formulas, emoji, right-to-left text, very long names."""

from __future__ import annotations

import csv
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from atrisk.report.html.markup import Markup, element, escaped
from atrisk.report.spreadsheet import safe_cell
from atrisk.report.write import write_report
from atrisk.result.run_result import VariableWords
from atrisk.study.text import Text
from tests.report.example_result import VARIABLES, Maker, example_result
from tests.report.page_reader import Node, read_page

HOSTILE = {
    "a": "<script>alert(1)</script>",
    "b": "\"quoted\" & 'single' -->",
    "c": "🫀 العربية עברית 小肠",
    "d": '=HYPERLINK("http://evil","x")',
    "e": "$\\frac{1}{2}$ \x07 tab\there",
    "f": "A very long name " * 20,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report whose group, variable and flow labels are all hostile, with empty and tiny groups."""
    sizes = {"a": 12, "b": 20, "c": 3, "d": 1, "e": 40, "f": 25}
    result = example_result(HOSTILE, sizes)
    words = {
        name: replace(
            variable, label=Text(HOSTILE["a"] + name), levels=dict.fromkeys(variable.levels, Text(HOSTILE["d"]))
        )
        for name, variable in VARIABLES.items()
    }
    flow = tuple(replace(step, label=Text(HOSTILE["abcdef"[step.number - 1]])) for step in result.flow)
    out = tmp_path_factory.mktemp("hostile")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_report(replace(result, variables=words, flow=flow), out, lambda _stage: None)
    return out


def test_labels_stay_text(hostile: Path) -> None:
    """No element, attribute or script comes out of a label, and the page still closes every element."""
    page = read_page((hostile / "report.html").read_text(encoding="utf-8"))
    assert page.all("script") == []
    assert "<script>alert(1)</script>" in page.text
    assert HOSTILE["b"] in page.text
    assert "小肠" in page.text
    assert "\x07" not in page.text
    for drawing in page.all("svg"):
        assert {node.tag for node in drawing.walk()} <= {
            "svg", "title", "desc", "g", "path", "use", "defs", "rect", "clippath",
        }  # fmt: skip


def test_drawings_hold_no_foreign_element(hostile: Path) -> None:
    """The SVG files are well formed with the labels in them."""
    import xml.etree.ElementTree as ElementTree  # our own files

    for file in (hostile / "figures").glob("*.svg"):
        tree = ElementTree.parse(file)  # noqa: S314
        assert not [node for node in tree.iter() if node.tag.endswith("script")]


def test_no_cell_runs_as_a_formula(hostile: Path) -> None:
    """No cell of any CSV file begins with a sign that a spreadsheet takes for a formula, numbers aside."""
    files = [*hostile.rglob("*.csv")]
    assert len(files) > 20
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream):
                for cell in row:
                    if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
                        float(cell.rstrip("%").replace(",", ""))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("−4.1", "-4.1"),
        ("-4.1", "-4.1"),
        ("−4.1 (−12.0 to 3.0)", "−4.1 (−12.0 to 3.0)"),
        ("53.2%", "53.2%"),
        ("plain", "plain"),
        ("1\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}2", "1 to 2"),
    ],
)
def test_cells(text: str, safe: str) -> None:
    """Formulas become text, numbers stay numbers."""
    assert safe_cell(text) == safe


def test_markup_escapes_what_is_not_markup() -> None:
    """Text and attribute values are escaped once; markup is not escaped again."""
    built = element("p", {"title": '"><b>'}, "<i>", Markup("<b>x</b>"), escaped("&amp;"))
    assert built == '<p title="&quot;&gt;&lt;b&gt;">&lt;i&gt;<b>x</b>&amp;amp;</p>'


def test_twelve_groups_and_two_hundred_variables(tmp_path: Path) -> None:
    """Nothing depends on there being few of anything; a table is then wide or long, and complete."""
    groups = {f"g{number}": f"Group number {number}" for number in range(12)}
    result = example_result(groups, dict.fromkeys(groups, 15))
    maker = Maker()
    wanted = [row for row in result.rows if row.analysis == "baseline" and row.variable == "major"]
    for number in range(200):
        maker.rows += [
            replace(row, variable=f"v{number}", row_id=f"{row.row_id}-{number}", estimate_id="") for row in wanted
        ]
    variables = {
        **result.variables,
        **{
            f"v{number}": VariableWords(name=f"v{number}", label=Text(f"Variable {number}"), kind="boolean", levels={})
            for number in range(200)
        },
    }
    full = replace(result, rows=(*result.rows, *maker.rows), variables=variables)
    write_report(full, tmp_path, lambda _stage: None)
    page = read_page((tmp_path / "report.html").read_text(encoding="utf-8"))
    table: Node = next(node for node in page.all("table") if node.attributes["id"] == "table-baseline")
    labels = {row.children[0].text for row in table.all("tr") if isinstance(row.children[0], Node)}
    assert {f"Variable {number}" for number in range(200)} <= labels
    assert all(f"Group number {number}" in table.text for number in range(12))
