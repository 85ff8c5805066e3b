"""Rows within strata, tests of one effect in all strata, and estimates beside tests of ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from atrisk.derive.variable import Values
from atrisk.errors import ReconciliationError
from atrisk.result.remark import Remark
from atrisk.result.row import Row, finish
from atrisk.run.frame import Frame
from atrisk.run.hazard import NOT_PROPORTIONAL
from atrisk.run.not_compared import not_compared_rows
from atrisk.run.reconcile import reconcile
from atrisk.run.surgical import surgical_rows
from atrisk.run.time_to_event import time_to_event
from atrisk.run.within_strata import time_to_event_within_strata
from atrisk.study.text import Text
from tests.run.test_result_rows import followed, frame, value


def stratified(group: Sequence[int], stratum: Sequence[int]) -> Frame:
    return replace(frame(group, strata=("X", "Y")), stratum=np.asarray(stratum, dtype=np.int64))


def numbers(values: Sequence[float], limit: Sequence[str] = ()) -> Values:
    return Values(
        name="stay",
        label=Text("Stay"),
        unit="days",
        kind="number",
        numbers=np.array(values, dtype=np.float64),
        limit=np.array(limit or [""] * len(values), dtype="<U2"),
        levels=(),
        level=np.full(len(values), -1, dtype=np.int64),
    )


def levels(names: tuple[str, ...], level: Sequence[int], kind: Literal["category", "boolean"] = "category") -> Values:
    return Values(
        name="grade",
        label=Text("Grade"),
        unit="",
        kind=kind,
        numbers=np.full(len(level), math.nan),
        limit=np.array([""] * len(level), dtype="<U2"),
        levels=names,
        level=np.array(level, dtype=np.int64),
    )


# Two strata of six patients, each group with events in each, in an order that leaves every hazard ratio finite.
TIME = [1, 4, 6, 2, 3, 7, 2, 5, 6, 1, 4, 8]
CAUSE = [1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1]
GROUP = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
STRATUM = [0] * 6 + [1] * 6


@pytest.fixture(scope="module")
def within() -> tuple[Row, ...]:
    return finish(time_to_event_within_strata(stratified(GROUP, STRATUM), followed(TIME, CAUSE), (3.5,)).rows)


def test_rows_of_a_stratum_are_those_of_its_patients_alone(within: tuple[Row, ...]) -> None:
    """Every number under a stratum's code is the number of a study of that stratum alone."""
    compared = 0
    for code, part in (("X", slice(0, 6)), ("Y", slice(6, 12))):
        alone = time_to_event(frame(GROUP[part]), followed(TIME[part], CAUSE[part]), (3.5,)).rows
        of_stratum = [row for row in within if row.stratum == code]
        assert len(of_stratum) == len(alone)
        for row, expected in zip(of_stratum, alone, strict=True):
            named = (row.analysis, row.statistic, row.group, row.contrast, row.time, row.value, row.n, row.error)
            assert named == (
                expected.analysis, expected.statistic, expected.group, expected.contrast, expected.time,
                expected.value, expected.n, expected.error,
            )  # fmt: skip
            compared += row.value is not None
    assert compared > 60


def test_curves_of_a_stratum_are_those_of_its_patients_alone() -> None:
    """Every curve under a stratum's code is the curve of a study of that stratum alone; one of causes too."""
    for causes in (("event",), ("event", "death")):
        cause = [number % (len(causes) + 1) for number in range(len(TIME))]
        both = followed(TIME, cause, causes)
        curves = time_to_event_within_strata(stratified(GROUP, STRATUM), both, ()).curves
        assert [(curve.stratum, curve.group, curve.cause) for curve in curves] == [
            (code, group, name) for code in "XY" for group in "AB" for name in (causes if len(causes) > 1 else ("",))
        ]
        for code, part in (("X", slice(0, 6)), ("Y", slice(6, 12))):
            outcome = followed(TIME[part], cause[part], causes)
            alone = time_to_event(frame(GROUP[part]), outcome, ()).curves
            for curve, expected in zip([curve for curve in curves if curve.stratum == code], alone, strict=True):
                assert (curve.n, curve.time.tolist()) == (expected.n, expected.time.tolist())
                assert curve.n_at_risk.tolist() == expected.n_at_risk.tolist()
                assert np.array_equal(curve.estimate, expected.estimate, equal_nan=True)


