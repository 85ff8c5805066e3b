"""Every number printed in the report is its result row's number, rounded: read back and compared, cell by cell."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from atrisk.report.row_index import RowIndex
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from tests.report.page_reader import Node

NUMBER = re.compile(r"([<>]?)([−-]?\d[\d,]*(?:\.\d+)?)(%?)[ᵃᵇᶜᵈ]?")
MONTH = 365.25 / 12
# How a statistic's value is scaled for readers: written here anew, not taken from the report's own code.
TIMES = {"os": 365.25, "hepatic": MONTH}


def scales(row: Row) -> set[float]:
    """What a row's value may be divided by before it is printed."""
    if row.statistic == "person_time":
        return {365.25}
    if row.analysis == "published":
        return {"%": {0.01}, "months": {MONTH}, "": {1.0}}[row.unit]
    if row.unit == "days" and row.analysis in ("survival", "follow_up"):
        return {TIMES[row.outcome]}
    if row.of == "risk_difference" or row.statistic == "risk_difference":
        return {0.01}
    return {1.0}


def numbers(page: Node) -> list[Node]:
    """Every element that says which row it shows."""
    return [node for node in page.walk() if "data-row" in node.attributes]


def test_every_number_is_its_rows_number(page: Node, result: RunResult) -> None:
    """A printed number may differ from its row by half a unit of its last digit, and by nothing more."""
    rows = {row.row_id: row for row in result.rows}
    compared = 0
    for node in numbers(page):
        row = rows[node.attributes["data-row"]]
        shown = NUMBER.fullmatch(node.text)
        given = getattr(row, node.attributes.get("data-field", "value"))
        if isinstance(given, str):
            assert node.text == given
            continue
        if row.statistic == "agrees":
            assert node.text == ("yes" if given == 1 else "no")
            continue
        if given is None:
            assert row.error
            assert node.text in ("–", "not reached", "not estimable", row.error), node.text
            continue
        assert shown is not None, f"{node.text!r} shows {row.statistic}"
        sign, digits, percent = shown.groups()
        printed = float(digits.replace("−", "-").replace(",", ""))
        decimals = len(digits.split(".")[1]) if "." in digits else 0
        for scale in {0.01} if percent else scales(row):
            exact = given / scale
        if sign:
            assert (exact < printed) if sign == "<" else (exact > printed), (node.text, row)
            assert row.statistic in ("p", "proportional_hazards_p")
        else:
            assert printed == pytest.approx(exact, abs=0.5 * 10**-decimals + 1e-9), (node.text, row)
        compared += 1
    assert compared > 500


def test_no_estimate_is_left_out(page: Node, result: RunResult) -> None:
    """Every estimate and p value of the run stands somewhere in the report."""
    shown = {node.attributes["data-row"] for node in numbers(page)}
    wanted = {
        "survival", "cumulative_incidence", "hazard_ratio", "risk_difference", "odds_ratio", "p", "smd", "median",
        "shift", "relative_effect", "homogeneity_p", "interaction_p", "draws_tried", "same_course", "n_one_index",
        "n_after_censoring", "left_out",
    }  # fmt: skip
    missing = [row for row in result.rows if row.statistic in wanted and row.row_id not in shown]
    assert not missing, [(row.analysis, row.statistic, row.outcome, row.contrast) for row in missing]


def _shows_a_value(node: Node) -> bool:
    return node.attributes.get("data-field", "value") == "value"


def test_an_estimate_never_stands_without_its_limits(page: Node, result: RunResult) -> None:
    """Wherever an estimate with limits is shown in a table, its own limits are shown in the same row of that table."""
    rows = {row.row_id: row for row in result.rows}
    limits: dict[tuple[str, str], set[str]] = {}
    for row in result.rows:
        if row.statistic in ("conf_low", "conf_high") and row.value is not None:
            limits.setdefault(row.estimate_id, set()).add(row.row_id)
    checked = 0
    for line in page.all("tr"):
        shown = {node.attributes["data-row"] for node in line.walk() if "data-row" in node.attributes}
        values = {n.attributes["data-row"] for n in line.walk() if "data-row" in n.attributes and _shows_a_value(n)}
        for row_id in values:
            row = rows[row_id]
            own = limits.get(row.estimate_id)
            if row.estimate_id and own and row.statistic not in ("conf_low", "conf_high") and row.value is not None:
                assert own <= shown, (row.analysis, row.statistic, row.outcome)
                checked += 1
    assert checked > 40


def test_limits_of_one_stratum_never_stand_beside_another(page: Node, result: RunResult) -> None:
    """All numbers in a row of a table are of one stratum."""
    rows = {row.row_id: row for row in result.rows}
    several = 0
    for line in page.all("tr"):
        strata = {rows[node.attributes["data-row"]].stratum for node in line.walk() if "data-row" in node.attributes}
        assert len(strata) <= 1
        several += strata == {"SI"}
    assert several >= 2


def test_two_limits_of_one_estimate_are_an_error(result: RunResult) -> None:
    """If two rows claim to be the lower limit of one estimate, no report is written rather than a wrong one."""
    limit = next(row for row in result.rows if row.statistic == "conf_low")
    with pytest.raises(ValueError, match="two rows say conf_low"):
        RowIndex.of([*result.rows, replace(limit, value=0.0)])


