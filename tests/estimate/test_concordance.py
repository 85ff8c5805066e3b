"""Concordance against all pairs, one by one (oracle: ourselves, slowly), and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import CoxSample


def slow(sample: CoxSample, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted counts (concordant, discordant, tied risk, tied time, tied both), and per row its first three."""
    n = risk.size
    entry = np.full(n, -np.inf) if sample.entry is None else sample.entry
    counts, own = np.zeros(5), np.zeros((n, 3))
    for i in range(n):
        for j in range(n):
            if i == j or not sample.event[i] or sample.stratum[i] != sample.stratum[j]:
                continue
            weight = sample.weight[i] * sample.weight[j]
            if sample.event[j] and sample.time[i] == sample.time[j]:
                counts[4 if risk[i] == risk[j] else 3] += weight / 2
            elif entry[j] < sample.time[i] <= sample.time[j]:
                kind = 0 if risk[i] > risk[j] else 1 if risk[i] < risk[j] else 2
                counts[kind] += weight
                own[i, kind] += sample.weight[j]
                own[j, kind] += sample.weight[i]
    return counts, own


row = st.tuples(*(st.integers(*ends) for ends in ((1, 9), (0, 1), (-2, 2), (0, 2), (0, 5), (1, 4), (0, 3))))


@given(st.lists(row, min_size=2, max_size=30), st.booleans())
@settings(deadline=None, max_examples=80)
def test_every_pair(rows: list, delayed: bool) -> None:
    span, event, risk, stratum, entry, weight, cluster = np.array(rows).T
    sample = CoxSample(
        entry + span,
        event,
        risk[:, None].astype(float),
        stratum=stratum,
        entry=entry if delayed else None,
        weight=weight / 4,
        cluster=cluster,
    )
    counts, own = slow(sample, risk)
    found = concordance(sample, risk)
    got = [found.concordant, found.discordant, found.tied_risk, found.tied_time, found.tied_both]
    np.testing.assert_allclose(got, counts, rtol=1e-12, atol=1e-12)
    if counts[:3].sum() == 0:
        assert math.isnan(found.estimate)
        return
    estimate = (counts[0] + counts[2] / 2) / counts[:3].sum()
    each = sample.weight * (own[:, 0] + own[:, 2] / 2 - estimate * own.sum(axis=1)) / counts[:3].sum()
    assert found.estimate == pytest.approx(estimate, rel=1e-12)
    assert found.std_err == pytest.approx(np.sqrt((np.bincount(cluster, each) ** 2).sum()), rel=1e-10, abs=1e-12)


def test_four_patients_by_hand() -> None:
    """Events at 1, 2, 2, censored at 2; risks 3, 1, 2, 1. The first beats all others: 3 concordant. At 2 the
    events are tied (different risks); the censored one lived longer: risk 1 ties, risk 2 is concordant. 4.5 / 5."""
    sample = CoxSample(np.array([1.0, 2, 2, 2]), np.array([1, 1, 1, 0]), np.zeros((4, 1)))
    found = concordance(sample, [3, 1, 2, 1])
    assert (found.concordant, found.discordant, found.tied_risk) == (4, 0, 1)
    assert (found.tied_time, found.tied_both) == (1, 0)
    assert found.estimate == 0.9


def test_without_an_event_or_with_a_missing_risk() -> None:
    sample = CoxSample(np.array([1.0, 2]), np.array([0, 0]), np.zeros((2, 1)))
    assert math.isnan(concordance(sample, [1, 2]).estimate)
    with pytest.raises(EstimationError):
        concordance(sample, [1, math.nan])