def test_the_interaction_test_names_its_contrast_patients_and_strata(within: tuple[Row, ...]) -> None:
    """One contrast in two strata: one degree of freedom; the statistic itself is held to R in tests/compare."""
    row = value(within, statistic="interaction_p")
    assert (row.analysis, row.contrast, row.stratum, row.df, row.n, row.n_event) == ("cox", "A / B", "", 1.0, 12, 10)
    assert row.note == "strata: X, Y"
    assert row.value is not None
    assert 0 < row.value <= 1


def test_without_strata_there_is_nothing_within_them() -> None:
    assert time_to_event_within_strata(frame(GROUP), followed(TIME, CAUSE), ()).rows == ()


def test_homogeneity_of_odds_ratios_by_hand() -> None:
    """Odds ratios 4 and 1/4 (docs/methods/tables.md): 4/3 on 1 degree of freedom, p = erfc(sqrt(2/3))."""
    group = [0, 0, 0, 1, 1, 1] * 2
    # Contrast B vs A: in X two of three in B and one of three in A have the event, in Y the other way round.
    level = [1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0]
    rows = finish(surgical_rows(stratified(group, STRATUM), levels(("false", "true"), level, "boolean")))
    row = value(rows, statistic="homogeneity_p")
    assert row.value == pytest.approx(math.erfc(math.sqrt(2 / 3)), rel=1e-12)
    assert (row.contrast, row.df, row.n, row.method, row.note) == ("B vs A", 1.0, 12, "breslow-day", "strata: X, Y")


def test_a_stratum_that_says_nothing_is_named() -> None:
    group = [0, 0, 0, 1, 1, 1] * 2
    level = [1, 0, 0, 1, 1, 0] + [0] * 6
    rows = finish(surgical_rows(stratified(group, STRATUM), levels(("false", "true"), level, "boolean")))
    row = value(rows, statistic="homogeneity_p")
    assert row.value is None
    assert "one stratum alone" in row.error
    assert row.note == "strata: X; without information: Y"


def test_a_shift_with_limits_stands_beside_the_rank_test() -> None:
    """docs/methods/tables.md: 1, 4, 6 against 2, 9, 20 has the shift -5 with the extremes -19 and 4 as limits."""
    rows = finish(surgical_rows(frame([1, 1, 1, 0, 0, 0]), numbers([1, 4, 6, 2, 9, 20])))
    shift = value(rows, statistic="shift")
    assert (shift.value, shift.contrast, shift.unit, shift.n) == (-5.0, "B vs A", "days", 6)
    assert value(rows, estimate_id=shift.estimate_id, statistic="conf_low").value == -19
    assert value(rows, estimate_id=shift.estimate_id, statistic="conf_high").value == 4
    assert value(rows, statistic="p", method="wilcoxon").unit == ""


def test_no_shift_of_values_known_only_as_limits() -> None:
    rows = finish(surgical_rows(frame([1, 1, 0, 0]), numbers([1, 4, 6, 2], ["", "<", "", ""])))
    shift = value(rows, statistic="shift")
    assert shift.value is None
    assert "only as a limit" in shift.error


def test_the_probability_of_a_higher_level_by_hand() -> None:
    """B has levels 0 and 1, A has 1 and 2: of four pairs one is tied, so 1/8 (docs/methods/tables.md)."""
    rows = finish(surgical_rows(frame([1, 1, 0, 0]), levels(("I", "II", "III"), [0, 1, 1, 2])))
    effect = value(rows, statistic="relative_effect")
    assert (effect.value, effect.contrast, effect.n) == (0.125, "B vs A", 4)
    high = value(rows, estimate_id=effect.estimate_id, statistic="conf_high")
    assert high.value is not None
    assert 0.125 < high.value < 1


def test_hazards_that_cross_carry_a_warning_on_the_ratio_itself() -> None:
    """Group A fails early and then hardly at all, group B only late: no ratio holds throughout."""
    early, late = [1 + i / 100 for i in range(20)], [20 + i / 100 for i in range(20)]
    time = [*early, *[30.0] * 20, *late, *[25 + i / 100 for i in range(20)]]
    cause = [1] * 20 + [0] * 20 + [1] * 40
    rows = finish(time_to_event(frame([0] * 40 + [1] * 40), followed(time, cause), ()).rows)
    assert (value(rows, statistic="proportional_hazards_p").value or 0) < 0.05
    assert value(rows, statistic="hazard_ratio").warning == NOT_PROPORTIONAL
    steady = finish(time_to_event(frame(GROUP), followed(TIME, CAUSE), ()).rows)
    assert (value(steady, statistic="proportional_hazards_p").value or 0) > 0.05
    # Few die in either group, which is all that this ratio is warned of.
    assert value(steady, statistic="hazard_ratio").warning == Remark("few-events", {"few": 10, "groups": ("A", "B")})


