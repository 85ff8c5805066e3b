"""Any figure of the report: drawn, and its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atrisk.report.figures.calibration_drawing import draw_calibration
from atrisk.report.figures.calibration_figure import CalibrationFigure, calibration_data
from atrisk.report.figures.canvas import Ink, ink, settings
from atrisk.report.figures.flow_drawing import draw_flow
from atrisk.report.figures.flow_figure import FlowFigure, flow_data
from atrisk.report.figures.forest_drawing import draw_forest
from atrisk.report.figures.forest_figure import ForestFigure, forest_data
from atrisk.report.figures.grades_drawing import draw_grades
from atrisk.report.figures.grades_figure import GradesFigure, grades_data
from atrisk.report.figures.interval_drawing import draw_intervals
from atrisk.report.figures.interval_figure import IntervalFigure, interval_data
from atrisk.report.figures.love_drawing import draw_love
from atrisk.report.figures.love_figure import LoveFigure, love_data
from atrisk.report.figures.missing_drawing import draw_missing
from atrisk.report.figures.missing_figure import MissingFigure, missing_data
from atrisk.report.figures.monitoring_drawing import draw_charts, draw_funnel
from atrisk.report.figures.monitoring_figure import ChartFigure, FunnelFigure, chart_data, funnel_data
from atrisk.report.figures.over_time_drawing import draw_over_time
from atrisk.report.figures.over_time_figure import OverTimeFigure, over_time_data
from atrisk.report.figures.step_drawing import draw_steps
from atrisk.report.figures.step_figure import StepFigure, step_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AnyFigure = (
    StepFigure
    | FlowFigure
    | ForestFigure
    | IntervalFigure
    | GradesFigure
    | MissingFigure
    | OverTimeFigure
    | LoveFigure
    | CalibrationFigure
    | ChartFigure
    | FunnelFigure
)


def load() -> None:
    """Draw something small, so that the first figure takes no longer than the others: much is loaded only then."""
    from matplotlib.figure import Figure

    with settings(""):
        trial = Figure(figsize=(1, 1))
        axes = trial.add_subplot()
        axes.plot([0, 1], [0, 1])
        axes.set_xlabel("0")
        ink(trial, "")


def drawn(figure: AnyFigure) -> Ink:
    """The figure in its three formats."""
    with settings(words(figure)):
        return ink(_draw(figure), figure.title)


def _draw(figure: AnyFigure) -> Figure:
    if isinstance(figure, StepFigure):
        return draw_steps(figure)
    if isinstance(figure, CalibrationFigure):
        return draw_calibration(figure)
    if isinstance(figure, FlowFigure):
        return draw_flow(figure)
    if isinstance(figure, IntervalFigure):
        return draw_intervals(figure)
    if isinstance(figure, OverTimeFigure):
        return draw_over_time(figure)
    if isinstance(figure, GradesFigure):
        return draw_grades(figure)
    if isinstance(figure, ChartFigure):
        return draw_charts(figure)
    if isinstance(figure, FunnelFigure):
        return draw_funnel(figure)
    if isinstance(figure, MissingFigure):
        return draw_missing(figure)
    if isinstance(figure, LoveFigure):
        return draw_love(figure)
    return draw_forest(figure)


def figure_data(figure: AnyFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The numbers behind the figure: a header and rows, in full precision."""
    if isinstance(figure, StepFigure):
        return step_data(figure)
    if isinstance(figure, CalibrationFigure):
        return calibration_data(figure)
    if isinstance(figure, FlowFigure):
        return flow_data(figure)
    if isinstance(figure, IntervalFigure):
        return interval_data(figure)
    if isinstance(figure, OverTimeFigure):
        return over_time_data(figure)
    if isinstance(figure, GradesFigure):
        return grades_data(figure)
    if isinstance(figure, ChartFigure):
        return chart_data(figure)
    if isinstance(figure, FunnelFigure):
        return funnel_data(figure)
    if isinstance(figure, MissingFigure):
        return missing_data(figure)
    if isinstance(figure, LoveFigure):
        return love_data(figure)
    return forest_data(figure)


def words(figure: AnyFigure) -> str:
    """Every text of the figure, for the choice of fonts."""
    if isinstance(figure, StepFigure):
        own = [figure.x_label, figure.y_label, *figure.risk_labels, *(line.label for line in figure.lines)]
    elif isinstance(figure, CalibrationFigure):
        own = [figure.x_label, figure.y_label]
    elif isinstance(figure, IntervalFigure):
        own = [figure.x_label, figure.y_label, figure.between_label, figure.dated_label]
        own += [panel.label for panel in figure.panels]
    elif isinstance(figure, ChartFigure):
        own = [figure.x_label, figure.cusum_label, figure.vlad_label, figure.limit_label]
    elif isinstance(figure, FunnelFigure):
        own = [figure.x_label, figure.y_label, *figure.limit_labels, *(point.label for point in figure.points)]
    elif isinstance(figure, GradesFigure):
        own = [figure.y_label, *figure.labels, *(bar.label for bar in figure.bars)]
    elif isinstance(figure, MissingFigure):
        own = [*figure.variables, *figure.groups, figure.patients_label]
    elif isinstance(figure, OverTimeFigure):
        own = [figure.x_label, figure.y_label, figure.smooth_label, figure.average_label]
        own += [panel.label for panel in figure.panels]
    elif isinstance(figure, FlowFigure):
        own = [text for box in figure.boxes for text in (*box.staying, *box.leaving)]
        own += [text for group in figure.groups for text in group]
    elif isinstance(figure, LoveFigure):
        own = [figure.x_label, *figure.kinds, *(line.label for line in figure.lines)]
    else:
        own = [figure.x_label, figure.words_heading]
        own += [text for line in figure.lines for text in (line.label, line.words)]
    return " ".join([*own, figure.footer])
