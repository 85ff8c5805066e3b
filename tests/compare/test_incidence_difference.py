"""Differences of cumulative incidence, by hand and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.compare.cumulative_incidence.incidence_difference import incidence_difference
from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve, aalen_johansen
from atrisk.summary.event_counts import EventCounts, Shape


def curves(conf_type: str = "plain", conf_level: float = 0.95) -> tuple[IncidenceCurve, ...]:
    """Ten patients a group, none censored before 9; by time 5: 4 and 2 events of cause 1, 1 and 3 of cause 2."""
    time = [1, 2, 3, 4, 5, 9, 9, 9, 9, 9] * 2
    cause = [1, 1, 2, 1, 1, 0, 0, 0, 0, 0, 2, 1, 2, 2, 1, 0, 0, 0, 0, 0]
    counts = EventCounts.of(time, cause, group=np.repeat([0, 1], 10), shape=Shape(n_groups=2, n_causes=2))
    return aalen_johansen(counts, conf_type=conf_type, conf_level=conf_level)  # type: ignore[arg-type]


def test_without_censoring_it_is_a_difference_of_proportions() -> None:
    """0.4 - 0.2 and 0.1 - 0.3, standard errors sqrt(p(1 - p)/10) as for proportions."""
    one, other = curves()
    found = incidence_difference(one, other, [5.0], limits="wald")
    std_err = math.sqrt(0.4 * 0.6 / 10 + 0.2 * 0.8 / 10)
    np.testing.assert_allclose(found.estimate[:, 0], [0.2, -0.2], rtol=1e-12)
    assert found.std_err[0, 0] == pytest.approx(std_err, rel=1e-9)
    z = 1.959963984540054
    np.testing.assert_allclose(
        [found.lower[0, 0], found.upper[0, 0]], [0.2 - z * std_err, 0.2 + z * std_err], rtol=1e-8
    )
    assert found.p_value[0, 0] == pytest.approx(math.erfc(0.2 / std_err / math.sqrt(2)), rel=1e-9)


def test_square_and_add_from_the_limits_of_the_curves() -> None:
    one, other = curves("log-log")
    found = incidence_difference(one, other, [5.0])
    row = int(np.searchsorted(one.time, 5.0))
    low, high, low2, high2 = (curve[0][row] for curve in (one.lower, one.upper, other.lower, other.upper))
    assert found.lower[0, 0] == pytest.approx(0.2 - math.sqrt((0.4 - low) ** 2 + (high2 - 0.2) ** 2), rel=1e-12)
    assert found.upper[0, 0] == pytest.approx(0.2 + math.sqrt((high - 0.4) ** 2 + (0.2 - low2) ** 2), rel=1e-12)
    plain = incidence_difference(*curves(), [5.0])
    wald = incidence_difference(*curves(), [5.0], limits="wald")
    # Of the other cause, plain limits are cut at 0.
    np.testing.assert_allclose(plain.lower[0], wald.lower[0], rtol=1e-10)


def test_exchanging_the_groups_changes_the_sign() -> None:
    one, other = curves("log-log")
    here, there = incidence_difference(one, other, [2.0, 5.0]), incidence_difference(other, one, [2.0, 5.0])
    np.testing.assert_array_equal(here.estimate, -there.estimate)
    np.testing.assert_array_equal(here.lower, -there.upper)
    np.testing.assert_array_equal(here.p_value, there.p_value)


def test_what_cannot_be_estimated() -> None:
    one, other = curves("log-log")
    found = incidence_difference(one, other, [0.5, 20.0])
    np.testing.assert_array_equal(found.estimable, [True, False])
    assert np.all(np.isnan(found.lower[:, 0]))
    assert np.all(np.isnan(found.p_value))
    assert np.all(np.isnan(found.estimate[:, 1]))
    with pytest.raises(EstimationError):
        incidence_difference(one, curves("log-log", 0.9)[1], [1.0])
    with pytest.raises(EstimationError):
        incidence_difference(one, other, [1.0], limits="exact")  # type: ignore[arg-type]
    with pytest.raises(EstimationError):
        incidence_difference(one, other, [-1.0])


@pytest.mark.parametrize("limits", ["square-and-add", "wald"])
def test_the_error_of_one_group_is_not_taken_for_that_of_both(limits: str) -> None:
    """Nobody of 32 and 20 of 490 had the event (Fisher p = 0.63), which one group's error would call z = 4.6."""
    shape = Shape(n_groups=1, n_causes=2)
    (calm,) = aalen_johansen(EventCounts.of([5, *[30] * 31], [2] + [0] * 31, shape=shape), conf_type="log-log")
    (other,) = aalen_johansen(
        EventCounts.of([*range(1, 22), *[30] * 469], [1] * 20 + [2] + [0] * 469, shape=shape), conf_type="log-log"
    )
    for pair in ((calm, other), (other, calm)):
        found = incidence_difference(*pair, [25.0], limits=limits)  # type: ignore[arg-type]
        assert abs(found.estimate[0, 0]) == pytest.approx(20 / 490, rel=1e-12)
        assert np.isnan([found.std_err[0, 0], found.lower[0, 0], found.upper[0, 0], found.p_value[0, 0]]).all()
        assert np.isfinite([found.lower[1, 0], found.upper[1, 0], found.p_value[1, 0]]).all()


@pytest.mark.slow
@pytest.mark.parametrize("limits", ["square-and-add", "wald"])
def test_coverage(limits: str) -> None:
    """Two groups of 60 with incidences 0.3935 x 0.6 and 0.6321 x 0.4 at time 1, a quarter lost by then; 95 % limits of
    the difference hold in 2,000 trials, within 4 Monte-Carlo errors (0.5 %) for log-log square-and-add."""
    random = np.random.default_rng(12)
    truth = (1 - math.exp(-0.5)) * 0.6 - (1 - math.exp(-1.0)) * 0.4
    held = 0
    for _ in range(2000):
        event = np.concatenate((random.exponential(2.0, 60), random.exponential(1.0, 60)))
        lost = random.exponential(3.5, 120)
        first = random.random(120) < np.repeat([0.6, 0.4], 60)
        cause = np.where(lost < event, 0, np.where(first, 1, 2))
        counts = EventCounts.of(
            np.minimum(event, lost), cause, group=np.repeat([0, 1], 60), shape=Shape(n_groups=2, n_causes=2)
        )
        found = incidence_difference(*aalen_johansen(counts, conf_type="log-log"), [1.0], limits=limits)  # type: ignore[arg-type]
        held += bool(found.lower[0, 0] <= truth <= found.upper[0, 0])
    assert abs(held / 2000 - 0.95) < 0.02
