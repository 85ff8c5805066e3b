"""Who is compared with whom: groups, pairs, and the strata in which all groups exist."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from atrisk.cohort.build import Cohort
from atrisk.cohort.group_codes import Coded, coded_column, coded_groups, meant
from atrisk.derive.attempt import attempt, expression_sql, expression_type
from atrisk.derive.compiled import RowQuestion
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, PATIENT, Patients, row_sql
from atrisk.derive.row_findings import row_findings
from atrisk.errors import StudyError
from atrisk.read.session import Session, literal
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark, Value
from atrisk.study.contrast import contrast
from atrisk.study.grouping import Comparison, Groups
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study
from atrisk.study.text import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Grouping:
    """The groups of one comparison; arrays are read-only, one element a patient of the cohort.

    ``index`` is the position in ``codes``, -1 for patients who are not compared. ``pairs`` are positions: the first
    compared with the second, ``contrasts`` their words. ``stratum`` is the position in ``strata``, -1 for patients
    who are not compared; without strata it is 0 throughout and ``strata`` is empty. ``left_out`` says which strata
    were left out because a group is empty there, ``not_compared`` how many patients are not compared and why.
    """

    codes: tuple[str, ...]
    labels: Mapping[str, Text]
    index: NDArray[np.int64]
    pairs: tuple[tuple[int, int], ...]
    contrasts: tuple[str, ...]
    strata: tuple[str, ...]
    stratum_labels: Mapping[str, Text]
    stratum: NDArray[np.int64]
    left_out: tuple[Remark, ...]
    not_compared: Mapping[str, int]
    findings: tuple[Finding, ...]


def assign(groups: Groups, cohort: Cohort, loaded: LoadedStudy, session: Session) -> Grouping:
    """Put every patient of the cohort into a group of the main grouping or of a further comparison.

    Groups are those known on the day declared under ``frozen``, if any. Patients outside ``restrict``, and those for
    whom it is unknown, are not compared; so are patients whose group is not recorded, or is one that ``order`` leaves
    out. A finding warns of each kind with its count. A code that is declared nowhere is a finding that blocks, as is a
    group without patients; a group of one patient is a warning. With ``strata`` those in which a group is empty are
    left out and named: where a contrast cannot exist, comparing across strata would mix it with the strata themselves.
    Without ``pairs`` every other group is compared with the reference. Raises StudyError, with the line, for what does
    not fit the tables.
    """
    name = _name(groups, loaded.study)
    place: tuple[str, ...] = ("groups",) if name == "main" else ("comparisons", name)
    try:
        return _assigned(groups, name, cohort.patients, loaded.study, session)
    except MisfitError as misfit:
        raise StudyError([loaded.problem((*place, misfit.field), misfit.message, misfit.hint)]) from None


def _name(groups: Groups, study: Study) -> str:
    return next((name for name, comparison in study.comparisons.items() if comparison is groups), "main")


def _assigned(groups: Groups, name: str, patients: Patients, study: Study, session: Session) -> Grouping:
    coded = coded_groups(groups, patients, study, session)
    findings = [*_undeclared(coded, name, patients, session), *_found_later(coded, groups, name, patients, session)]
    codes = groups.codes or tuple(coded.labels)
    pairs = _pairs(groups, codes)
    index = _positions(coded.sql, codes, patients, session)
    inside = np.ones(index.size, dtype=bool)
    not_compared: dict[str, int] = {}
    if isinstance(groups, Comparison) and groups.restrict is not None:
        inside, unknown = _restricted(groups.restrict, patients, session)
        findings += _count_finding(unknown, index.size, name, Remark("restriction-unknown"))
        not_compared = {"restriction-unknown": unknown, "restricted": int((~inside).sum()) - unknown}
    ungrouped = int((inside & (index < 0)).sum())
    findings += _count_finding(ungrouped, int(inside.sum()), name, Remark("group-unknown"))
    not_compared["group-unknown"] = ungrouped
    index = np.where(inside, index, -1)
    labels = {text: coded.labels.get(text, Text(text)) for text in codes}
    strata = _no_strata(index)
    if isinstance(groups, Comparison) and groups.strata is not None:
        strata = _strata(groups.strata, index, labels, patients, study, session)
        missing = int(((index >= 0) & strata.unknown).sum())
        findings += _count_finding(missing, int((index >= 0).sum()), name, Remark("stratum-unknown"))
        left_out = sum(int(str(remark.values["count"])) for remark in strata.left_out)
        not_compared |= {"stratum-unknown": missing, "stratum-empty": left_out}
        index = np.where(strata.index >= 0, index, -1)
        if not strata.codes:
            findings.append(_no_stratum(name))
    findings += _small_groups(index, labels, name)
    index.setflags(write=False)
    return Grouping(
        codes=codes,
        labels=MappingProxyType(labels),
        index=index,
        pairs=pairs,
        contrasts=tuple(contrast(codes[first], codes[second]) for first, second in pairs),
        strata=strata.codes,
        stratum_labels=MappingProxyType(strata.labels),
        stratum=strata.index,
        left_out=strata.left_out,
        not_compared=MappingProxyType(not_compared),
        findings=tuple(findings),
    )


def _pairs(groups: Groups, codes: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    if len(codes) < 2:
        raise MisfitError("by", "a comparison needs at least two groups.")
    place = {text: position for position, text in enumerate(codes)}
    if groups.reference is not None and groups.reference not in place:
        raise MisfitError(
            "reference", f"'{groups.reference}' is not one of the groups.", meant(groups.reference, codes)
        )
    if groups.pairs is None:
        reference = place[groups.reference] if groups.reference is not None else 0
        return tuple((position, reference) for position in range(len(codes)) if position != reference)
    for text in (text for pair in groups.pairs for text in (pair.group, pair.against)):
        if text not in place:
            raise MisfitError("pairs", f"'{text}' is not one of the groups.", meant(text, codes))
    return tuple((place[pair.group], place[pair.against]) for pair in groups.pairs)


def _positions(sql: str, codes: tuple[str, ...], patients: Patients, session: Session) -> NDArray[np.int64]:
    place = {text: position for position, text in enumerate(codes)}
    source = f"FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    found = session.arrays(f"SELECT {sql} AS code {source}")["code"]
    return np.array([place.get(text, -1) for text in found], dtype=np.int64)


def _restricted(text: str, patients: Patients, session: Session) -> tuple[NDArray[np.bool_], int]:
    """Who is inside a restriction, and for how many that is unknown."""
    sql = expression_sql("restrict", text, patients.scope())
    source = f"{patients.relation} {ALIAS}"
    if expression_type("restrict", sql, source, session) is not ColumnType.BOOLEAN:
        raise MisfitError("restrict", "is not true or false for a patient.", 'Compare with something, such as "x = 1".')
    tried = f"{attempt(sql)}.answer"
    found = session.arrays(f"SELECT CAST({tried} AS DOUBLE) AS inside FROM {source} ORDER BY {ALIAS}.{PATIENT}")[
        "inside"
    ]
    return found == 1, int(np.isnan(found).sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Strata:
    codes: tuple[str, ...]
    labels: dict[str, Text]
    index: NDArray[np.int64]
    unknown: NDArray[np.bool_]
    left_out: tuple[Remark, ...]


def _no_strata(index: NDArray[np.int64]) -> _Strata:
    everyone = np.zeros(index.size, dtype=np.int64)
    everyone.setflags(write=False)
    return _Strata((), {}, everyone, np.zeros(index.size, dtype=bool), ())


def _strata(
    name: str,
    group: NDArray[np.int64],
    group_labels: dict[str, Text],
    patients: Patients,
    study: Study,
    session: Session,
) -> _Strata:
    """The strata in which every group has a patient; the others, where any patient is compared, are named."""
    coded = coded_column("strata", name, None, patients, study, session)
    everything = tuple(coded.labels)
    position = _positions(coded.sql, everything, patients, session)
    kept: list[int] = []
    left_out: list[Remark] = []
    for place, text in enumerate(everything):
        members = group[(position == place) & (group >= 0)]
        empty = [label for g, label in enumerate(group_labels.values()) if not (members == g).any()]
        if not empty:
            kept.append(place)
        elif members.size:
            absent = reduce(_either, (Remark("quoted", {"label": label}) for label in empty))
            values: dict[str, Value] = {"stratum": coded.labels[text], "count": int(members.size), "groups": absent}
            left_out.append(Remark("stratum-left-out", values))
    renumbered = np.full(len(everything) + 1, -1, dtype=np.int64)
    renumbered[kept] = np.arange(len(kept))
    index = np.where(group >= 0, renumbered[position], -1)
    index.setflags(write=False)
    codes = tuple(everything[place] for place in kept)
    return _Strata(codes, {text: coded.labels[text] for text in codes}, index, position < 0, tuple(left_out))


def _either(first: Remark, second: Remark) -> Remark:
    return Remark("either", {"first": first, "second": second})


def _undeclared(coded: Coded, name: str, patients: Patients, session: Session) -> Iterator[Finding]:
    """Findings that block: patients whose code is declared nowhere, or for whom the expression fails."""
    table = patients.tables[coded.table]
    asked = []
    if coded.declared is not None:
        known = ", ".join(literal(text) for text in sorted(coded.declared))
        asked.append(("undeclared-group", coded.sql, f"{coded.sql} NOT IN ({known})"))
    if coded.guard is not None:
        asked.append(("group-fails", literal(""), f"{coded.guard} IS NULL"))
    for rule, value, condition in asked:
        question = RowQuestion(
            rule=rule,
            severity=Severity.BLOCKS,
            table=table.name,
            column=coded.column,
            select=f"SELECT {row_sql(table.name)}, {patients.key_sql(table.name)}, {value}"
            f" FROM {patients.relation} {ALIAS} WHERE {condition} ORDER BY {ALIAS}.{PATIENT}",
            message=Remark(rule, {"comparison": name}),
            remedy=Remark(f"{rule}.remedy"),
        )
        yield from row_findings(question, patients.tables, session)


def _found_later(coded: Coded, groups: Groups, name: str, patients: Patients, session: Session) -> Iterator[Finding]:
    """How many patients' groups were found out after time zero, and how many are compared as of what was found."""
    if coded.found_later is None or coded.moved is None or groups.frozen is None:
        return
    later, moved = session.rows(
        f"SELECT count(*) FILTER (WHERE {coded.found_later}), count(*) FILTER (WHERE {coded.moved})"
        f" FROM {patients.relation} {ALIAS}"
    )[0]
    if later:
        rule = "group-found-later" if groups.frozen.days is not None else "group-of-last-record"
        values: dict[str, Value] = {"comparison": name, "count": int(later), "moved": int(moved)}
        values["as_of"] = str(groups.frozen.as_of)
        yield Finding(
            rule=rule,
            severity=Severity.INFORMS if groups.frozen.days is not None else Severity.WARNS,
            message=Remark(rule, values),
            remedy=Remark(f"{rule}.remedy"),
        )


