"""What may be said of a comparison: the only place from which a report can say that groups are alike.

A large p value is no evidence of it (Altman and Bland 1995, BMJ 311:485). "No worse" and "equivalent" are said where a
margin was declared before the outcomes were read and the limits keep within it; in every other case the report says
how far apart the groups may be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from atrisk.report.number_form import form_of, unit_words
from atrisk.report.row_cells import limits, number
from atrisk.report.row_index import Key
from atrisk.report.sentence import Filling, filled
from atrisk.report.table_model import Line, Piece
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.study.contrast import parsed
from atrisk.study.lock import PRE_SPECIFIED
from atrisk.study.margin import Margin

# Words that claim likeness. No text of the report may have them but the sentences of `margin_sentence`, and the words
# of the study's author and of a publication, which are shown as theirs. A test reads every message and catalogue.
GUARDED = {
    "en": re.compile(
        r"\b(comparable|equivalen(t|ce)|similar(ly)?|no (significant )?difference(?! was shown)|alike|non-inferior)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile("相当|等效|相似|类似|无(显著)?差异|没有(显著)?差异|非劣"),
}


class Verdict(Enum):
    """What a margin's row allows to be said."""

    SHOWN = "shown"
    WITHIN_BUT_NOT_PRE_SPECIFIED = "within, not pre-specified"
    NOT_SHOWN = "not shown"
    NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True, slots=True)
class Judged:
    """A declared margin with its rows: the effect and whether its limits keep within the margin."""

    name: str
    margin: Margin
    effect: Row
    met: Row
    p: Row | None

    @property
    def verdict(self) -> Verdict:
        """The one thing that may be said."""
        if self.met.value is None:
            return Verdict.NOT_ESTIMABLE
        if not self.met.value:
            return Verdict.NOT_SHOWN
        if self.met.status == PRE_SPECIFIED:
            return Verdict.SHOWN
        return Verdict.WITHIN_BUT_NOT_PRE_SPECIFIED


def judged_margins(view: View, comparison: str, outcome: str = "") -> tuple[Judged, ...]:
    """Every margin of a comparison, or of one outcome of it, in the order declared."""
    found = []
    for name, margin in view.result.study.margins.items():
        if margin.comparison != comparison or (outcome and margin.outcome != outcome):
            continue
        rows = [row for row in view.rows.rows if (row.analysis, row.term) == ("margin", name)]
        by_name = {row.statistic: row for row in rows if not is_companion(row)}
        if margin.what.statistic in by_name and "met" in by_name:
            found.append(Judged(name, margin, by_name[margin.what.statistic], by_name["met"], by_name.get("p")))
    return tuple(found)


def margin_words(view: View, judged: Judged) -> str:
    """The margin as its author wrote it, with what it is of."""
    measure = view.say(judged.margin.measure)
    if judged.margin.at is not None:
        measure = view.say("{measure} at {time}").format(measure=measure, time=str(judged.margin.at))
    return view.say("{margin} ({measure})").format(margin=judged.margin.margin.text, measure=measure)


def margin_sentence(view: View, judged: Judged) -> Line:
    """What the margin shows, and nothing more."""
    first, second = (
        view.names.group(judged.margin.comparison, code) for code in (judged.margin.of, judged.margin.against)
    )
    fillings: dict[str, Filling] = {
        "margin": margin_words(view, judged),
        "first": first,
        "second": second,
        "limits": _limits(view, judged),
    }
    if judged.verdict is Verdict.NOT_ESTIMABLE:
        message = view.say(
            "Whether the margin of {margin} is kept for {first} against {second} cannot be said: {reason}."
        )
        return filled(message, {**fillings, "reason": view.remark(judged.met.error)})
    if judged.verdict is Verdict.NOT_SHOWN:
        message = view.say(
            "The margin of {margin} is not kept for {first} against {second}: the limits run {limits}, and an effect "
            "beyond it is not excluded."
        )
    elif judged.verdict is Verdict.WITHIN_BUT_NOT_PRE_SPECIFIED:
        message = view.say(
            "The limits for {first} against {second}, {limits}, lie within the margin of {margin}. It was not declared "
            "before the outcomes were read, and nothing is concluded from it."
        )
    elif judged.margin.claim == "equivalence":
        message = view.say(
            "{first} and {second} are equivalent within the margin of {margin}, which was declared before the outcomes "
            "were read: the limits run {limits}."
        )
    else:
        message = view.say(
            "{first} is non-inferior to {second} within the margin of {margin}, which was declared before the outcomes "
            "were read: the limits run {limits}."
        )
    return filled(message, fillings)


def _limits(view: View, judged: Judged) -> Line:
    row = judged.effect
    both = limits(view, row, form_of(view, row))
    unit = unit_words(view, row)
    pieces = (Piece(view.say("from ")), *both)
    return (*pieces, Piece(f" {unit}")) if unit else pieces


def hazard_sentence(view: View, ratio: Row) -> Line:
    """What a hazard ratio's limits leave possible; the p value decides nothing here."""
    first, second = _groups(view, ratio)
    low, high = view.rows.companion(ratio, "conf_low"), view.rows.companion(ratio, "conf_high")
    names: dict[str, Filling] = {"first": first, "second": second}
    if ratio.value is None or low is None or high is None or low.value is None or high.value is None:
        message = view.say("{first} against {second}: no hazard ratio can be estimated ({reason}).")
        return filled(message, {**names, "reason": view.remark(ratio.error) or view.say("no limits")})
    form = view.words.ratio
    fillings: dict[str, Filling] = {
        **names,
        "low": number(low, form),
        "high": number(high, form),
        "ratio": number(ratio, form),
    }
    if low.value <= 1 <= high.value:
        message = view.say(
            "{first} against {second}: no difference was shown; the data are compatible with a hazard ratio from {low} "
            "to {high} (estimate {ratio})."
        )
        return filled(message, fillings)
    message = (
        view.say(
            "{first} had the event more often per time than {second}: hazard ratio {ratio} "
            "({level} CI {low} to {high})."
        )
        if ratio.value > 1
        else view.say(
            "{first} had the event less often per time than {second}: hazard ratio {ratio} "
            "({level} CI {low} to {high})."
        )
    )
    return filled(message, {**fillings, "level": view.words.conf_level(ratio.conf_level or 0.95)})


def _groups(view: View, row: Row) -> tuple[str, str]:
    codes = parsed(row.contrast) or (row.contrast, "")
    return view.names.group(row.comparison, codes[0]), view.names.group(row.comparison, codes[1])


def power_sentence(view: View, comparison: str, outcome: str, contrast: str, cause: str) -> Line:
    """With how many events, the hazard ratio a test could have found; empty where that was not computed."""
    row = view.rows.find(
        Key(
            analysis="power", statistic="detectable_hazard_ratio", comparison=comparison, outcome=outcome,
            contrast=contrast, cause=cause,
        )
    )  # fmt: skip
    if row is None or row.value is None or row.n_event is None or row.n is None:
        return ()
    message = view.say(
        "With {events} events in {n} patients a test had {power} power only for a hazard ratio of {ratio} or more, "
        "or its inverse or less."
    )
    return filled(
        message,
        {
            "events": Piece(view.words.count(row.n_event), row.row_id, "n_event"),
            "n": Piece(view.words.count(row.n), row.row_id, "n"),
            "power": view.words.conf_level(view.result.study.settings.detectable.power),
            "ratio": number(row, view.words.ratio),
        },
    )
