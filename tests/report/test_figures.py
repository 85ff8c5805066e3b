"""Figures: their numbers against a slow count, their data files, their files on paper."""

from __future__ import annotations

import csv
import math
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from atrisk.report.figures.drawing import drawn
from atrisk.report.figures.flow_figure import flow_figure
from atrisk.report.figures.forest_figure import hazard_forest, risk_forest
from atrisk.report.figures.step_figure import numbers_under, step_figure, step_figures, time_axis
from atrisk.report.view import View
from atrisk.result.curve import Curve
from atrisk.result.run_result import RunResult
from tests.report.example_result import FLOW


def curve_of(ends: list[tuple[float, bool]]) -> Curve:
    """Kaplan-Meier of a few patients, by the definition."""
    times = sorted({time for time, _ in ends})
    at_risk = [sum(end >= time for end, _ in ends) for time in times]
    events = [sum(end == time and dead for end, dead in ends) for time in times]
    censored = [sum(end == time and not dead for end, dead in ends) for time in times]
    survival = np.cumprod([1 - d / n for d, n in zip(events, at_risk, strict=True)])
    nothing = np.full(len(times), np.nan)
    return Curve(
        comparison="main",
        outcome="os",
        kind="survival",
        group="UP",
        n=len(ends),
        time=np.array(times, dtype=float),
        n_at_risk=np.array(at_risk, dtype=float),
        n_event=np.array(events, dtype=float),
        n_censored=np.array(censored, dtype=float),
        estimate=survival,
        std_error=nothing,
        conf_low=nothing,
        conf_high=nothing,
        conf_level=0.95,
        conf_type="log-log",
    )


def test_numbers_under_the_axis_by_hand() -> None:
    """Five patients: deaths on days 0, 10, 10, censored on days 10 and 30; ticks at 0, 10, 11, 30, 31.

    At risk just before: 5, 4, 1, 1, 0. Censored before: 0, 0, 1, 1, 2. Events before: 0, 1, 3, 3, 3.
    """
    curve = curve_of([(0, True), (10, True), (10, True), (10, False), (30, False)])
    at_risk, censored, events = numbers_under(curve, np.array([0.0, 10.0, 11.0, 30.0, 31.0]))
    assert at_risk == (5, 4, 1, 1, 0)
    assert censored == (0, 0, 1, 1, 2)
    assert events == (0, 1, 3, 3, 3)


def test_numbers_under_the_axis_add_up(result: RunResult) -> None:
    """Without competing events, those at risk, censored and with the event are always the whole group."""
    view = View.of(result)
    figure = step_figure(view, view.main, "os")
    assert figure is not None
    assert figure.ticks == tuple(range(0, 15, 2))
    assert figure.until == 15
    assert [line.label for line in figure.lines] == ["Unknown primary", "Small intestine", "Pancreas"]
    for line in figure.lines:
        for three in zip(line.n_at_risk, line.n_censored, line.n_event, strict=True):
            assert sum(three) == line.curve.n


def test_a_figure_of_each_stratum_on_the_axis_of_the_whole(result: RunResult, written: Path) -> None:
    """Each shows the curves of its stratum alone, with the time axis of all compared, also without a declared end."""
    view = View.of(result)
    procedure = view.further[0]
    whole, *within = step_figures(view, procedure, "os")
    assert [(figure.stratum, figure.name) for figure in (whole, *within)] == [
        ("", "procedure-survival-os"),
        ("SI", "procedure-survival-os-stratum-1"),
        ("P", "procedure-survival-os-stratum-2"),
    ]
    for figure, n in zip((whole, *within), ((240, 250), (40, 40), (80, 80)), strict=True):
        assert {line.curve.stratum for line in figure.lines} == {figure.stratum}
        assert tuple(line.curve.n for line in figure.lines) == n
    long = replace(result.curves[-1], time=result.curves[-1].time + 20000)
    outcomes = {**result.study.outcomes, "os": result.study.outcomes["os"].model_copy(update={"show_until": None})}
    undeclared = result.study.model_copy(update={"outcomes": outcomes})
    longer = View.of(replace(result, study=undeclared, curves=(*result.curves[:-1], long)))
    ends = {figure.until for figure in step_figures(longer, procedure, "os")}
    assert len(ends) == 1
    assert ends.pop() >= 20000 / 365.25
    page = (written / "report.html").read_text(encoding="utf-8")
    assert "Stratum Pancreas. Overall survival: Kaplan-Meier" in page
    assert "All strata together, not adjusted for them." in page
    assert (written / "figures" / "procedure-survival-os-stratum-2.pdf").is_file()


