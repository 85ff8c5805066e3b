"""The alternatives of a study: what each bears on, prepared and computed anew beside the main analysis."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from atrisk.cohort.build import Cohort, build_cohort, narrowed
from atrisk.cohort.grouping import Grouping, assign
from atrisk.derive.dependence import (
    changed_variables,
    cohort_rests_on,
    groups_rest_on,
    outcome_rests_on,
    rests_on,
)
from atrisk.derive.derived_variables import derive_anew
from atrisk.derive.follow_up import FollowUp, follow_up
from atrisk.derive.partial_dates import place_partial_dates
from atrisk.derive.variable import Values, variable_values
from atrisk.errors import StudyError
from atrisk.read.database_address import DatabaseAddress
from atrisk.read.session import Session
from atrisk.read.table import Table
from atrisk.read.tables import read_tables
from atrisk.result.finding import Finding, blocking
from atrisk.result.remark import Remark
from atrisk.result.row import MAIN, Row
from atrisk.run.baseline import baseline_rows
from atrisk.run.flow_rows import flow_rows
from atrisk.run.frame import Frame
from atrisk.run.not_compared import not_compared_rows
from atrisk.run.surgical import surgical_rows
from atrisk.run.timed_outcome import timed_outcome
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Keep, Study


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """The tables as read for the main analysis, and where to read them again."""

    tables: Mapping[str, Table]
    session: Session
    data_root: Path | None
    databases: Mapping[str, DatabaseAddress]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PreparedAlternative:
    """One alternative's patients, groups, follow-up and variables as arrays; ``findings`` are those that block.

    ``followed`` and ``values`` hold the outcomes it is computed for, ``baseline`` the variables of Table 1.
    """

    name: str
    loaded: LoadedStudy
    cohort: Cohort
    frame: Frame
    followed: Mapping[str, FollowUp]
    values: Mapping[str, Values]
    baseline: Mapping[str, Values]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Bearing:
    """What an alternative bears on: variables derived anew; whether tables, cohort and groups are made anew.

    ``further`` is a criterion after those of the study, which then need not be applied again.
    """

    variables: frozenset[str]
    tables: bool
    cohort: bool
    groups: bool
    further: Keep | None
    outcomes: tuple[str, ...]
    baseline: tuple[str, ...]


def prepare_alternatives(
    loaded: LoadedStudy, cohort: Cohort, main: Grouping, sources: Sources
) -> tuple[PreparedAlternative, ...]:
    """Every alternative of the study, in the order declared; only what it bears on is made anew.

    Variables that it leaves as they are, the cohort and the groups are those of the main analysis (``cohort``,
    ``main``); tables are read again only where it declares columns otherwise. Raises StudyError, with the line, for
    what does not fit the tables and for an alternative that bears on nothing shown.
    """
    return tuple(
        _prepared(name, loaded.as_alternative(name), loaded.study, (cohort, main), sources)
        for name in loaded.alternatives
    )


def alternative_rows(prepared: PreparedAlternative) -> Iterator[Row]:
    """The rows of an alternative: those of the main analysis, of what it bears on, under its name as specification."""
    study, frame = prepared.loaded.study, prepared.frame
    yield from flow_rows(prepared.cohort.flow, prepared.name)
    yield from not_compared_rows(frame)
    if study.baseline is not None and prepared.baseline:
        yield from baseline_rows(frame, tuple(prepared.baseline.values()), p_values=study.baseline.p_values)
    for name, outcome in prepared.followed.items():
        yield from timed_outcome(frame, study.outcomes[name], outcome).rows
    for values in prepared.values.values():
        yield from surgical_rows(frame, values)


def _prepared(
    name: str, loaded: LoadedStudy, base: Study, main: tuple[Cohort, Grouping], sources: Sources
) -> PreparedAlternative:
    bearing = _bearing(base, loaded.study, base.alternatives[name].show)
    if not (bearing.outcomes or bearing.baseline):
        message = "bears on no outcome and no variable of the baseline table, so that nothing can be shown of it"
        raise StudyError([loaded.problem(("alternatives", name), message)])
    if bearing.tables:
        with Session.open(sources.session.roots) as session:
            reading = read_tables(loaded, session, data_root=sources.data_root, databases=sources.databases)
            place_partial_dates(reading.loaded, reading.tables, session)
            found = build_cohort(reading.loaded, reading.tables, session, relation="cohort_alternative")
            # Codes of columns, as files describe them, are part of what was read anew.
            return _arrays(name, reading.loaded, found, None, bearing, session)
    session = sources.session
    if bearing.cohort:
        found = build_cohort(loaded, sources.tables, session, relation="cohort_alternative")
        return _arrays(name, loaded, found, None, bearing, session)
    cohort = main[0]
    findings: tuple[Finding, ...] = ()
    if bearing.variables:
        patients, findings = derive_anew(loaded, cohort.patients, bearing.variables, session)
        cohort = replace(cohort, patients=patients)
    if bearing.further is not None:
        cohort = narrowed(cohort, bearing.further, loaded, session, relation="cohort_alternative")
        findings = (*findings, *cohort.findings)
    return _arrays(
        name, loaded, replace(cohort, findings=findings), None if bearing.groups else main[1], bearing, session
    )


def _arrays(
    name: str, loaded: LoadedStudy, cohort: Cohort, grouping: Grouping | None, bearing: _Bearing, session: Session
) -> PreparedAlternative:
    study = loaded.study
    found = list(cohort.findings)
    if grouping is None:
        grouping = assign(study.groups, cohort, loaded, session)
        found += grouping.findings
    followed = {
        outcome: follow_up(outcome, study.outcomes[outcome], cohort, loaded, session)
        for outcome in bearing.outcomes
        if outcome in study.outcomes
    }
    for outcome in followed.values():
        found += outcome.findings
    values = {
        outcome: variable_values(outcome, cohort, loaded, session)
        for outcome in bearing.outcomes
        if outcome not in study.outcomes
    }
    return PreparedAlternative(
        name=name,
        loaded=loaded,
        cohort=cohort,
        frame=Frame.of(loaded, MAIN, grouping),
        followed=followed,
        values=values,
        baseline={variable: variable_values(variable, cohort, loaded, session) for variable in bearing.baseline},
        findings=tuple(_named(finding, study, name) for finding in blocking(tuple(found))),
    )


def _named(finding: Finding, study: Study, name: str) -> Finding:
    label = study.alternatives[name].label
    return replace(finding, message=Remark("in-alternative", {"alternative": label, "message": finding.message}))


def _bearing(base: Study, other: Study, show: Collection[str]) -> _Bearing:
    """What differs between the study and what the alternative makes of it, and the outcomes that rest on it."""
    variables = changed_variables(base, other)
    tables = other.variables != base.variables
    last = other.cohort[-1] if other.cohort[:-1] == base.cohort else None
    further = last if isinstance(last, Keep) else None
    cohort = tables or (other.cohort != base.cohort and further is None) or cohort_rests_on(base, variables)
    groups = cohort or further is not None or other.groups != base.groups or groups_rest_on(other, variables)
    outcomes = (
        *(
            name
            for name in other.outcomes
            if groups or other.outcomes[name] != base.outcomes[name] or outcome_rests_on(other, name, variables)
        ),
        *(name for name in other.surgical_outcomes if groups or rests_on((name,), variables)),
    )
    baseline = () if groups or base.baseline is None else base.baseline.show
    baseline = tuple(name for name in baseline if rests_on((name,), variables) and name not in outcomes)
    if show:
        shown = base.baseline.show if base.baseline is not None else ()
        every = (*other.outcomes, *other.surgical_outcomes)
        outcomes = tuple(name for name in every if name in show)
        baseline = tuple(name for name in shown if name in show and name not in every)
    return _Bearing(variables, tables, cohort, groups, further, outcomes, baseline)
