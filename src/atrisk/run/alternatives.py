"""The alternatives of a study: what each bears on, prepared and computed anew beside the main analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from atrisk.cohort.build import Cohort, build_cohort, narrowed
from atrisk.cohort.grouping import Grouping, assign
from atrisk.derive.derived_variables import derive_anew
from atrisk.derive.follow_up import FollowUp, follow_up
from atrisk.derive.partial_dates import place_partial_dates
from atrisk.derive.variable import Values, variable_values
from atrisk.errors import StudyError
from atrisk.read.database_address import DatabaseAddress
from atrisk.read.session import Session
from atrisk.read.table import Table
from atrisk.read.tables import read_tables
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.result.row import MAIN, Row
from atrisk.run.adjusted.comparison import adjusted_again, adjustment_of, is_adjusted
from atrisk.run.adjusted.covariates import covariates
from atrisk.run.baseline import baseline_rows
from atrisk.run.bearing import Bearing, bearing
from atrisk.run.flow_rows import flow_rows
from atrisk.run.frame import Frame
from atrisk.run.not_compared import not_compared_rows
from atrisk.run.surgical import surgical_rows
from atrisk.run.timed_outcome import timed_outcome
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """The tables as read for the main analysis, and where to read them again."""

    tables: Mapping[str, Table]
    session: Session
    data_root: Path | None
    databases: Mapping[str, DatabaseAddress]


@dataclass(frozen=True, slots=True, eq=False)
class Recomputed:
    """One comparison under an alternative: its groups, and which outcomes and baseline variables are computed."""

    frame: Frame
    outcomes: tuple[str, ...]
    baseline: tuple[str, ...]
    adjusted: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PreparedAlternative:
    """One alternative's patients, groups, follow-up and variables as arrays.

    ``comparisons`` are those it bears on, ``followed`` and ``values`` hold what is computed in any of them.
    ``findings`` are those that block, and which further comparisons do not exist under it.
    """

    name: str
    loaded: LoadedStudy
    cohort: Cohort
    comparisons: tuple[Recomputed, ...]
    followed: Mapping[str, FollowUp]
    values: Mapping[str, Values]
    findings: tuple[Finding, ...]

    @property
    def frames(self) -> dict[str, Frame]:
        """The frame of every comparison computed, by its name."""
        return {each.frame.name: each.frame for each in self.comparisons}


def prepare_alternatives(
    loaded: LoadedStudy, cohort: Cohort, groupings: Mapping[str, Grouping], sources: Sources
) -> tuple[PreparedAlternative, ...]:
    """Every alternative of the study, in the order declared; only what it bears on is made anew.

    Variables that it leaves as they are, the cohort and the groups are those of the main analysis (``cohort``, and
    ``groupings`` by the name of the comparison); tables are read again only where it declares columns otherwise. Raises
    StudyError, with the line, for what does not fit the tables and for an alternative that bears on nothing shown.
    """
    return tuple(
        _prepared(name, loaded.as_alternative(name), loaded.study, (cohort, groupings), sources)
        for name in loaded.alternatives
    )


def alternative_rows(prepared: PreparedAlternative) -> Iterator[Row]:
    """The rows of an alternative: in every comparison, of what it bears on, under its name as specification."""
    study = prepared.loaded.study
    yield from flow_rows(prepared.cohort.flow, prepared.name)
    for comparison in prepared.comparisons:
        frame = comparison.frame
        yield from not_compared_rows(frame)
        if study.baseline is not None and comparison.baseline:
            shown = tuple(prepared.values[name] for name in comparison.baseline)
            yield from baseline_rows(frame, shown, p_values=study.baseline.p_values)
        for name in comparison.outcomes:
            if name in prepared.followed:
                yield from timed_outcome(frame, study.outcomes[name], prepared.followed[name]).rows
            else:
                yield from surgical_rows(frame, prepared.values[name])
        yield from _adjusted_rows(study, comparison, prepared)


def _adjusted_rows(study: Study, comparison: Recomputed, prepared: PreparedAlternative) -> Iterator[Row]:
    """The regression on the declared confounders; other methods of adjustment are of the main analysis alone."""
    adjustment = adjustment_of(study, comparison.frame.name)
    if adjustment is None or not comparison.adjusted:
        return
    known = covariates(adjustment, prepared.values)
    for name in comparison.adjusted:
        outcome = prepared.followed.get(name) or prepared.values[name]
        if is_adjusted(adjustment, outcome):
            yield from adjusted_again(comparison.frame, known, outcome)


def _prepared(
    name: str,
    loaded: LoadedStudy,
    base: Study,
    main: tuple[Cohort, Mapping[str, Grouping]],
    sources: Sources,
) -> PreparedAlternative:
    bears = bearing(base, loaded.study, base.alternatives[name].show)
    if not bears.comparisons:
        message = "bears on no outcome and no variable of the baseline table, so that nothing can be shown of it"
        raise StudyError([loaded.problem(("alternatives", name), message)])
    if bears.tables:
        with Session.open(sources.session.roots) as session:
            reading = read_tables(loaded, session, data_root=sources.data_root, databases=sources.databases)
            place_partial_dates(reading.loaded, reading.tables, session)
            found = build_cohort(reading.loaded, reading.tables, session, relation="cohort_alternative")
            # Codes of columns, as files describe them, are part of what was read anew.
            return _arrays(reading.loaded, found, {}, bears, session)
    session = sources.session
    if bears.cohort:
        found = build_cohort(loaded, sources.tables, session, relation="cohort_alternative")
        return _arrays(loaded, found, {}, bears, session)
    cohort, groupings = main
    findings: tuple[Finding, ...] = ()
    if bears.variables:
        patients, findings = derive_anew(loaded, cohort.patients, bears.variables, session)
        cohort = replace(cohort, patients=patients)
    if bears.further is not None:
        cohort = narrowed(cohort, bears.further, loaded, session, relation="cohort_alternative")
        findings = (*findings, *cohort.findings)
    kept = {each: groupings[each] for each, touched in bears.comparisons.items() if not touched.groups}
    return _arrays(loaded, replace(cohort, findings=findings), kept, bears, session)


def _arrays(
    loaded: LoadedStudy, cohort: Cohort, kept: Mapping[str, Grouping], bears: Bearing, session: Session
) -> PreparedAlternative:
    """The arrays of an alternative; ``kept`` are the groupings that it leaves as they are, by comparison."""
    study = loaded.study
    found = list(cohort.findings)
    comparisons: list[Recomputed] = []
    for name, touched in bears.comparisons.items():
        grouping = kept.get(name)
        if grouping is None:
            groups = study.groups if name == MAIN else study.comparisons[name]
            grouping = assign(groups, cohort, loaded, session)
            impossible = _impossible(name, grouping)
            found += impossible or grouping.findings
            if impossible:
                continue
        frame = Frame.of(loaded, name, grouping)
        comparisons.append(Recomputed(frame, touched.outcomes, touched.baseline, touched.adjusted))
    names = tuple(dict.fromkeys(name for each in comparisons for name in _needed(study, each)))
    outcomes = {name for each in comparisons for name in (*each.outcomes, *each.adjusted)}
    followed = {
        name: follow_up(name, study.outcomes[name], cohort, loaded, session)
        for name in names
        if name in study.outcomes and name in outcomes
    }
    for outcome in followed.values():
        found += outcome.findings
    return PreparedAlternative(
        name=loaded.alternative,
        loaded=loaded,
        cohort=cohort,
        comparisons=tuple(comparisons),
        followed=followed,
        values={name: variable_values(name, cohort, loaded, session) for name in names if name not in followed},
        findings=tuple(_named(finding, study, loaded.alternative) for finding in found if _told(finding)),
    )


def _needed(study: Study, comparison: Recomputed) -> Iterator[str]:
    """Every outcome and variable whose values a comparison needs."""
    yield from (*comparison.outcomes, *comparison.baseline, *comparison.adjusted)
    adjustment = adjustment_of(study, comparison.frame.name)
    yield from adjustment.confounders if adjustment is not None and comparison.adjusted else ()


_NOBODY = ("empty-group", "no-stratum")
_NOT_THERE = "comparison-not-in-alternative"


def _impossible(name: str, grouping: Grouping) -> tuple[Finding, ...]:
    """Why a further comparison does not exist under an alternative, as warnings; empty where it does.

    Patients "resected alone" leave nothing to compare by "resected with or without": the alternative is of use for the
    main comparison all the same, which has to exist.
    """
    if name == MAIN:
        return ()
    nobody = [finding for finding in grouping.findings if finding.rule in _NOBODY]
    # One reason is enough: where a group is empty, no stratum has all groups either.
    return tuple(
        replace(finding, rule=_NOT_THERE, severity=Severity.WARNS, remedy=Remark(f"{_NOT_THERE}.remedy"))
        for finding in nobody[-1:]
    )


def _told(finding: Finding) -> bool:
    """Other warnings are those of the main analysis again."""
    return finding.severity is Severity.BLOCKS or finding.rule == _NOT_THERE


def _named(finding: Finding, study: Study, name: str) -> Finding:
    label = study.alternatives[name].label
    return replace(finding, message=Remark("in-alternative", {"alternative": label, "message": finding.message}))
