"""Rows of one comparison against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from atrisk.derive.follow_up import FollowUp
from atrisk.result.row import IDENTITY, Row, finish
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.run.time_to_event import time_to_event
from atrisk.study.model import Settings
from atrisk.study.published import SELECTORS


def frame(group: Sequence[int], *, groups: tuple[str, ...] = ("A", "B"), strata: tuple[str, ...] = ()) -> Frame:
    pairs = tuple((position, 0) for position in range(1, len(groups)))
    return Frame(
        name="main",
        population="all eligible",
        groups=groups,
        group=np.asarray(group, dtype=np.int64),
        pairs=pairs,
        reference=0,
        strata=strata,
        stratum=np.zeros(len(group), dtype=np.int64),
        multiplicity="holm",
        settings=Settings(conf_type="plain"),
    )


def followed(time: Sequence[float], cause: Sequence[int], causes: tuple[str, ...] = ("event",)) -> FollowUp:
    times = np.asarray(time, dtype=np.float64)
    return FollowUp(
        name="os",
        time=times,
        cause=np.asarray(cause, dtype=np.int64),
        causes=causes,
        excluded=int(np.isnan(times).sum()),
        excluded_because="no follow-up",
        findings=(),
    )


def value(rows: Sequence[Row], **wanted: object) -> Row:
    found = [row for row in rows if all(getattr(row, name) == want for name, want in wanted.items())]
    assert len(found) == 1, (wanted, len(found))
    return found[0]


# Group A: events at 1 and 3, censored at 2. Group B: event at 2, censored at 4; a third patient has no time.
TIME = [1.0, 2.0, 3.0, 2.0, 4.0, math.nan]
CAUSE = [1, 0, 1, 1, 0, 0]
GROUP = [0, 0, 0, 1, 1, 1]


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    return finish(time_to_event(frame(GROUP), followed(TIME, CAUSE), (2.0, 3.5)).rows)


def test_survival_at_a_landmark_with_greenwood_limits(rows: tuple[Row, ...]) -> None:
    """A: S(2) = 2/3, Greenwood variance (2/3)^2 * 1/(3*2) = 2/27; plain limits -+ 1.959963985 sqrt(2/27), cut at 1."""
    estimate = value(rows, analysis="survival", group="A", statistic="survival", time=2.0)
    assert estimate.value == pytest.approx(2 / 3, rel=1e-12)
    low = value(rows, estimate_id=estimate.estimate_id, statistic="conf_low")
    high = value(rows, estimate_id=estimate.estimate_id, statistic="conf_high")
    assert low.value == pytest.approx(2 / 3 - 1.959963984540054 * math.sqrt(2 / 27), rel=1e-12)
    assert high.value == 1.0
    # Just before day 2 two patients are at risk and one event has happened; day 2 itself does not count.
    assert value(rows, estimate_id=estimate.estimate_id, statistic="n_at_risk").value == 2
    assert value(rows, estimate_id=estimate.estimate_id, statistic="n_event_before").value == 1
    assert value(rows, estimate_id=estimate.estimate_id, statistic="n_censored_before").value == 0


def test_a_median_not_reached_is_said_and_not_invented(rows: tuple[Row, ...]) -> None:
    """B: S(2) = 1/2 until the last time, day 4: the plateau at 1/2 gives the middle of 2 and 4 by R's rule."""
    assert value(rows, analysis="survival", group="B", statistic="median").value == 3.0
    short = finish(time_to_event(frame([0, 0, 1, 1]), followed([1, 2, 3, 4], [0, 0, 1, 1]), (3.0,)).rows)
    median = value(short, analysis="survival", group="A", statistic="median")
    assert median.value is None
    assert "not reached" in median.error
    beyond = value(short, analysis="survival", group="A", statistic="survival", time=3.0)
    assert beyond.value is None
    assert "beyond the last follow-up" in beyond.error


