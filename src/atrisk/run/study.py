"""A study from its file to its result rows: read, check, build the cohort, compare, set beside the published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from atrisk.check.rules import check_tables
from atrisk.cohort.build import Cohort, build_cohort
from atrisk.cohort.design.after_time_zero import refuse_the_future
from atrisk.cohort.design.findings import Compared, design_findings
from atrisk.cohort.design.scan_schedule import ScanGaps, scan_gaps
from atrisk.cohort.grouping import Grouping, assign
from atrisk.cohort.shown import shown_findings
from atrisk.derive.day_of_order import day_of_order
from atrisk.derive.exposure_day import exposure_day
from atrisk.derive.follow_up import FollowUp, follow_up, groups_without_events
from atrisk.derive.partial_dates import place_partial_dates
from atrisk.derive.variable import Values, variable_values
from atrisk.errors import BlockedError
from atrisk.read.database_address import NO_DATABASES, DatabaseAddress
from atrisk.read.location import locate
from atrisk.read.session import Session, threads_for
from atrisk.read.simulation_record import SimulationRecord, simulation_record
from atrisk.read.table import Table
from atrisk.read.tables import read_tables
from atrisk.result.curve import Curve
from atrisk.result.finding import Finding, blocking
from atrisk.result.finding_limit import limited
from atrisk.result.row import MAIN, Row, finish
from atrisk.result.run_result import ComparisonFrame, RunResult, VariableWords
from atrisk.run.adjusted.comparison import adjustment_of, comparison_rows
from atrisk.run.adjusted.roles import check_pairs, confounders_of, refuse_numbers
from atrisk.run.alternatives import PreparedAlternative, Sources, alternative_rows, prepare_alternatives
from atrisk.run.baseline import baseline_rows
from atrisk.run.beyond_blocked import beyond_blocked
from atrisk.run.correction_rows import correction_rows
from atrisk.run.divided.declared import check_divisions, divided_rows, dividing_variables
from atrisk.run.flow_rows import flow_rows
from atrisk.run.frame import Frame
from atrisk.run.margins import margin_rows
from atrisk.run.monitoring.charts import monitoring
from atrisk.run.monitoring.watched import Watched, check_monitoring_roles, monitoring_variables, watched
from atrisk.run.not_compared import not_compared_rows
from atrisk.run.prognosis import check_delayed_entry, prognosis_rows, prognostic_variables
from atrisk.run.provenance import provenance
from atrisk.run.published import published_rows
from atrisk.run.reconcile import reconcile
from atrisk.run.scan_schedule import scan_rows
from atrisk.run.surgical import surgical_rows
from atrisk.run.time_dependent import ExposedFollowUp, exposure_curves, exposure_rows
from atrisk.run.timed_outcome import timed_outcome
from atrisk.run.tipping_points import tipping_rows
from atrisk.study.definition.patient import Era
from atrisk.study.load import LoadedStudy
from atrisk.study.lock import Part
from atrisk.study.lock import statuses as lock_statuses
from atrisk.study.model import Study

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Prepared:
    """The data of a study, read, checked and turned into arrays; nothing about outcomes has been computed."""

    findings: tuple[Finding, ...]
    cohort: Cohort | None
    main: Grouping | None
    others: dict[str, Grouping]
    followed: dict[str, FollowUp]
    values: dict[str, Values]
    alternatives: tuple[PreparedAlternative, ...]
    tables: dict[str, Table]
    simulation: SimulationRecord | None
    loaded: LoadedStudy
    scans: ScanGaps | None = None
    era: Values | None = None
    exposures: tuple[ExposedFollowUp, ...] = ()
    watched: Watched | None = None


def check_study(
    loaded: LoadedStudy,
    progress: Progress,
    *,
    data_root: Path | None = None,
    databases: Mapping[str, DatabaseAddress] = NO_DATABASES,
) -> tuple[Finding, ...]:
    """Read and check a study's data; no statistic of an outcome is computed.

    Each stage is checked once the stages before it have nothing that blocks: a cohort cannot be built on rows whose
    keys are not unique. Where something does, the later stages look at the rows that nothing blocks
    (``run.beyond_blocked``), so that one check tells nearly all.
    """
    with _engine(loaded, data_root) as session:
        prepared = _prepare(loaded, session, progress, data_root, databases)
        return _with_alternatives(prepared, session, progress, data_root, databases).findings


def run_study(
    loaded: LoadedStudy,
    progress: Progress,
    *,
    data_root: Path | None = None,
    databases: Mapping[str, DatabaseAddress] = NO_DATABASES,
    compared: Callable[[RunResult], None] = lambda _main: None,
) -> RunResult:
    """Compute the whole study.

    ``compared`` is given the results of the main analysis as soon as they are there, so that figures can be drawn while
    the alternatives are computed. They are not reconciled yet: what is made of them counts only if this returns.
    Raises BlockedError, carrying the findings, where one of them blocks; StudyError and DataError as they occur.
    """
    # Against the study as it was written: reading the tables adds what files say of their columns.
    statuses = lock_statuses(loaded)
    with _engine(loaded, data_root) as session:
        prepared = _prepare(loaded, session, progress, data_root, databases)
        if blocking(prepared.findings) or prepared.cohort is None or prepared.main is None:
            raise BlockedError(prepared.findings)
        n, loaded, study = prepared.cohort.n, prepared.loaded, prepared.loaded.study
        frames = {
            MAIN: Frame.of(loaded, MAIN, prepared.main),
            **{name: Frame.of(loaded, name, grouping) for name, grouping in prepared.others.items()},
        }
        main = _main_analysis(prepared, frames, statuses, progress)
        compared(main)
        prepared = _with_alternatives(prepared, session, progress, data_root, databases)
    if blocking(prepared.findings):
        raise BlockedError(prepared.findings)
    if prepared.alternatives:
        progress("compute alternatives")
    further = [row for alternative in prepared.alternatives for row in alternative_rows(alternative)]
    progress("reconcile")
    finished = finish(further, after=main.rows, data=_data(study))
    everything = finish(published_rows(loaded, finished), after=finished, data=_data(study))
    reconcile(n, frames, [row for row in everything if row.specification == MAIN], main.curves)
    for alternative in prepared.alternatives:
        own = [row for row in everything if row.specification == alternative.name]
        reconcile(alternative.cohort.n, alternative.frames, own, ())
    return replace(main, findings=(*prepared.findings, *_empty_handed(prepared, frames, study)), rows=everything)


def _main_analysis(
    prepared: Prepared, frames: dict[str, Frame], statuses: Mapping[Part, str], progress: Progress
) -> RunResult:
    """The results of every comparison as the study declares it, which its alternatives do not change."""
    loaded, study = prepared.loaded, prepared.loaded.study
    cohort, main = prepared.cohort, prepared.main
    assert cohort is not None and main is not None  # noqa: S101, PT018 - nothing blocks; for the type checker
    rows: list[Row] = [*flow_rows(cohort.flow), *_simulation_rows(prepared.simulation), *correction_rows(study)]
    curves: list[Curve] = []
    for name, frame in frames.items():
        progress(f"compute {name}")
        found = _comparison_rows(loaded, name, frame, prepared)
        rows += found[0]
        curves += found[1]
    estimated = finish(rows, data=_data(study))
    return RunResult(
        study=study,
        findings=prepared.findings,
        flow=cohort.flow,
        comparisons=tuple(
            _words(loaded, name, grouping) for name, grouping in ((MAIN, main), *prepared.others.items())
        ),
        variables=_shown_words(cohort, prepared.values),
        rows=finish(margin_rows(loaded, estimated, statuses), after=estimated, data=_data(study)),
        curves=tuple(curves),
        provenance=provenance(study, loaded.text, prepared.tables.values(), prepared.simulation),
    )


def _data(study: Study) -> str:
    return "synthetic" if study.study.synthetic is not None else ""


def _engine(loaded: LoadedStudy, data_root: Path | None) -> Session:
    """An engine that can read the study's folder and the data root, with threads for the size of the data."""
    roots = [loaded.folder, *([data_root] if data_root else [])]
    size = sum(_size(root / file) for table in loaded.study.data.values() for file in table.files for root in roots)
    return Session.open(roots, threads=threads_for(size))


