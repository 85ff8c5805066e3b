"""The methods in sentences: who was studied, which outcomes, which statistics; of what was run and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.table_model import Line, Piece, line
from atrisk.report.tables.adjusted import declared_adjustment
from atrisk.report.tables.tests_run import P_VALUES
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.model import Keep, Study
from atrisk.study.outcome import FirstOf, OutcomeFromDates, OutcomeWords


def design_sentences(view: View) -> Iterator[str]:
    """The design, the groups and the criteria."""
    study = view.result.study
    groups = _listed(view, [view.names.group("main", code) for code in view.main.groups])
    yield view.say("This study compares {groups}.").format(groups=groups)
    if study.study.data_cut is not None:
        yield view.say("Data were cut on {date}.").format(date=study.study.data_cut.isoformat())
    reasons = [view.text(step.otherwise) for step in study.cohort if isinstance(step, Keep) and step.otherwise]
    if reasons:
        words = view.say("Excluded, in this order, were patients or operations for these reasons: {reasons}.")
        yield words.format(reasons="; ".join(reasons))
    if study.time_zero is not None:
        yield view.say("Time counts from {date}.").format(date=view.names.column(study.time_zero).lower())


def outcome_sentences(view: View) -> Iterator[str]:
    """What each outcome is: its event, and what ends follow-up without one."""
    for name in view.main.outcomes:
        outcome = view.result.study.outcomes.get(name)
        if outcome is None:
            continue
        label = view.names.outcome(name)
        event = _event(view, name, outcome)
        if not isinstance(outcome, OutcomeFromDates):
            yield view.say("{outcome}: the event is {event}.").format(outcome=label, event=_lower(event))
            continue
        words = view.say("{outcome}: the event is {event}; patients without it are censored at {date}.")
        yield words.format(outcome=label, event=_lower(event), date=_lower(view.names.column(outcome.censor)))
        if isinstance(outcome.event, FirstOf):
            yield view.say("Whichever comes first counts.")
        if outcome.competing:
            others = _listed(view, [_lower(view.names.cause(name, code)) for code in outcome.competing])
            yield view.say("Competing with it: {others}.").format(others=others)
    surgical = [_label(view, name) for name in view.main.outcomes if name not in view.result.study.outcomes]
    if surgical:
        yield view.say("Further outcomes: {outcomes}.").format(outcomes="; ".join(surgical))


def statistics_sentences(view: View) -> Iterator[Line]:
    """The statistical methods, each only where rows of it exist."""
    has = {row.analysis for row in view.rows.rows}
    methods = {row.method for row in view.rows.rows}
    study = view.result.study
    level = view.words.conf_level(study.settings.conf_level)
    for sentence in (
        *_description(view, study, has, methods),
        *_survival(view, study, has, level),
        *_surgical(view, has, methods),
        *_adjustment(view, view.main, has, methods),
        *_further(view),
    ):
        yield line(sentence)
    yield from _tests(view)
    yield line(view.say("All analyses were made with atrisk; every number stands in its results file."))


def _description(view: View, study: Study, has: set[str], methods: set[str]) -> Iterator[str]:
    if "baseline" not in has:
        return
    yield view.say(
        "Characteristics are given as numbers and percentages of patients with a recorded value, means with standard "
        "deviations and medians with quartiles, and compared by standardised differences."
    )
    if study.baseline is not None and study.baseline.p_values:
        names = [
            words
            for method, words in (
                ("kruskal-wallis", view.say("the Kruskal-Wallis test")),
                ("fisher", view.say("Fisher's exact test")),
                ("chi-squared", view.say("the chi-squared test")),
            )
            if method in methods
        ]
        yield view.say("Their p values are those of {tests}.").format(tests=_listed(view, names))


def _survival(view: View, study: Study, has: set[str], level: str) -> Iterator[str]:
    if "survival" in has:
        yield view.say(
            "Survival was estimated by the method of Kaplan and Meier with pointwise {level} limits ({type}), "
            "follow-up by the reverse method."
        ).format(level=level, type=study.settings.conf_type)
    if "cumulative_incidence" in has:
        yield view.say(
            "With competing events, cumulative incidence was estimated by the method of Aalen and Johansen; tests and "
            "hazard ratios are cause-specific."
        )
    if "restricted_mean" in has:
        yield view.say(
            "Mean times free of the event up to a declared horizon were compared as areas under these curves."
        )
    if "log_rank" in has:
        rule = {
            "holm": view.say("Holm's rule"),
            "benjamini-hochberg": view.say("the rule of Benjamini and Hochberg"),
            "bonferroni": view.say("Bonferroni's rule"),
            "none": view.say("no adjustment"),
        }[study.groups.multiplicity]
        several = len(view.main.groups) > 2
        if several:
            yield view.say(
                "All groups were compared by the log-rank test, then the declared pairs with p values adjusted by "
                "{rule}."
            ).format(rule=rule)
        else:
            yield view.say("Groups were compared by the log-rank test.")
    if "cox" in has:
        yield view.say(
            "Hazard ratios are from Cox models with Efron's handling of ties; proportional hazards were tested by "
            "scaled Schoenfeld residuals."
        )
    if "power" in has:
        yield view.say(
            "What could have been detected was computed for declared hazard ratios by Schoenfeld's formula from the "
            "events observed."
        )


def _surgical(view: View, has: set[str], methods: set[str]) -> Iterator[str]:
    if "binary" in has:
        yield view.say(
            "Proportions have exact (Clopper-Pearson) limits, their differences Newcombe's, and were tested by "
            "Fisher's exact test."
        )
    if "mortality" in has:
        yield view.say(
            "Mortality up to a day is 1 minus the Kaplan-Meier estimate at it; beside it stand bounds that take every "
            "patient followed for less time as alive, or as dead."
        )
    if "wilcoxon" in methods:
        yield view.say(
            "Ordered and numeric outcomes were compared by the Kruskal-Wallis and Wilcoxon tests, with the probability "
            "of a higher value or the Hodges-Lehmann shift as estimates."
        )


def _adjustment(view: View, frame: ComparisonFrame, has: set[str], methods: set[str]) -> Iterator[str]:
    adjustment = declared_adjustment(view, frame)
    if adjustment is None or "adjusted" not in has:
        return
    names = _listed(view, [_lower(_label(view, name)) for name in adjustment.confounders])
    yield view.say(
        "Groups were also compared adjusted for {names}, declared as confounders beforehand and not chosen by their p "
        "values, in the patients for whom all of these are known."
    ).format(names=names)
    if any("firth" in method for method in methods):
        yield view.say("Beside these models stand the same with Firth's penalty and profile likelihood limits.")


def _further(view: View) -> Iterator[str]:
    for frame in view.further:
        label = view.text(frame.label)
        if frame.strata:
            words = view.say(
                "{comparison} was compared within strata, with estimates and tests of Mantel and Haenszel."
            )
        else:
            words = view.say("{comparison} was compared in the same way.")
        yield words.format(comparison=label)
    count = len(view.result.study.alternatives)
    if count:
        words = view.words.language.say_count(
            "{count} alternative analysis was declared and is reported.",
            "{count} alternative analyses were declared, and all are reported.",
            count,
        )
        yield words.format(count=view.words.count(count))
    if view.result.study.margins:
        yield view.say(
            "Effects were held against declared margins; only margins recorded before there were results count as such."
        )


def _tests(view: View) -> Iterator[Line]:
    count = sum(row.statistic in P_VALUES for row in view.result.rows)
    if count:
        words = (
            view.say(
                "{count} tests were run, those of alternatives among them; by chance alone some would give p values "
                "below 0.05."
            )
            if view.result.study.alternatives
            else view.say("{count} tests were run; by chance alone some would give p values below 0.05.")
        )
        yield (Piece(words.format(count=view.words.count(count))),)


def _event(view: View, name: str, outcome: OutcomeWords) -> str:
    """The event as its label says, else by the column of its date, rather than no word for it."""
    if outcome.event_label is None and isinstance(outcome, OutcomeFromDates) and isinstance(outcome.event, str):
        return view.names.column(outcome.event)
    return view.names.event(name)


def _label(view: View, name: str) -> str:
    """A variable's label without its unit."""
    words = view.names.words_of(name)
    return words.label.in_language(view.words.language.code) if words is not None else name


def _listed(view: View, parts: list[str]) -> str:
    """ "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return view.say("{first} and {last}").format(first=", ".join(parts[:-1]), last=parts[-1])


def _lower(text: str) -> str:
    """A label within a sentence; one that begins with an abbreviation stays as it is."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
