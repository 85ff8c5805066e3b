"""The results in sentences: every number in them is a result row's, and no sentence says more than its limits allow."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.claims import hazard_sentence, judged_margins, margin_sentence
from atrisk.report.row_cells import limits, number
from atrisk.report.row_index import Key
from atrisk.report.sections.outcomes import timed_outcomes
from atrisk.report.sentence import filled
from atrisk.report.table_model import Line, Piece
from atrisk.report.tables.surgical_words import surgical_outcomes
from atrisk.report.tables.table_words import p_statement, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def cohort_sentence(view: View) -> Line:
    """From how many rows of data how many patients came to be compared, by group."""
    rows = {(row.term, row.statistic): row for row in view.rows.rows if row.analysis == "flow"}
    frame = view.main
    groups = ", ".join(
        f"{view.names.group('main', code)} {view.words.count(frame.n.get(code, 0))}" for code in frame.groups
    )
    total = view.words.count(sum(frame.n.values()))
    first = next(iter(row for (_, statistic), row in rows.items() if statistic == "patients_entered"), None)
    if first is not None:
        message = view.say("Of {entered} patients in the data, {total} were compared ({groups}).")
        return filled(message, {"entered": number(first, view.words.count), "total": total, "groups": groups})
    message = view.say("{total} patients were compared ({groups}).")
    return filled(message, {"total": total, "groups": groups})


def follow_up_sentence(view: View, frame: ComparisonFrame, outcome: str) -> Line:
    """How many had the event, and how long patients were followed."""
    unit = time_unit(view, outcome)
    key = Key(analysis="follow_up", statistic="median", comparison=frame.name, outcome=outcome)
    median = view.rows.find(key)
    rows = {
        row.statistic: row
        for row in view.rows.family(frame.name, "follow_up", outcome)
        if not row.group and not row.cause
    }
    events, n = rows.get("n_event"), rows.get("n")
    if events is None or n is None:
        return ()
    form = lambda days: view.words.duration(days, unit)  # noqa: E731 - used twice in the next lines
    message = view.say("{events} of {n} patients had the event; the median follow-up was {median} {unit} ({limits}).")
    return filled(
        message,
        {
            "events": number(events, view.words.count),
            "n": number(n, view.words.count),
            "median": number(median, form),
            "unit": view.words.unit_of_time(unit),
            "limits": limits(view, median, form) or Piece(view.say("no limits")),
        },
    )


def landmark_sentence(view: View, frame: ComparisonFrame, outcome: str) -> Line:
    """The estimate of every group at the last landmark that any of them reaches, with limits and numbers at risk."""
    analysis = "cumulative_incidence" if view.causes(frame, outcome) else "survival"
    cause = view.cause(frame, outcome)
    rows = [
        row
        for row in view.rows.family(frame.name, analysis, outcome)
        if row.statistic == analysis and row.time is not None and row.group and row.cause == cause
    ]
    times = [row.time for row in rows if row.value is not None]
    if not times:
        return ()
    last = max(time for time in times if time is not None)
    pieces: list[Piece] = []
    for row in rows:
        if row.time != last:
            continue
        at_risk = view.rows.companion(row, "n_at_risk")
        message = view.say("{value} ({limits}; {n} at risk) in {group}")
        part = filled(
            message,
            {
                "value": number(row, view.words.percent),
                "limits": limits(view, row, view.words.percent) or Piece(view.say("no limits")),
                "n": number(at_risk, view.words.count),
                "group": view.names.group(frame.name, row.group),
            },
        )
        pieces += [Piece(", ")] if pieces else []
        pieces += list(part)
    what = view.names.outcome(outcome) if analysis == "survival" else view.names.cause(outcome, cause)
    message = view.say("{outcome} at {time} was {estimates}.")
    return filled(
        message,
        {"outcome": what, "time": view.words.time_point(last, time_unit(view, outcome)), "estimates": tuple(pieces)},
    )


def test_sentence(view: View, frame: ComparisonFrame, outcome: str) -> Line:
    """The log-rank test of all groups."""
    key = Key(
        analysis="log_rank",
        statistic="p",
        comparison=frame.name,
        outcome=outcome,
        contrast=all_groups(frame.groups),
        cause=view.cause(frame, outcome),
    )
    row = view.rows.find(key)
    if row is None or row.value is None:
        return ()
    groups = view.say("all groups") if len(frame.groups) > 2 else view.names.contrast(frame.name, frame.contrasts[0])
    message = view.say("The log-rank test ({groups}) gave {p}.")
    return filled(message, {"groups": groups, "p": p_statement(view, row)})


def timed_sentences(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    """All that is said of one time-to-event outcome."""
    yield from (
        sentence
        for sentence in (
            follow_up_sentence(view, frame, outcome),
            landmark_sentence(view, frame, outcome),
            test_sentence(view, frame, outcome),
        )
        if sentence
    )
    yield from hazard_sentences(view, frame, outcome)
    yield from (margin_sentence(view, judged) for judged in judged_margins(view, frame.name, outcome))


def hazard_sentences(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    """What the hazard ratio of each contrast leaves possible."""
    for contrast in frame.contrasts:
        key = Key(
            analysis="cox",
            statistic="hazard_ratio",
            comparison=frame.name,
            outcome=outcome,
            contrast=contrast,
            cause=view.cause(frame, outcome),
        )
        row = view.rows.find(key)
        if row is not None:
            yield hazard_sentence(view, row)


def surgical_sentences(view: View, frame: ComparisonFrame) -> Iterator[Line]:
    """Each true/false outcome: the share of every group with limits, then the differences of the contrasts."""
    for outcome in surgical_outcomes(view, frame, "binary"):
        yield share_sentence(view, frame, outcome)
        yield from _differences(view, frame, outcome)
    timed = timed_outcomes(view, frame)
    others = (judged for judged in judged_margins(view, frame.name) if judged.margin.outcome not in timed)
    yield from (margin_sentence(view, judged) for judged in others)


def share_sentence(view: View, frame: ComparisonFrame, outcome: str) -> Line:
    """The share of every group with limits; of a death by a day the risk of all patients."""
    pieces: list[Piece] = []
    for group in frame.groups:
        row = _share(view, frame, outcome, group)
        if row is None:
            continue
        counted = row.numerator is not None and row.denominator is not None
        message = view.say("{count}/{n}, {percent} ({limits}) in {group}") if counted else ""
        part = filled(
            message or view.say("{percent} ({limits}) in {group}"),
            {
                "count": Piece(view.words.count(row.numerator or 0.0), row.row_id, "numerator"),
                "n": Piece(view.words.count(row.denominator or 0.0), row.row_id, "denominator"),
                "percent": number(row, view.words.percent),
                "limits": limits(view, row, view.words.percent) or Piece(view.say("no limits")),
                "group": view.names.group(frame.name, group),
            },
        )
        pieces += [Piece(", ")] if pieces else []
        pieces += list(part)
    if not pieces:
        return ()
    return filled(
        view.say("{outcome}: {estimates}."), {"outcome": view.names.outcome(outcome), "estimates": tuple(pieces)}
    )


def _share(view: View, frame: ComparisonFrame, outcome: str, group: str) -> Row | None:
    """The risk of death by a day of all patients where it is one, else the proportion of those recorded."""
    for row in view.rows.family(frame.name, "mortality", outcome):
        if row.statistic == "risk" and row.group == group:
            return row
    return view.rows.find(
        Key(analysis="binary", statistic="proportion", comparison=frame.name, outcome=outcome, group=group)
    )


def _differences(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Line]:
    for contrast in frame.contrasts:
        row = _difference(view, frame, outcome, contrast)
        if row is None or row.value is None:
            continue
        message = view.say("{contrast}: a difference of {difference} percentage points ({limits}).")
        yield filled(
            message,
            {
                "contrast": view.names.contrast(frame.name, contrast),
                "difference": number(row, view.words.points),
                "limits": limits(view, row, view.words.points) or Piece(view.say("no limits")),
            },
        )


def _difference(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> Row | None:
    for row in view.rows.family(frame.name, "mortality", outcome):
        if row.statistic == "risk_difference" and row.contrast == contrast:
            return row
    key = Key(analysis="binary", statistic="risk_difference", comparison=frame.name, outcome=outcome, contrast=contrast)
    return view.rows.find(key)