def test_limits_that_do_not_exist_at_0_or_1_are_not_said_to_lie_beyond_follow_up() -> None:
    """On the scale log(-log S) there is no S of 1 or 0: nobody of A has the event before day 2, all of B have it."""
    log_log = replace(frame([0, 0, 1, 1]), settings=Settings(conf_type="log-log"))
    for causes in (("event",), ("event", "death")):
        rows = finish(time_to_event(log_log, followed([1.0, 3.0, 1.0, 1.5], [0, 1, 1, 1], causes), (2.0,)).rows)
        for group in ("A", "B"):
            (estimate,) = [
                row
                for row in rows
                if (row.group, row.time) == (group, 2.0)
                and row.statistic in ("survival", "cumulative_incidence")
                and row.cause in ("", "event")
            ]
            assert estimate.value in (0.0, 1.0)
            for limit in ("conf_low", "conf_high"):
                row = value(rows, estimate_id=estimate.estimate_id, statistic=limit)
                assert (row.value, row.error) == (None, "the estimate is 0% or 100%, where the limits do not exist")


def test_log_rank_by_hand(rows: tuple[Row, ...]) -> None:
    """Day 1: 1 event of 5 at risk (A 3, B 2); day 2: 1 of 4 (A 2, B 2), day 3: 1 of 2 (A 1, B 1).

    Expected in A: 3/5 + 2/4 + 1/2 = 1.6, variance 6/25 + 1/4 + 1/4 = 0.74; chi squared (2 - 1.6)^2 / 0.74.
    """
    assert value(rows, analysis="log_rank", group="A", statistic="expected").value == pytest.approx(1.6, rel=1e-12)
    assert value(rows, analysis="log_rank", group="A", statistic="observed").value == 2
    chi_squared = value(rows, analysis="log_rank", statistic="chi_squared", contrast="A / B")
    assert chi_squared.value == pytest.approx(0.16 / 0.74, rel=1e-12)
    p = value(rows, analysis="log_rank", statistic="p", contrast="A / B")
    assert p.value == pytest.approx(math.erfc(math.sqrt(0.16 / 0.74 / 2)), rel=1e-9)
    assert (p.n, p.n_event, p.df, p.method) == (5, 3, 1.0, "log-rank")


def test_everyone_is_accounted_for(rows: tuple[Row, ...]) -> None:
    """B has three patients: two followed, one left out with the reason stated."""
    assert value(rows, analysis="follow_up", group="B", statistic="n").value == 2
    excluded = value(rows, analysis="follow_up", group="B", statistic="n_excluded")
    assert (excluded.value, excluded.note) == (1, "no follow-up")
    assert value(rows, analysis="follow_up", group="", statistic="n").value == 5
    assert value(rows, analysis="follow_up", group="A", statistic="person_time").value == 6


def test_competing_events_give_cumulative_incidence_not_one_minus_survival() -> None:
    """Four patients, one group of interest: progression at 1, death at 2, progression at 3, censored at 4.

    CIF of progression at 3: 1/4 + S(2) * 1/2 with S(2) = 3/4 * 2/3 = 1/2, so 1/4 + 1/4 = 1/2; death 3/4 * 1/3 = 1/4.
    """
    found = time_to_event(
        frame([0, 0, 0, 0, 1, 1]),
        followed([1, 2, 3, 4, 1, 2], [1, 2, 1, 0, 0, 1], ("event", "death")),
        (3.0,),
    )
    rows = finish(found.rows)
    assert not [row for row in rows if row.analysis == "survival"]
    event = value(rows, analysis="cumulative_incidence", group="A", cause="event", statistic="cumulative_incidence")
    death = value(rows, analysis="cumulative_incidence", group="A", cause="death", statistic="cumulative_incidence")
    assert event.value == pytest.approx(0.5, rel=1e-12)
    assert death.value == pytest.approx(0.25, rel=1e-12)
    assert {curve.cause for curve in found.curves} == {"event", "death"}
    assert value(rows, analysis="log_rank", statistic="p").method == "cause-specific log-rank"