def test_rows_of_one_pair_say_whose_patients_their_n_counts() -> None:
    """Of three groups of two, the log-rank test of a pair has four patients, the Cox model all six."""
    rows = finish(
        time_to_event(
            frame([0, 0, 1, 1, 2, 2], groups=("A", "B", "C")), followed([1, 4, 2, 5, 3, 6], [1, 1, 1, 0, 1, 1]), ()
        ).rows
    )
    pair = value(rows, analysis="log_rank", statistic="p", contrast="B vs A")
    ratio = value(rows, analysis="cox", statistic="hazard_ratio", contrast="B vs A")
    assert (pair.n, ratio.n) == (4, 6)
    assert pair.note == "the patients of these two groups alone"
    assert ratio.note.startswith("one Cox model of all groups")


def test_patients_outside_a_comparison_have_a_row_for_each_reason_and_a_lost_row_is_noticed() -> None:
    outside = {"restricted": 2, "group-unknown": 0, "stratum-empty": 1}
    partly = replace(frame([0, 1, 0, 1, -1, -1, -1]), not_compared=outside)
    rows = finish(not_compared_rows(partly))
    assert [(row.comparison, row.term, row.value, row.note) for row in rows] == [
        ("main", "restricted", 2.0, "outside the restriction of this comparison"),
        ("main", "stratum-empty", 1.0, "in a stratum in which a group has nobody"),
    ]
    flow = flow_of(7)
    reconcile(7, {"main": partly}, [*flow, *rows], ())
    with pytest.raises(ReconciliationError, match="says that 2 are not compared, not 3"):
        reconcile(7, {"main": partly}, [*flow, *rows[:1]], ())


def flow_of(n: int) -> list[Row]:
    counts = {"entered": n, "excluded": 0, "unknown": 0, "remaining": n, "patients_entered": n, "patients_remaining": n}
    return [Row(analysis="flow", term="1", statistic=name, value=float(count)) for name, count in counts.items()]


def test_a_shift_among_tied_values_has_the_probability_beside_it() -> None:
    """B: 0, 0, 0, 5; A: 0, 0, 1, 2. Five of eight are 0; of 16 pairs B is higher in 4, tied in 6: 7/16."""
    rows = finish(surgical_rows(frame([1] * 4 + [0] * 4), numbers([0, 0, 0, 5, 0, 0, 1, 2])))
    shift = value(rows, statistic="shift")
    assert shift.warning.startswith("62% of the values are 0:")
    effect = value(rows, statistic="relative_effect")
    assert (effect.value, effect.contrast, effect.unit) == (7 / 16, "B vs A", "")
    apart = finish(surgical_rows(frame([1, 1, 1, 0, 0, 0]), numbers([1, 4, 6, 2, 9, 20])))
    assert not [row for row in apart if row.statistic == "relative_effect"]
    assert value(apart, statistic="shift").warning == ""


def test_sparse_strata_warn_and_have_the_exact_test() -> None:
    """Two strata of six, in each B has 3 of 3 and A 0 of 3. Given the margins all three events of a stratum are in B in
    one of C(6, 3) = 20 ways, so in both with 1/400; none in B is as improbable: p = 2/400. Larger strata need none."""
    group = [0, 0, 0, 1, 1, 1] * 2
    rows = finish(surgical_rows(stratified(group, STRATUM), levels(("false", "true"), group, "boolean")))
    assert value(rows, statistic="exact_p").value == pytest.approx(2 / 400, rel=1e-9)
    assert "counts below 5" in value(rows, analysis="stratified", statistic="p").warning
    many = [0, 0, 0, 1, 1, 1] * 24
    stratum = [0] * 72 + [1] * 72
    level = [1, 0, 1, 1, 0, 0] * 24
    full = finish(surgical_rows(stratified(many, stratum), levels(("false", "true"), level, "boolean")))
    assert not [row for row in full if row.statistic == "exact_p"]
    assert value(full, analysis="stratified", statistic="p").warning == ""