def _count_finding(count: int, n: int, name: str, why: Remark) -> Iterator[Finding]:
    if count:
        yield Finding(
            rule="not-compared",
            severity=Severity.WARNS,
            message=Remark(
                "not-compared",
                {"comparison": name, "count": count, "of_patients": Remark("patients", {"count": n}), "why": why},
            ),
            remedy=Remark("not-compared.remedy"),
        )


def _no_stratum(name: str) -> Finding:
    return Finding(
        rule="no-stratum",
        severity=Severity.BLOCKS,
        message=Remark("no-stratum", {"comparison": name}),
        remedy=Remark("no-stratum.remedy"),
    )


def _small_groups(index: NDArray[np.int64], labels: Mapping[str, Text], name: str) -> Iterator[Finding]:
    for position, text in enumerate(labels):
        size = int((index == position).sum())
        if size == 0:
            yield Finding(
                rule="empty-group",
                severity=Severity.BLOCKS,
                message=Remark("empty-group", {"comparison": name, "group": text}),
                remedy=Remark("empty-group.remedy"),
            )
        elif size == 1:
            yield Finding(
                rule="group-of-one",
                severity=Severity.WARNS,
                message=Remark("group-of-one", {"comparison": name, "group": text}),
                remedy=Remark("group-of-one.remedy"),
            )