def _size(path: Path) -> int:
    """Bytes of a file; 0 where it cannot be looked up, which reading it will tell in words."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _prepare(
    loaded: LoadedStudy,
    session: Session,
    progress: Progress,
    data_root: Path | None,
    databases: Mapping[str, DatabaseAddress],
) -> Prepared:
    progress("read")
    reading = read_tables(loaded, session, data_root=data_root, databases=databases)
    loaded = reading.loaded
    progress("check")
    found = (*reading.findings, *check_tables(loaded, reading.tables, session))
    nothing = Prepared(
        findings=limited(found),
        cohort=None,
        main=None,
        others={},
        followed={},
        values={},
        alternatives=(),
        tables=dict(reading.tables),
        simulation=_simulation(loaded, data_root),
        loaded=loaded,
    )
    prepared = nothing if blocking(found) else _built(nothing, session, progress)
    if blocking(prepared.findings):

        def later(tables: Mapping[str, Table]) -> tuple[Finding, ...]:
            return _built(replace(nothing, findings=(), tables=dict(tables)), session, progress).findings

        found = (*found, *prepared.findings[len(nothing.findings) :])
        further = limited(beyond_blocked(found, reading.tables, session, later))
        return replace(nothing, findings=(*prepared.findings, *further))
    return prepared


def _built(nothing: Prepared, session: Session, progress: Progress) -> Prepared:
    """The cohort of tables of which nothing blocks, and its variables and follow-up as arrays."""
    loaded, study, tables = nothing.loaded, nothing.loaded.study, nothing.tables
    findings = [*nothing.findings, *limited(place_partial_dates(loaded, tables, session))]
    progress("cohort")
    cohort = build_cohort(loaded, tables, session)
    findings += cohort.findings
    if blocking(tuple(findings)):
        return replace(nothing, findings=tuple(findings))
    progress("derive")
    main = assign(study.groups, cohort, loaded, session)
    others = {name: assign(comparison, cohort, loaded, session) for name, comparison in study.comparisons.items()}
    check_pairs(loaded, {MAIN: main.contrasts, **{name: grouping.contrasts for name, grouping in others.items()}})
    followed: dict[str, FollowUp] = {}
    for name, outcome in study.outcomes.items():
        followed[name] = follow_up(name, outcome, cohort, loaded, session)
        findings += followed[name].findings
    summarised = {
        *study.surgical_outcomes,
        *(name for c in study.comparisons.values() for name in c.outcomes if name not in study.outcomes),
    }
    further = (
        *confounders_of(loaded),
        *dividing_variables(loaded),
        *prognostic_variables(loaded),
        *monitoring_variables(study),
    )
    refuse_the_future(loaded)
    shown_names = study.baseline.show if study.baseline else ()
    names = dict.fromkeys((*shown_names, *sorted(summarised), *further))
    values = {name: variable_values(name, cohort, loaded, session) for name in names}
    refuse_numbers(loaded, values)
    check_monitoring_roles(loaded, values)
    for name, shown in values.items():
        findings += shown_findings(shown, cohort, study, tuple(findings), as_outcome=name in summarised)
    check_delayed_entry(loaded, followed)
    check_divisions(loaded, values, {MAIN: main.index, **{name: each.index for name, each in others.items()}})
    for grouping in (main, *others.values()):
        findings += grouping.findings
    findings += design_findings(Compared(cohort, main, others, followed), loaded, session)
    scans = scan_gaps(study, cohort.patients, session)
    eras = [name for name, declared in study.derive.items() if isinstance(declared, Era)] if scans is not None else []
    return replace(
        nothing,
        scans=scans,
        watched=_watched(main, values, cohort, loaded, session),
        exposures=tuple(_exposed(name, followed, cohort, loaded, session) for name in study.time_dependent),
        era=variable_values(eras[0], cohort, loaded, session) if eras else None,
        findings=tuple(findings),
        cohort=cohort,
        main=main,
        others=others,
        followed=followed,
        values=values,
    )


def _with_alternatives(
    prepared: Prepared,
    session: Session,
    progress: Progress,
    data_root: Path | None,
    databases: Mapping[str, DatabaseAddress],
) -> Prepared:
    """The data with those of every alternative, where nothing blocks."""
    loaded, cohort, main = prepared.loaded, prepared.cohort, prepared.main
    if not loaded.alternatives or cohort is None or main is None or blocking(prepared.findings):
        return prepared
    progress("alternatives")
    sources = Sources(prepared.tables, session, data_root, databases)
    alternatives = prepare_alternatives(loaded, cohort, {MAIN: main, **prepared.others}, sources)
    found = tuple(found for alternative in alternatives for found in alternative.findings)
    return replace(prepared, findings=prepared.findings + found, alternatives=alternatives)


def _exposed(
    name: str, followed: Mapping[str, FollowUp], cohort: Cohort, loaded: LoadedStudy, session: Session
) -> ExposedFollowUp:
    declared = loaded.study.time_dependent[name]
    return ExposedFollowUp(
        name=name,
        followed=followed[declared.outcome],
        day=exposure_day(name, cohort, loaded, session),
        at=tuple(duration.days for duration in loaded.study.outcomes[declared.outcome].at),
        landmarks=tuple(duration.days for duration in declared.landmarks),
    )


def _watched(
    main: Grouping, values: Mapping[str, Values], cohort: Cohort, loaded: LoadedStudy, session: Session
) -> Watched | None:
    declared = loaded.study.monitoring
    if declared is None:
        return None
    day = day_of_order(declared.order, ("monitoring", "order"), cohort, loaded, session)
    return watched(declared, main.index >= 0, day, values)


def _simulation(loaded: LoadedStudy, data_root: Path | None) -> SimulationRecord | None:
    """The record of the simulation, if the study names one."""
    file = loaded.study.study.simulation
    if file is None:
        return None
    return simulation_record(locate(file, folder=loaded.folder, data_root=data_root), file)


def _simulation_rows(record: SimulationRecord | None) -> Iterator[Row]:
    for block, count in record.draws_tried.items() if record is not None else ():
        yield Row(analysis="simulation", statistic="draws_tried", term=block, value=float(count))


def _empty_handed(prepared: Prepared, frames: dict[str, Frame], study: Study) -> Iterator[Finding]:
    """Groups in which nobody had the event; said by a run and not by a check, which looks at no outcome."""
    for name, frame in frames.items():
        shown = study.outcomes if name == "main" else study.comparisons[name].outcomes
        members = {group: inside for group, inside in frame.members() if group}
        for outcome in shown:
            if outcome in prepared.followed:
                yield from groups_without_events(prepared.followed[outcome], members, name)


def _comparison_rows(loaded: LoadedStudy, name: str, frame: Frame, prepared: Prepared) -> tuple[list[Row], list[Curve]]:
    study = loaded.study
    rows: list[Row] = [*not_compared_rows(frame)]
    curves: list[Curve] = []
    shows_baseline = name == "main" or study.comparisons[name].baseline
    if study.baseline is not None and shows_baseline:
        shown = [prepared.values[variable] for variable in study.baseline.show]
        rows += baseline_rows(frame, shown, p_values=study.baseline.p_values)
    outcomes = (*study.outcomes, *study.surgical_outcomes) if name == "main" else study.comparisons[name].outcomes
    for outcome in outcomes:
        if outcome in prepared.followed:
            found = timed_outcome(frame, study.outcomes[outcome], prepared.followed[outcome])
            rows += found.rows
            curves += found.curves
        else:
            rows += surgical_rows(frame, prepared.values[outcome])
    if name == MAIN and prepared.scans is not None:
        rows += scan_rows(frame, prepared.scans, prepared.era)
    for exposure in prepared.exposures if name == MAIN else ():
        rows += exposure_rows(frame, exposure)
        curves += exposure_curves(frame, exposure)
    if name == MAIN and prepared.watched is not None:
        watching = monitoring(frame, prepared.watched)
        rows += watching[0]
        curves += watching[1]
    rows += _adjusted_rows(study, frame, prepared, outcomes)
    if name == MAIN:
        rows += tipping_rows(loaded, frame, prepared.followed)
    rows += divided_rows(study, frame, prepared.values, prepared.followed)
    if study.prognosis is not None and name == MAIN:
        rows += prognosis_rows(frame, study.prognosis, prepared.followed[study.prognosis.outcome], prepared.values)
    return rows, curves


def _adjusted_rows(study: Study, frame: Frame, prepared: Prepared, outcomes: tuple[str, ...]) -> Iterator[Row]:
    adjustment = adjustment_of(study, frame.name)
    if adjustment is None:
        return
    known = [prepared.followed.get(name) or prepared.values[name] for name in outcomes]
    yield from comparison_rows(frame, adjustment, prepared.values, known, study.outcomes)


def _words(loaded: LoadedStudy, name: str, grouping: Grouping) -> ComparisonFrame:
    study = loaded.study
    label = study.study.title if name == "main" else study.comparisons[name].label
    outcomes = (*study.outcomes, *study.surgical_outcomes) if name == "main" else study.comparisons[name].outcomes
    return ComparisonFrame(
        name=name,
        label=label,
        groups=grouping.codes,
        group_labels=grouping.labels,
        contrasts=grouping.contrasts,
        n={code: int((grouping.index == position).sum()) for position, code in enumerate(grouping.codes)},
        strata=grouping.strata,
        stratum_labels=grouping.stratum_labels,
        left_out=grouping.left_out,
        outcomes=tuple(outcomes),
    )


def _shown_words(cohort: Cohort, values: dict[str, Values]) -> dict[str, VariableWords]:
    return {name: cohort.words[name] for name in values}