def test_pairs_carry_raw_and_adjusted_p_and_their_family() -> None:
    """Three identical groups: every raw p is 1, and so is every Holm-adjusted one; pairs name their contrast."""
    rows = finish(
        time_to_event(frame([0, 0, 1, 1, 2, 2], groups=("A", "B", "C")), followed([1, 2] * 3, [1, 0] * 3), ()).rows
    )
    pair = value(rows, analysis="log_rank", statistic="p", contrast="C vs A")
    assert pair.value == pytest.approx(1.0)
    assert pair.p_adjusted == pytest.approx(1.0)
    assert "holm" in pair.family
    assert value(rows, analysis="log_rank", statistic="p", contrast="A / B / C").p_adjusted is None


def test_without_events_nothing_is_tested_and_the_reason_is_given() -> None:
    rows = finish(time_to_event(frame([0, 0, 1, 1]), followed([1, 2, 3, 4], [0, 0, 0, 0]), ()).rows)
    for analysis, statistic in (("log_rank", "p"), ("cox", "hazard_ratio")):
        row = value(rows, analysis=analysis, statistic=statistic)
        assert row.value is None
        assert row.error


def test_a_group_without_events_has_no_invented_hazard_ratio() -> None:
    """All events are in B: the likelihood rises without end, so neither the ratio's limits nor its p are numbers."""
    rows = finish(time_to_event(frame([0, 0, 0, 1, 1, 1]), followed([5, 6, 7, 1, 2, 3], [0, 0, 0, 1, 1, 1]), ()).rows)
    ratio = value(rows, analysis="cox", statistic="hazard_ratio")
    high = value(rows, estimate_id=ratio.estimate_id, statistic="conf_high")
    assert high.value is None
    assert high.error
    assert ratio.warning or ratio.error


def test_row_ids_name_what_a_row_is_of_and_not_its_value() -> None:
    template = Row(analysis="survival", statistic="survival", outcome="os", group="A", time=365.25)
    (first,) = finish([single(template, "survival", 0.5)])
    (second,) = finish([single(template, "survival", 0.75)])
    assert first.row_id == second.row_id
    with pytest.raises(ValueError, match="of the same thing"):
        finish([single(template, "survival", 0.5), single(template, "survival", 0.75)])


def test_an_estimate_and_its_limits_share_one_estimate_id() -> None:
    template = Row(analysis="cox", statistic="", outcome="os", contrast="B vs A")
    rows = finish(
        with_companions(template, "hazard_ratio", Estimate(value=2.0, low=1.0, high=math.nan, limit_reason="why"))
    )
    assert [row.statistic for row in rows] == ["hazard_ratio", "conf_low", "conf_high"]
    assert len({row.estimate_id for row in rows}) == 1
    assert (rows[2].value, rows[2].error) == (None, "why")


def test_a_row_never_holds_nan() -> None:
    with pytest.raises(ValueError, match="NaN"):
        Row(analysis="cox", statistic="hazard_ratio", value=math.nan)


def test_two_limits_of_one_estimate_are_an_error() -> None:
    template = Row(analysis="binary", statistic="", outcome="leak", group="A", estimate_id="one")
    rows = [single(replace(template, stratum=stratum), "conf_low", 0.5) for stratum in ("SI", "P")]
    with pytest.raises(ValueError, match="belong to the one estimate"):
        finish(rows)


def test_every_column_that_says_what_a_row_is_of_tells_rows_apart() -> None:
    """Two rows, each an estimate with limits, that differ in one column of the identity alone can stand in one run."""
    template = Row(analysis="cox", statistic="", outcome="os", group="A", conf_level=0.95, time=1.0, time_start=0.0)
    other = {"conf_level": 0.9, "time": 2.0, "time_start": 1.0, "margin": 1.3}
    for name in IDENTITY:
        if name in ("statistic", "of"):
            continue
        pair = (template, replace(template, **{name: other.get(name, "B")}))
        rows = [row for each in pair for row in with_companions(each, "x", Estimate(value=1.0, low=0.5, high=2.0))]
        finished = finish(rows)
        assert len({row.row_id for row in finished}) == 6, name
        assert len({row.estimate_id for row in finished}) == 2, name


def test_a_published_figure_selects_by_what_a_row_is_of() -> None:
    """Every column of the study file's selectors is one of the row's identity."""
    assert set(SELECTORS) <= set(IDENTITY)
