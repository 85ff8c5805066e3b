"""Writes the report of a finished run: one page, figures, tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from atrisk.report.figures.calibration_figure import calibration_figure
from atrisk.report.figures.canvas import Ink
from atrisk.report.figures.divided_forest import divided_forests
from atrisk.report.figures.drawing import AnyFigure, figure_data
from atrisk.report.figures.exposure_figure import exposure_figure
from atrisk.report.figures.flow_figure import flow_figure
from atrisk.report.figures.forest_figure import hazard_forest, margin_forests, risk_forest
from atrisk.report.figures.grades_figure import grades_figures
from atrisk.report.figures.interval_figure import interval_figure
from atrisk.report.figures.love_figure import love_figures
from atrisk.report.figures.missing_figure import missing_figure
from atrisk.report.figures.monitoring_figure import chart_figure, funnel_figure
from atrisk.report.figures.over_time_figure import over_time_figure
from atrisk.report.figures.side_process import Drawers, draw_all
from atrisk.report.figures.specification_figure import specification_figures
from atrisk.report.figures.step_figure import step_figures
from atrisk.report.figures.tipping_figure import tipping_figures
from atrisk.report.html.page import page
from atrisk.report.manuscript.whole import manuscript
from atrisk.report.sections.outcomes import timed_outcomes
from atrisk.report.sections.whole import document
from atrisk.report.spreadsheet import figure_csv, table_csv
from atrisk.report.tables.adjusted import adjusted_outcomes
from atrisk.report.typst.writer import pdf
from atrisk.report.view import View
from atrisk.report.word.writer import word
from atrisk.result.run_result import RunResult


def begin_figures(result: RunResult, beside: Drawers | None) -> None:
    """Have ``beside``, where it is, draw the figures of a run; they show its main analysis alone."""
    if beside is not None:
        beside.draw(main_figures(View.of(result)))


def write_report(result: RunResult, out: Path, progress: Callable[[str], None], beside: Drawers | None = None) -> None:
    """Write ``report.html``, ``manuscript.docx`` and ``.pdf``, ``figures/`` and ``tables/`` below ``out``.

    The same run gives the same bytes. ``progress`` is told each stage. ``beside``: who was told to draw the figures
    (`begin_figures`); what does not come from there is drawn here. Raises OSError where ``out`` cannot be written.
    """
    progress("tables")
    view = View.of(result)
    written, drawings = document(view), figures(view)
    (out / "figures").mkdir(parents=True, exist_ok=True)
    (out / "tables").mkdir(parents=True, exist_ok=True)
    for table in written.tables():
        (out / "tables" / f"{table.name}.csv").write_bytes(table_csv(table, view.banner))
    inks = draw_all(drawings, progress, beside)
    for figure in drawings:
        _write_figure(figure, inks[figure.name], out / "figures", view.banner)
    progress("manuscript")
    paper = manuscript(view)
    (out / "manuscript.docx").write_bytes(word(paper, {name: ink.png for name, ink in inks.items()}))
    (out / "manuscript.pdf").write_bytes(pdf(paper, {name: ink.svg for name, ink in inks.items()}))
    progress("report")
    (out / "report.html").write_text(
        page(written, {name: ink.svg for name, ink in inks.items()}), encoding="utf-8", newline="\n"
    )


def figures(view: View) -> tuple[AnyFigure, ...]:
    """Every figure of the report."""
    found = main_figures(view)
    for frame in view.result.comparisons:
        found += specification_figures(view, frame)
    return found


def main_figures(view: View) -> tuple[AnyFigure, ...]:
    """Those that show the main analysis alone, and can be drawn before the alternatives are there."""
    found: list[AnyFigure | None] = [flow_figure(view), hazard_forest(view), risk_forest(view)]
    found += tipping_figures(view)
    found.append(calibration_figure(view))
    for frame in view.result.comparisons:
        found += margin_forests(view, frame)
        found += grades_figures(view, frame)
        found += divided_forests(view, frame)
        found.append(missing_figure(view, frame))
        for outcome in timed_outcomes(view, frame):
            found += step_figures(view, frame, outcome)
            found.append(over_time_figure(view, frame, outcome))
            found.append(interval_figure(view, frame, outcome))
        for outcome in adjusted_outcomes(view, frame):
            found += love_figures(view, frame, outcome)
    found += [exposure_figure(view, name) for name in view.result.study.time_dependent]
    found += [chart_figure(view), funnel_figure(view)]
    return tuple(figure for figure in found if figure is not None)


def _write_figure(figure: AnyFigure, ink: Ink, folder: Path, note: str) -> None:
    header, rows = figure_data(figure)
    for kind, content in (
        ("svg", ink.svg),
        ("pdf", ink.pdf),
        ("png", ink.png),
        ("csv", figure_csv(header, rows, note)),
    ):
        (folder / f"{figure.name}.{kind}").write_bytes(content)
