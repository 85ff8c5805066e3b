"""Sections 4 and 5: time-to-event and surgical outcomes of one comparison."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.document import Block, FigurePlace, Paragraph, Section
from atrisk.report.figures.forest_figure import hazard_forest, risk_forest
from atrisk.report.figures.grades_figure import grades_figures
from atrisk.report.figures.interval_figure import interval_figure
from atrisk.report.figures.over_time_figure import over_time_figure
from atrisk.report.figures.step_figure import StepFigure, step_figures
from atrisk.report.table_model import line
from atrisk.report.tables.binary import binary_table, difference_table, odds_ratio_table
from atrisk.report.tables.competing import competing_table, ignoring_table
from atrisk.report.tables.differences import difference_of_curves_table
from atrisk.report.tables.follow_up import follow_up_table
from atrisk.report.tables.hazard import hazard_table, strata_hazard_table
from atrisk.report.tables.interval import dating_table, interval_table
from atrisk.report.tables.landmarks import landmark_table, strata_landmark_table
from atrisk.report.tables.mortality import mortality_table
from atrisk.report.tables.non_proportional import non_proportional_table
from atrisk.report.tables.ordered_odds import ordered_odds_tables
from atrisk.report.tables.ranks import distribution_table, rank_table
from atrisk.report.tables.scan_schedule import scan_schedule_table
from atrisk.report.tables.sparse import sparse_table
from atrisk.report.tables.stay import stay_tables
from atrisk.report.tables.strata_medians import strata_median_table
from atrisk.report.view import View
from atrisk.report.wording import FEW_AT_RISK
from atrisk.result.run_result import ComparisonFrame


def timed_outcomes(view: View, frame: ComparisonFrame) -> tuple[str, ...]:
    """The time-to-event outcomes of a comparison."""
    return tuple(name for name in frame.outcomes if view.names.timed(name) is not None)


def time_to_event_section(view: View) -> Section | None:
    """One part an outcome, then all hazard ratios in one figure."""
    parts = [time_to_event_part(view, view.main, outcome) for outcome in timed_outcomes(view, view.main)]
    if not parts:
        return None
    blocks: list[Block] = []
    forest = hazard_forest(view)
    if forest is not None:
        blocks.append(
            FigurePlace(
                name=forest.name,
                caption=view.say(
                    "Hazard ratios of the declared contrasts with their limits; above 1, more events per time in the "
                    "group named first."
                ),
                description=view.say("The same estimates stand in the tables of groups compared, outcome by outcome."),
            )
        )
    scans = scan_schedule_table(view)
    blocks += [scans] if scans is not None else []
    return Section(
        identifier="time-to-event", title=view.say("Time-to-event outcomes"), blocks=tuple(blocks), parts=tuple(parts)
    )


def time_to_event_part(view: View, frame: ComparisonFrame, outcome: str) -> Section:
    """Figures, numbers, landmarks and tests of one outcome; estimates before tests."""
    figures = step_figures(view, frame, outcome)
    parts: list[Block | None] = [
        *(_place(view, frame, figure) for figure in figures if not figure.stratum),
        landmark_table(view, frame, outcome),
        ignoring_table(view, frame, outcome),
        difference_of_curves_table(view, frame, outcome),
        follow_up_table(view, frame, outcome),
        hazard_table(view, frame, outcome),
        sparse_table(view, frame, outcome),
        _over_time(view, frame, outcome),
        non_proportional_table(view, frame, outcome),
        competing_table(view, frame, outcome),
        _between_scans(view, frame, outcome),
        interval_table(view, frame, outcome),
        dating_table(view, frame, outcome),
        *(_place(view, frame, figure) for figure in figures if figure.stratum),
        strata_landmark_table(view, frame, outcome),
        strata_median_table(view, frame, outcome),
        strata_hazard_table(view, frame, outcome),
    ]
    blocks = [block for block in parts if block is not None]
    timed = view.names.timed(outcome)
    if timed is not None and timed.note is not None:
        blocks.insert(0, Paragraph(line(view.text(timed.note)), "note"))
    if not blocks:
        blocks.append(Paragraph(line(view.say("Nothing could be computed for this outcome.")), "warning"))
    return Section(
        identifier=f"{frame.name}-{outcome}".replace(".", "-"), title=view.names.outcome(outcome), blocks=tuple(blocks)
    )


def _place(view: View, frame: ComparisonFrame, figure: StepFigure) -> FigurePlace:
    level = view.words.conf_level(figure.lines[0].curve.conf_level)
    what = (
        view.say("{outcome}: Kaplan-Meier estimates by group.")
        if figure.kind == "survival"
        else view.say("{event}: cumulative incidence by group (Aalen-Johansen), with the other events competing.")
    )
    what = what.format(outcome=figure.outcome, event=figure.event)
    if figure.stratum:
        within = view.say("Stratum {stratum}.").format(stratum=view.names.stratum(frame.name, figure.stratum))
        what = f"{within} {what}"
    elif frame.strata:
        what = f"{what} {view.say('All strata together, not adjusted for them.')}"
    rest = view.say(
        "Bands: pointwise {level} CI. Vertical ticks: censored observations. Lines and bands are pale where fewer than "
        "{few} patients are at risk and end at the last follow-up. Below: at risk just before, censored and events "
        "before each time."
    ).format(level=level, few=FEW_AT_RISK)
    return FigurePlace(
        name=figure.name,
        caption=f"{what} {rest}",
        description=view.say(
            "Step curves by group; estimates at set times with limits stand in the table that follows."
        ),
    )


def _over_time(view: View, frame: ComparisonFrame, outcome: str) -> FigurePlace | None:
    """The figure of an outcome whose hazards proved not proportional."""
    figure = over_time_figure(view, frame, outcome)
    if figure is None:
        return None
    caption = view.say(
        "{outcome}: hazard ratio over time, smoothed from the scaled Schoenfeld residuals, with limits; dashed, the "
        "one ratio of the Cox model. Shown because the test of proportional hazards has p below 0.05. The ends of the "
        "curve rest on few events."
    ).format(outcome=view.names.outcome(outcome))
    described = view.say("Hazard ratios within periods stand in the table that follows.")
    return FigurePlace(name=figure.name, caption=caption, description=described)


def _between_scans(view: View, frame: ComparisonFrame, outcome: str) -> FigurePlace | None:
    """The figure of an outcome whose event lies between two scans."""
    figure = interval_figure(view, frame, outcome)
    if figure is None:
        return None
    caption = view.say(
        "{outcome}: an event seen on a scan lies between that scan and the last negative one. Coloured: every curve "
        "that fits these intervals lies in the band, which closes where the data decide (Turnbull). Dashed: the curve "
        "with every such event dated at the scan that showed it. In brackets: patients."
    ).format(outcome=view.names.outcome(outcome))
    described = view.say("The same estimates at set times stand in the table that follows.")
    return FigurePlace(name=figure.name, caption=caption, description=described)


def surgical_section(view: View) -> Section | None:
    """Binary outcomes with risk differences, then ordered and numeric ones."""
    blocks = surgical_blocks(view, view.main)
    if not blocks:
        return None
    forest = risk_forest(view)
    if forest is not None:
        place = FigurePlace(
            name=forest.name,
            caption=view.say("Risk differences of the declared contrasts with their limits, in percentage points."),
            description=view.say("The same estimates stand in the table of differences in risk."),
        )
        blocks.insert(min(2, len(blocks)), place)
    return Section(identifier="surgical", title=view.say("Surgical outcomes"), blocks=tuple(blocks))


def surgical_blocks(view: View, frame: ComparisonFrame) -> list[Block]:
    """The tables of one comparison's surgical outcomes."""
    blocks: list[Block] = [
        table
        for table in (
            mortality_table(view, frame),
            binary_table(view, frame),
            difference_table(view, frame),
            odds_ratio_table(view, frame),
        )
        if table is not None
    ]
    distributions, ranks = distribution_table(view, frame), rank_table(view, frame)
    blocks += [table for table in (distributions,) if table is not None]
    blocks += _levels(view, frame)
    blocks += [table for table in (ranks,) if table is not None]
    return [*blocks, *ordered_odds_tables(view, frame), *stay_tables(view, frame)]


def _levels(view: View, frame: ComparisonFrame) -> Iterator[FigurePlace]:
    """A figure of every ordered outcome."""
    for figure in grades_figures(view, frame):
        caption = view.say(
            "{outcome}: shares of patients by group, of those recorded; darker is higher. Beneath: patients."
        ).format(outcome=figure.title)
        if frame.strata:
            caption = f"{caption} {view.say('All strata together, not adjusted for them.')}"
        described = view.say("The same counts stand in the table of ordered and numeric outcomes by group.")
        yield FigurePlace(name=figure.name, caption=caption, description=described)