@pytest.mark.parametrize(
    ("until", "unit", "exact", "expected"),
    [
        (15, "years", True, (15, 2, 14)),
        (10, "years", True, (10, 1, 10)),
        (8.2, "years", False, (9, 1, 9)),
        (120, "months", True, (120, 12, 120)),
        (61, "months", False, (72, 12, 72)),
        (90, "days", True, (90, 10, 90)),
        (0, "months", False, (1, 1, 1)),
        (500, "years", False, (500, 60, 480)),
    ],
)
def test_time_axis(until: float, unit: str, exact: bool, expected: tuple[float, float, float]) -> None:
    """At most ten intervals; a declared end is kept, another is rounded up to the next tick."""
    end, ticks = time_axis(until, unit, exact=exact)
    if until == 500:
        assert len(ticks) <= 11
        assert end >= 500
        return
    assert (end, ticks[1] - ticks[0], ticks[-1]) == expected


def test_the_data_of_a_curve_figure_are_the_curve(written: Path, result: RunResult) -> None:
    """The data file holds every step up to the end of the axis, in full precision."""
    with (written / "figures" / "survival-os.csv").open(encoding="utf-8", newline="") as stream:
        comment = next(stream)
        rows = list(csv.DictReader(stream))
    assert comment.removeprefix("# ").strip() == str(result.study.study.synthetic)
    for curve in [c for c in result.curves if (c.comparison, c.outcome, c.kind) == ("main", "os", "survival")]:
        own = [row for row in rows if row["group"] == curve.group]
        shown = curve.time <= 15 * 365.25
        assert [float(row["time_days"]) for row in own] == curve.time[shown].tolist()
        assert [float(row["estimate"]) for row in own] == curve.estimate[shown].tolist()
        assert [float(row["n_at_risk"]) for row in own] == curve.n_at_risk[shown].tolist()


def test_the_forest_shows_the_rows(result: RunResult) -> None:
    """Hazard ratios as they are, risk differences in percentage points, limits with them."""
    view = View.of(result)
    rows = {row.row_id: row for row in result.rows}
    for figure, scale in ((hazard_forest(view), 1.0), (risk_forest(view), 100.0)):
        assert figure is not None
        for line in figure.lines:
            if not line.row_id:
                continue
            row = rows[line.row_id]
            assert row.comparison == "main"
            assert row.value is not None
            assert line.value == row.value * scale
            low = next(r for r in result.rows if (r.estimate_id, r.statistic) == (row.estimate_id, "conf_low"))
            assert low.value is not None
            assert line.low == low.value * scale


def test_the_flow_diagram_says_every_number(result: RunResult) -> None:
    """Each step's excluded, unknown and remaining, and each group's size, stand in a box."""
    figure = flow_figure(View.of(result))
    assert figure is not None
    boxes = figure.boxes
    assert boxes[0].staying == (
        "Operations in the data: 1049 operations in 980 patients",
        "Left out before by 'where:': 31 of 1080 rows of the file",
    )
    for (_, kind, label, unit, _, excluded, unknown, _, remaining, _), box in zip(FLOW[1:], boxes[1:], strict=True):
        assert box.leaving[0] == label
        assert box.leaving[1].split(";")[0] == f"{excluded} {unit}s"
        assert str(remaining) in box.staying[0].split()
        assert not unknown or f"Unknown, left out: {unknown} patients" in box.leaving
        assert kind != "index" or box.staying == ("612 patients",)
    # 980 patients before, 640 after: 340 have no operation left.
    assert boxes[1].leaving[1] == "381 operations; 340 patients leave"
    assert boxes[1].staying == ("668 operations in 640 patients",)
    assert boxes[3].leaving == (
        "Not the first eligible operation",
        "28 operations",
        "• later stages of the same course of treatment, within 90 days: 4 operations",
        "• later ones: 24 operations",
    )
    assert figure.groups == (("Unknown primary", "n = 32"), ("Small intestine", "n = 285"), ("Pancreas", "n = 205"))


