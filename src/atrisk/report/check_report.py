"""The check report: every finding with its row, key and value. It holds patients' values and stays at the site."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from atrisk.report.html.markup import Markup, element, joined
from atrisk.report.html.page import style_sheet
from atrisk.report.language import Language
from atrisk.report.spreadsheet import data_csv
from atrisk.report.workbook import workbook
from atrisk.result.finding import Finding, Severity
from atrisk.study.model import Study

_ORDER = tuple(Severity)
# More lines than this make a page that a browser cannot sort at once.
_MOST_ON_PAGE = 10_000
# Where the row stands among the columns.
_ROW = 3


def write_check_report(study: Study, findings: Sequence[Finding], out: Path) -> Path:
    """Write ``check.html``, ``check.csv`` and ``check.xlsx`` below ``out`` and return the path of the page.

    One line a finding, the gravest first; the columns can be sorted by their headings. The page shows the first ten
    thousand and says how many there are; the two files hold all. Raises OSError where ``out`` cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    language = Language.of("en")
    ordered = sorted(
        findings,
        key=lambda found: (_ORDER.index(found.severity), found.rule, found.file, found.row or 0, found.column),
    )
    place = out / "check.html"
    place.write_text(_page(study, ordered, language), encoding="utf-8", newline="\n")
    header = [name for name, _ in _columns(language)]
    notice = _notice(language)
    (out / "check.csv").write_bytes(
        b"\xef\xbb\xbf" + data_csv(header, [_cells(each, language) for each in ordered], notice)
    )
    rows = [_with_number(each, _cells(each, language)) for each in ordered]
    (out / "check.xlsx").write_bytes(workbook(language.say("Findings"), header, rows, notice))
    return place


def _with_number(finding: Finding, cells: Sequence[str]) -> list[str | int]:
    """The cells with the row as a number, so that a spreadsheet sorts it as one."""
    return [finding.row if place == _ROW and finding.row is not None else cell for place, cell in enumerate(cells)]


def _columns(language: Language) -> tuple[tuple[str, str], ...]:
    """Headings, and whether a column is sorted as text or as numbers."""
    say = language.say
    return (
        (say("Severity"), "text"),
        (say("Rule"), "text"),
        (say("File"), "text"),
        (say("Row"), "number"),
        (say("Column"), "text"),
        (say("Key"), "text"),
        (say("Value"), "text"),
        (say("What is wrong"), "text"),
        (say("What to do"), "text"),
    )


def _cells(finding: Finding, language: Language) -> tuple[str, ...]:
    return (
        finding.severity.value,
        finding.rule,
        finding.file or finding.table,
        str(finding.row) if finding.row is not None else "",
        finding.column,
        finding.key,
        finding.value,
        language.remark(finding.message),
        language.remark(finding.remedy),
    )


def _notice(language: Language) -> str:
    return language.say("Contains patients' identifiers and values: it stays at the site and is not for sharing.")


def _page(study: Study, findings: Sequence[Finding], language: Language) -> str:
    say = language.say
    script = files("atrisk.report.html").joinpath("sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = say("Data check: {title}").format(title=study.study.title.in_language(language.code))
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("title", {}, title),
        element("style", {}, Markup(style_sheet())),
    )
    body = element(
        "body",
        {"class": "check"},
        element("p", {"class": "banner", "role": "note"}, _notice(language)),
        element(
            "header", {}, element("h1", {}, title), element("p", {"class": "question"}, _summary(findings, language))
        ),
        element("main", {"class": "check"}, _table(findings, language) if findings else ""),
        element("script", {}, Markup(script)),
    )
    return f"<!DOCTYPE html>\n{element('html', {'lang': language.code}, head, body)}\n"


def _summary(findings: Sequence[Finding], language: Language) -> str:
    if not findings:
        return language.say("Nothing was found.")
    counts = Counter(finding.severity for finding in findings)
    words = {
        Severity.BLOCKS: ("{count} blocks the study", "{count} block the study"),
        Severity.WARNS: ("{count} warning", "{count} warnings"),
        Severity.INFORMS: ("{count} for information", "{count} for information"),
    }
    parts = [
        language.say_count(one, many, counts[severity]).format(count=counts[severity])
        for severity, (one, many) in words.items()
        if counts[severity]
    ]
    summary = "; ".join(parts) + "."
    if len(findings) > _MOST_ON_PAGE:
        more = language.say("The first {count} are listed here, all of them in check.csv and check.xlsx.")
        summary += " " + more.format(count=f"{_MOST_ON_PAGE:,}")
    return summary


def _table(findings: Sequence[Finding], language: Language) -> Markup:
    headings = [
        element("th", {"scope": "col", "data-sort": kind}, element("button", {"type": "button"}, name))
        for name, kind in _columns(language)
    ]
    names = [name for name, _ in _columns(language)]
    rows = [
        element(
            "tr",
            {},
            joined(
                [
                    element("td", {"data-label": name}, cell)
                    for name, cell in zip(names, _cells(finding, language), strict=True)
                ]
            ),
        )
        for finding in findings[:_MOST_ON_PAGE]
    ]
    return element(
        "div",
        {"class": "scroll", "tabindex": "0", "role": "region", "aria-labelledby": "findings-title"},
        element(
            "table",
            {"class": "findings"},
            element("caption", {"id": "findings-title"}, language.say("Findings; a heading sorts by its column")),
            element("thead", {}, element("tr", {}, joined(headings))),
            element("tbody", {}, joined(rows)),
        ),
    )