def test_every_p_value_stands_beside_its_contrast(page: Node, result: RunResult) -> None:
    """The groups of a p value's contrast are named in its row, its column, its note or its table's title."""
    rows = {row.row_id: row for row in result.rows}
    labels = {
        frame.name: {code: str(label) for code, label in frame.group_labels.items()} for frame in result.comparisons
    }
    for table in [
        node for node in page.walk() if "table" in node.attributes.get("class", "").split() and node.tag == "div"
    ]:
        caption = table.all("caption")[0].text
        for line in table.all("tr"):
            for node in line.walk():
                row = rows.get(node.attributes.get("data-row", ""))
                if row is None or row.statistic != "p" or row.analysis == "published":
                    continue
                words = caption + line.children[0].text + table.all("thead")[0].text
                codes = row.contrast.replace(" vs ", " / ").split(" / ")
                assert all(labels[row.comparison][code] in words for code in codes)


# What must stand above or beside a number of this statistic.
SAYS = {
    "n_at_risk": "At risk",
    "n_event_before": "Events before",
    "n_censored_before": "Censored before",
    "hazard_ratio": "Hazard ratio",
    "odds_ratio": "Odds ratio",
    "risk_difference": "Risk difference",
    "smd": "Standardised difference",
    "smd_by_chance": "Standardised difference",
    "survival": "urvival",
    "cumulative_incidence": "Cumulative incidence",
    "person_time": "Person-years",
    "n_censored": "Censored",
    "missing": "issing",
    "n_limit": "Recorded only as a limit",
    "mean": "Mean (SD)",
    "sd": "Mean (SD)",
    "median": "Median",
    "q1": "(IQR)",
    "q3": "(IQR)",
    "p": "p",
    "shift": "Shift",
    "relative_effect": "probability of a higher level",
    "n_one_index": "Graded on one index alone",
    "n_after_censoring": "of these, dated after last contact date",
    "homogeneity_p": "p for heterogeneity",
    "interaction_p": "p for interaction",
}


def _column_words(table: Node, position: int) -> str:
    """The words above the cell at a position: its own heading and the one it shares, spans counted."""
    covered: dict[tuple[int, int], str] = {}
    for height, line in enumerate(table.all("thead")[0].all("tr")):
        column = 0
        for cell in [child for child in line.children if isinstance(child, Node)]:
            while (height, column) in covered:
                column += 1
            for down in range(int(cell.attributes.get("rowspan", "1"))):
                for across in range(int(cell.attributes.get("colspan", "1"))):
                    covered[height + down, column + across] = cell.text
            column += int(cell.attributes.get("colspan", "1"))
    return " | ".join(words for (_, column), words in covered.items() if column == position)


def test_every_number_stands_under_its_own_headings(page: Node, result: RunResult) -> None:
    """Group, contrast, stratum, outcome, variable and level of a number's row are what its cell's headings say.

    A cell's headings are the table's caption, its column's headings, its row's header and, for a level, the last row
    that opened a block. The group of all patients is headed "All"; a stratum's numbers have it in their header.
    """
    rows = {row.row_id: row for row in result.rows}
    frames = {frame.name: frame for frame in result.comparisons}
    labels = {name: str(words.label) for name, words in result.variables.items()}
    labels |= {name: str(outcome.label) for name, outcome in result.study.outcomes.items()}
    checked = 0
    for table in [node for node in page.all("table") if node.attributes["id"] not in ("table-published", "table-flow")]:
        caption, opened = table.all("caption")[0].text, ""
        for line in [line for body in table.all("tbody") for line in body.all("tr")]:
            cells = [child for child in line.children if isinstance(child, Node)]
            header = cells[0].text
            if line.attributes.get("class") != "level":
                opened = header
            for position, cell in enumerate(cells[1:], start=1):
                words = " | ".join([caption, _column_words(table, position), opened, header])
                for node in cell.walk():
                    row = rows.get(node.attributes.get("data-row", ""))
                    if row is None or table.attributes["id"] in ("table-not-estimated", "table-warnings"):
                        continue
                    frame = frames[row.comparison]
                    by_group = row.group or row.analysis in ("baseline", "binary", "ordinal", "numeric", "follow_up")
                    if by_group and not row.contrast:
                        assert (str(frame.group_labels[row.group]) if row.group else "All") in words, (words, row)
                    if row.contrast == " / ".join(frame.groups) and len(frame.groups) > 2:
                        assert "all groups" in words.lower()
                    elif row.contrast:
                        first, second = (
                            row.contrast.split(" vs ")
                            if " vs " in row.contrast
                            else reversed(row.contrast.split(" / "))
                        )
                        assert f"{frame.group_labels[first]} vs {frame.group_labels[second]}" in words, (words, row)
                    if row.stratum:
                        assert str(frame.stratum_labels[row.stratum]) in header
                    if row.outcome or row.variable:
                        assert labels[row.outcome or row.variable] in words, (words, row)
                    if row.level not in ("", "true"):
                        known = result.variables[row.variable or row.outcome].levels
                        assert header == str(known.get(row.level, row.level))
                    # In the register of tests a column of its own names the test.
                    says = SAYS.get(row.statistic, "") if table.attributes["id"] != "table-tests" else ""
                    if node.attributes.get("data-field") in ("n", "n_event"):
                        says = "Patients"
                    assert says in f"{_column_words(table, position)} | {header}", (words, row)
                    if row.time is not None:
                        unit, days = ("year", 365.25) if row.outcome == "os" else ("month", MONTH)
                        assert re.search(rf"\b{row.time / days:g} {unit}s?$", opened), (words, row)
                    checked += 1
    assert checked > 400