def test_curves_are_drawn_to_scale(result: RunResult) -> None:
    """The drawn line passes through the curve's steps, ends at the last follow-up and is pale where few are at risk."""
    from atrisk.report.figures.canvas import settings
    from atrisk.report.figures.step_drawing import draw_steps

    view = View.of(result)
    figure = step_figure(view, view.main, "os")
    assert figure is not None
    with settings("x"):
        (axes,) = draw_steps(figure).axes
    curve = figure.lines[0].curve
    strong, pale = axes.lines[0], axes.lines[1]
    x = np.concatenate((np.asarray(strong.get_xdata()), np.asarray(pale.get_xdata())[1:]))
    y = np.concatenate((np.asarray(strong.get_ydata()), np.asarray(pale.get_ydata())[1:]))
    assert x.tolist() == [0.0, *(curve.time / 365.25)]
    assert y.tolist() == [1.0, *curve.estimate]
    assert strong.get_drawstyle() == "steps-post"
    turn = round(float(np.asarray(strong.get_xdata())[-1]) * 365.25)
    assert curve.n_at_risk[curve.time == turn][0] >= 10
    assert (curve.n_at_risk[curve.time > turn] < 10).all()
    assert axes.get_ylim() == (0.0, 1.0)
    assert axes.get_xlim() == (0.0, 15.0)


def test_png_has_300_dots_per_inch_and_no_time(written: Path) -> None:
    """174 mm at 300 dots per inch are 2055 dots; no chunk holds a date."""
    for file in (written / "figures").glob("*.png"):
        content = file.read_bytes()
        assert struct.unpack(">I", content[16:20])[0] in (2055, 2056)
        position, kinds = 8, []
        while position < len(content):
            (length,) = struct.unpack(">I", content[position : position + 4])
            kind = content[position + 4 : position + 8]
            kinds.append(kind)
            if kind == b"pHYs":
                per_metre = struct.unpack(">II", content[position + 8 : position + 16])
                assert per_metre == (11811, 11811)
            position += 12 + length
        assert b"pHYs" in kinds
        assert b"tIME" not in kinds


def test_pdf_keeps_text_and_no_date(written: Path) -> None:
    """Fonts are embedded as TrueType (Type 42), not as drawings (Type 3); no creation date."""
    for file in (written / "figures").glob("*.pdf"):
        content = file.read_bytes()
        assert b"/CreationDate" not in content
        plain = content
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
            try:
                plain += zlib.decompress(stream)
            except zlib.error:
                continue
        assert b"/Type3" not in plain
        assert b"/FontFile2" in plain


def test_no_text_is_smaller_than_7_points(result: RunResult) -> None:
    """Every text of every figure, at 174 mm, is legible in print."""
    from matplotlib.text import Text

    from atrisk.report.figures import drawing
    from atrisk.report.figures.canvas import settings
    from atrisk.report.write import figures

    for figure in figures(View.of(result)):
        with settings("x"):
            paper = drawing._draw(figure)
            for text in paper.findobj(Text):
                assert isinstance(text, Text)
                assert not text.get_text() or text.get_fontsize() >= 7, text.get_text()


def test_a_group_without_events_or_patients(result: RunResult) -> None:
    """No event gives a flat line at 100%; a group with nobody has no line; neither stops the figure."""
    view = View.of(result)
    nobody = replace(
        curve_of([(5, False)]),
        group="P",
        n=0,
        **{name: np.array([]) for name in ("time", "n_at_risk", "n_event", "n_censored")},
        **{name: np.array([]) for name in ("estimate", "std_error", "conf_low", "conf_high")},
    )
    flat = curve_of([(100, False), (200, False)])
    view = View.of(replace(result, curves=(flat, nobody)))
    figure = step_figure(view, view.main, "os")
    assert figure is not None
    assert [line.curve.group for line in figure.lines] == ["UP"]
    assert figure.lines[0].n_event == (0,) * len(figure.ticks)
    assert drawn(figure).svg
    assert not math.isnan(figure.until)
