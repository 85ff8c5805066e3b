"""Whatever the patients are, the rows made of them account for each of them: N of table = N of model + exclusions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.errors import ReconciliationError
from atrisk.result.remark import Remark
from atrisk.result.row import Row, finish
from atrisk.run.baseline import baseline_rows
from atrisk.run.frame import Frame
from atrisk.run.not_compared import not_compared_rows
from atrisk.run.reconcile import reconcile
from atrisk.run.surgical import surgical_rows
from atrisk.run.time_to_event import time_to_event
from atrisk.run.within_strata import time_to_event_within_strata
from atrisk.study.model import Settings
from atrisk.study.text import Text

GROUPS, STRATA = ("A", "B", "C"), ("left", "right")
# One patient of every group in every stratum, as a run demands, and then whoever comes.
EVERYWHERE = [(group, stratum) for group in range(3) for stratum in range(2)]

patient = st.tuples(
    st.sampled_from([-1, 0, 1, 2]),  # group, -1 for one who is not compared
    st.integers(0, 1),  # stratum
    st.one_of(st.none(), st.integers(0, 9)),  # days of follow-up
    st.integers(0, 2),  # cause
    st.integers(-1, 2),  # level
    st.one_of(st.none(), st.integers(0, 12)),  # a number
    st.sampled_from(["", "", "<", ">="]),  # and whether it is only a limit
)


def variable(name: str, kind: str, levels: tuple[str, ...], level: np.ndarray, numbers: np.ndarray) -> Values:
    nothing = np.full(level.size, "", dtype="<U2")
    return Values(
        name=name, label=Text(name), unit="", kind=kind, numbers=numbers, limit=nothing, levels=levels, level=level
    )  # fmt: skip


def rows_of(patients: list[tuple], *, stratified: bool) -> tuple[Frame, list[Row], list]:
    group, stratum, days, cause, level, number, sign = (np.array(column) for column in zip(*patients, strict=True))
    time, numbers = days.astype(float), number.astype(float)
    frame = Frame(
        name="main",
        population="all eligible",
        groups=GROUPS,
        group=group,
        pairs=((1, 0), (2, 0)),
        reference=0,
        strata=STRATA if stratified else (),
        stratum=stratum if stratified else np.zeros_like(stratum),
        multiplicity="holm",
        settings=Settings(),
        not_compared={"group-unknown": int((group < 0).sum())},
    )
    limit = np.where(np.isnan(numbers), "", sign)
    none = np.full(level.size, np.nan)
    ordinal = variable("grade", "category", ("I", "II", "III"), level, none)
    boolean = variable("leak", "boolean", ("false", "true"), np.minimum(level, 1), none)
    counted = Values(
        name="nodes", label=Text("Nodes"), unit="", kind="number", numbers=numbers, limit=limit, levels=(),
        level=np.full(level.size, -1), bands=("0-4", "6-9"),
        band=np.where((numbers <= 4) & (limit == ""), 0, np.where((numbers >= 6) & (numbers <= 9), 1, -1)),
    )  # fmt: skip
    rows = [*not_compared_rows(frame), *baseline_rows(frame, [ordinal, boolean, counted], p_values=True)]
    for values in (ordinal, boolean, counted):
        rows += surgical_rows(frame, values)
    curves = []
    for name, causes in (("os", ("event",)), ("progression", ("event", "death"))):
        followed = FollowUp(
            name=name, time=time, cause=np.where(np.isnan(time), 0, np.minimum(cause, len(causes))), causes=causes,
            excluded=int(np.isnan(time).sum()), excluded_because=Remark("no-value"), findings=(),
        )  # fmt: skip
        found = time_to_event(frame, followed, (3.0, 8.0))
        rows += found.rows
        curves += found.curves
        rows += time_to_event_within_strata(frame, followed, (3.0,)).rows
    return frame, rows, curves


@given(st.lists(patient, max_size=12), st.booleans(), st.lists(patient, min_size=6, max_size=6), st.data())
@settings(deadline=None, max_examples=30)
def test_the_rows_of_any_patients_reconcile_and_one_false_number_does_not(
    more: list, stratified: bool, first: list, drawn: st.DataObject
) -> None:
    everywhere = [(*place, *rest[2:]) for place, rest in zip(EVERYWHERE, first, strict=True)]
    patients = [*everywhere, *more]
    frame, rows, curves = rows_of(patients, stratified=stratified)
    n = len(patients)
    counts = {"entered": n, "excluded": 0, "unknown": 0, "remaining": n, "patients_entered": n, "patients_remaining": n}
    flow = [Row(analysis="flow", term="1", statistic=name, value=float(count)) for name, count in counts.items()]
    finished = finish([*flow, *rows])
    reconcile(n, {"main": frame}, finished, curves)
    at = drawn.draw(st.sampled_from([place for place, row in enumerate(finished) if row.n is not None]))
    false = replace(finished[at], n=finished[at].n + 1)
    with pytest.raises(ReconciliationError):
        reconcile(n, {"main": frame}, [*finished[:at], false, *finished[at + 1 :]], curves)
