"""Standardised curves against R (another program; r/standardisation.R), their variance against derivatives."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from atrisk.compare.standardised_contrast import standardised_difference, standardised_ratio
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.baseline_hazard import baseline_hazard
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.standardisation.outcome_model import OutcomeModel, with_columns_set
from atrisk.estimate.standardisation.standardised_curves import (
    Standardised,
    standardised_curves,
    standardised_restricted_mean,
)

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "standardisation.json").read_text(encoding="utf-8"))
Floats = NDArray[np.float64]


def table(name: str, columns: list[str], needed: list[str]) -> dict[str, Any]:
    with (HERE.parent / "reference" / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[column] for column in needed)]
    return {column: np.array([row[column] for row in rows]) for column in columns}


COLON = table("colon_death", ["time", "status", "rx", "age", "nodes", "extent"], ["nodes", "differ"])
TREATED = COLON["rx"] == "Lev+5FU"
MGUS = {
    name: values[:400]
    for name, values in table("mgus2", ["etime", "event", "sex", "age", "mspike"], ["age", "mspike"]).items()
}


def colon(*names: str, interaction: bool = False, stratum: bool = False, ties: Any = "efron") -> OutcomeModel:
    x = np.column_stack([TREATED, *[COLON[name].astype(float) for name in names]])
    codes = np.unique(COLON["extent"], return_inverse=True)[1] if stratum else None

    def full(columns: Floats) -> Floats:
        return np.column_stack((columns, columns[:, 0] * columns[:, 2])) if interaction else columns

    sample = CoxSample(COLON["time"].astype(float), COLON["status"] == "1", full(x), stratum=codes)
    settings = tuple(full(setting) for setting in with_columns_set(x, [0], [[0], [1]]))
    return OutcomeModel(sample, cox(sample, ties=ties), settings)


SURVIVAL: dict[str, tuple[OutcomeModel, Any]] = {
    "everybody": (colon("age", "nodes"), None),
    "treated": (colon("age", "nodes"), TREATED),
    "breslow": (colon("age", "nodes", interaction=True, ties="breslow"), None),
    "strata": (colon("nodes", stratum=True), None),
}


def by_group() -> OutcomeModel:
    """The group as a stratum, not as a column."""
    model = colon("age", "nodes")
    x = model.sample.covariates[:, 1:]
    sample = CoxSample(model.sample.time, model.sample.event, x, stratum=TREATED.astype(int))
    strata = tuple(np.full(TREATED.size, code) for code in (0, 1))
    return OutcomeModel(sample, cox(sample), (x, x), strata)


SURVIVAL["by_group"] = (by_group(), None)


@pytest.mark.parametrize("name", SURVIVAL)
def test_standardised_survival_is_the_mean_of_the_curves_of_r(name: str) -> None:
    model, target = SURVIVAL[name]
    expected = R["survival"][name]
    found = standardised_curves([model], expected["times"], target=target)
    assert found.estimate[0] == pytest.approx(expected["unexposed"], rel=1e-9)
    assert found.estimate[1] == pytest.approx(expected["exposed"], rel=1e-9)


def test_the_standardised_restricted_mean_is_that_of_r() -> None:
    found = standardised_restricted_mean([SURVIVAL["everybody"][0]], 1826)
    assert found.estimate[:, 0] == pytest.approx(R["restricted_mean"], rel=1e-9)


def mgus(ties: Any = "efron") -> list[OutcomeModel]:
    male = (MGUS["sex"] == "M").astype(float)
    age, spike = MGUS["age"].astype(float), MGUS["mspike"].astype(float)
    models = []
    for cause, columns in (("1", (male, age, spike)), ("2", (male, age))):
        x = np.column_stack(columns)
        sample = CoxSample(MGUS["etime"].astype(float), MGUS["event"] == cause, x)
        models.append(OutcomeModel(sample, cox(sample, ties=ties), with_columns_set(x, [0], [[0], [1]])))
    return models


def test_standardised_incidences_are_the_means_of_the_multi_state_model_of_r() -> None:
    expected = R["competing"]
    for outcome, name in ((0, "free"), (1, "pcm"), (2, "death")):
        found = standardised_curves(mgus("breslow"), expected["times"], outcome=outcome)
        assert found.estimate == pytest.approx(np.array(expected[name]), rel=1e-9)
    found = standardised_curves(mgus(), R["composed"]["times"], outcome=1)
    assert found.estimate == pytest.approx(np.array(R["composed"]["pcm"]), rel=1e-9)


def invented(n: int, *, seed: int, strata: bool, late: bool, weights: bool, causes: int) -> list[CoxSample]:
    rng = np.random.default_rng(seed)
    x = np.column_stack((rng.integers(0, 2, n), rng.normal(size=n)))
    risk = np.exp(-0.5 * x[:, 0] + 0.4 * x[:, 1])
    drawn = [np.ceil(rng.exponential(10, n) / risk) for _ in range(causes)]
    lost = np.ceil(rng.exponential(15, n))
    time = np.minimum.reduce([*drawn, lost])
    cause = np.select([drawn[k] == time for k in range(causes)], range(1, causes + 1), 0)
    common: dict[str, Any] = {
        "time": time,
        "stratum": rng.integers(0, 2, n) if strata else None,
        "entry": np.floor(time * rng.random(n) * 0.7) - 0.5 if late else None,
        "weight": rng.integers(1, 3, n).astype(float) if weights else np.ones(n),
    }
    return [CoxSample(event=cause == k + 1, covariates=x if k == 0 else x[:, :1], **common) for k in range(causes)]


def slowly(samples: list[CoxSample], times: Floats, outcome: int, target: Floats) -> Floats:
    """The mean predicted outcome for each setting, patient by patient and time by time: (2, M)."""
    fits = [cox(sample) for sample in samples]
    first = samples[0]
    weight = np.ones(first.time.size) if first.weight is None else first.weight
    share = weight * target
    estimate = np.zeros((2, times.size))
    hazards = [baseline_hazard(sample, fit) for sample, fit in zip(samples, fits, strict=True)]
    for group in (0.0, 1.0):
        for i in range(first.time.size):
            stratum = 0 if first.stratum is None else int(first.stratum[i])
            grid = hazards[0][stratum].time
            steps = []
            for sample, fit, hazard in zip(samples, fits, hazards, strict=True):
                x = sample.covariates[i].copy()
                x[0] = group
                steps.append(np.diff(hazard[stratum].cumulative_hazard, prepend=0.0) * math.exp(x @ fit.coef))
            free, incidence, values = 1.0, 0.0, []
            for s in range(grid.size):
                all_causes = sum(step[s] for step in steps)
                if outcome and all_causes > 0:
                    incidence += free * (1 - math.exp(-all_causes)) * steps[outcome - 1][s] / all_causes
                free *= math.exp(-all_causes)
                values.append(incidence if outcome else free)
            before = [0.0 if outcome else 1.0]
            estimate[int(group)] += share[i] * np.array(before + values)[np.searchsorted(grid, times, side="right")]
    return estimate / share.sum()


def by_derivatives(samples: list[CoxSample], statistic: Callable[[list[CoxSample]], Floats]) -> Floats:
    """The sum over patients of squared w_i dO/dw_i, from differences: the infinitesimal jackknife, slowly."""
    weight = samples[0].weight
    assert weight is not None
    total: Any = 0.0
    for i in range(weight.size):
        sides = []
        for change in (1e-4, -1e-4):
            moved = weight.copy()
            moved[i] += change
            sides.append(statistic([replace(sample, weight=moved) for sample in samples]))
        total = total + (weight[i] * (sides[0] - sides[1]) / 2e-4) ** 2
    return np.asarray(total)


def modelled(samples: list[CoxSample]) -> list[OutcomeModel]:
    return [
        OutcomeModel(sample, cox(sample), with_columns_set(sample.covariates, [0], [[0], [1]])) for sample in samples
    ]


@pytest.mark.parametrize(
    ("strata", "late", "weights", "causes", "outcome"),
    [
        (False, False, False, 1, 0),
        (True, True, True, 1, 0),
        (False, False, True, 2, 1),
        (True, False, False, 2, 2),
        (False, True, False, 2, 0),
    ],
)
def test_the_variance_is_the_jackknife_by_numerical_derivatives(
    strata: bool, late: bool, weights: bool, causes: int, outcome: int
) -> None:
    samples = invented(30, seed=3 + outcome, strata=strata, late=late, weights=weights, causes=causes)
    target, times = 1.0 + samples[0].covariates[:, 0], np.array([2.0, 5.0])
    found = standardised_curves(modelled(samples), times, outcome=outcome, target=target)
    assert found.estimate == pytest.approx(slowly(samples, times, outcome, target), rel=1e-10)
    expected = by_derivatives(samples, lambda some: slowly(some, times, outcome, target))
    assert found.std_err**2 == pytest.approx(expected, rel=1e-6)


def test_the_variance_with_the_group_as_a_stratum_is_that_of_its_derivatives() -> None:
    (sample,) = invented(36, seed=4, strata=False, late=True, weights=True, causes=1)
    sample = replace(sample, stratum=sample.covariates[:, 0].astype(int), covariates=sample.covariates[:, 1:])
    times = np.array([2.0, 5.0])

    def curves(some: CoxSample) -> Standardised:
        strata = (np.zeros(36, dtype=int), np.ones(36, dtype=int))
        model = OutcomeModel(some, cox(some), (some.covariates, some.covariates), strata)
        return standardised_curves([model], times)

    def slow(some: list[CoxSample]) -> Floats:
        fit, weight = cox(some[0]), some[0].weight
        assert weight is not None
        risk = np.exp(some[0].covariates @ fit.coef)
        values = []
        for hazard in baseline_hazard(some[0], fit):
            steps = np.concatenate(([0.0], hazard.cumulative_hazard))[np.searchsorted(hazard.time, times, side="right")]
            values.append(weight @ np.exp(-np.outer(risk, steps)) / weight.sum())
        return np.array(values)

    found = curves(sample)
    assert found.estimate == pytest.approx(slow([sample]), rel=1e-12)
    assert found.std_err**2 == pytest.approx(by_derivatives([sample], slow), rel=1e-6)


def test_contrasts_and_areas_have_the_variance_of_their_derivatives() -> None:
    samples = invented(30, seed=11, strata=False, late=False, weights=False, causes=1)
    models, everyone, times = modelled(samples), np.ones(30), np.array([2.0, 6.0])
    curves = standardised_curves(models, times)

    def both(some: list[CoxSample]) -> Floats:
        low, high = slowly(some, times, 0, everyone)
        return np.stack((high - low, np.log(high / low)))

    expected = by_derivatives(samples, both)
    difference, ratio = standardised_difference(curves, 1, 0), standardised_ratio(curves, 1, 0)
    assert difference.std_err**2 == pytest.approx(expected[0], rel=1e-6)
    assert ratio.std_err**2 == pytest.approx(expected[1], rel=1e-6)

    def area(some: list[CoxSample]) -> Floats:
        grid = np.arange(7.0)
        return np.asarray(
            slowly(some, grid, 0, everyone).sum(axis=1) + 0.5 * slowly(some, np.array([7.0]), 0, everyone)[:, 0]
        )

    mean = standardised_restricted_mean(models, 7.5)
    assert mean.estimate[:, 0] == pytest.approx(area(samples), rel=1e-10)
    assert mean.std_err[:, 0] ** 2 == pytest.approx(by_derivatives(samples, area), rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("causes", [1, 2])
def test_the_errors_are_those_of_a_bootstrap(causes: int) -> None:
    """500 resamples of 200 patients, refitted: a standard deviation known to 3 %, and its own bias of some per cent."""
    samples = invented(200, seed=21, strata=False, late=False, weights=False, causes=causes)
    stream = np.random.PCG64(21)

    def values(some: list[CoxSample]) -> tuple[float, float]:
        models = modelled(some)
        curves = standardised_curves(models, [6.0], outcome=causes - 1)
        area = standardised_restricted_mean(models, 6.0, outcome=causes - 1)
        found = [standardised_difference(one, 1, 0) for one in (curves, area)]
        return float(found[0].estimate[0]), float(found[1].estimate[0])

    drawn = [(stream.random_raw(200) % np.uint64(200)).astype(np.int64) for _ in range(500)]
    replicates = np.array([values([sample.take(rows) for sample in samples]) for rows in drawn])
    models = modelled(samples)
    curves = standardised_curves(models, [6.0], outcome=causes - 1)
    area = standardised_restricted_mean(models, 6.0, outcome=causes - 1)
    errors = [standardised_difference(one, 1, 0).std_err[0] for one in (curves, area)]
    assert errors == pytest.approx(np.nanstd(replicates, axis=0, ddof=1), rel=0.12)


def test_clusters_add_up_their_patients_influences() -> None:
    """Two like rows of one cluster are one row of weight 2, whose influence is twice as large."""
    (sample,) = invented(25, seed=5, strata=False, late=False, weights=False, causes=1)
    twice = CoxSample(
        np.repeat(sample.time, 2),
        np.repeat(sample.event, 2),
        np.repeat(sample.covariates, 2, axis=0),
        cluster=np.repeat(np.arange(25), 2),
    )
    heavy = replace(sample, weight=np.full(25, 2.0))

    def values(some: CoxSample) -> Standardised:
        model = OutcomeModel(some, cox(some, ties="breslow"), with_columns_set(some.covariates, [0], [[0], [1]]))
        return standardised_curves([model], [4.0])

    assert values(twice).std_err == pytest.approx(values(heavy).std_err, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_incidences_and_survival_sum_to_one(seed: int, strata: bool) -> None:
    models = modelled(invented(40, seed=seed, strata=strata, late=False, weights=False, causes=2))
    parts = [standardised_curves(models, [1, 3, 4], outcome=k) for k in range(3)]
    known = parts[0].estimable
    assert sum(part.estimate for part in parts)[:, known] == pytest.approx(np.ones((2, int(known.sum()))), rel=1e-12)
    areas = [standardised_restricted_mean(models, 3, outcome=k) for k in range(3)]
    if areas[0].estimable[0]:
        assert sum(area.estimate for area in areas)[:, 0] == pytest.approx([3, 3], rel=1e-12)
    alone = standardised_curves(models[:1], [1], outcome=1).estimate + standardised_curves(models[:1], [1]).estimate
    assert alone == pytest.approx(np.ones((2, 1)), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 2))
def test_order_and_units_do_not_matter(seed: int, causes: int) -> None:
    samples = invented(40, seed=seed, strata=True, late=True, weights=True, causes=causes)
    try:
        models = modelled(samples)
    except EstimationError:
        return
    order = np.random.default_rng(seed).permutation(40)
    months = [
        replace(s.take(order), time=s.time[order] / 30, entry=s.entry[order] / 30)
        for s in samples
        if s.entry is not None
    ]
    one, other = (standardised_curves(m, [t], outcome=causes - 1) for m, t in ((models, 3.0), (modelled(months), 0.1)))
    for name in ("estimate", "std_err", "lower", "upper"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-7, abs=1e-12, nan_ok=True), name
    days, parts = (standardised_restricted_mean(m, t) for m, t in ((models, 3.0), (modelled(months), 0.1)))
    assert parts.estimate * 30 == pytest.approx(days.estimate, rel=1e-9, nan_ok=True)
    assert parts.std_err * 30 == pytest.approx(days.std_err, rel=1e-7, abs=1e-12, nan_ok=True)


def test_without_covariates_but_the_group_it_is_the_models_own_curve() -> None:
    """Every patient has the same prediction: nothing is averaged, and S = exp(-H_0 exp(b))."""
    (sample,) = invented(50, seed=2, strata=False, late=False, weights=False, causes=1)
    sample = replace(sample, covariates=sample.covariates[:, :1])
    (model,) = modelled([sample])
    (hazard,) = baseline_hazard(sample, model.fit)
    at = np.searchsorted(hazard.time, 5, side="right") - 1
    found = standardised_curves([model], [5]).estimate[:, 0]
    expected = np.exp(-hazard.cumulative_hazard[at] * np.array([1.0, model.fit.hazard_ratio[0]]))
    assert found == pytest.approx(expected, rel=1e-12)


def test_nothing_is_said_beyond_the_follow_up_and_before_the_first_event_nothing_is_uncertain() -> None:
    models = modelled(invented(40, seed=8, strata=False, late=False, weights=False, causes=1))
    last = models[0].sample.time.max()
    found = standardised_curves(models, [0.0, last, last + 1])
    assert found.estimable.tolist() == [True, True, False]
    assert found.estimate[:, 0] == pytest.approx([1, 1], rel=1e-15)
    assert found.lower[:, 0] == pytest.approx([1, 1], rel=1e-15)
    assert np.isnan(found.estimate[:, 2]).all()
    difference = standardised_difference(found, 0, 1)
    assert np.isnan([difference.lower[0], difference.p_value[0], difference.estimate[2]]).all()
    assert not standardised_restricted_mean(models, last + 1).estimable[0]


def test_broken_requests_are_refused() -> None:
    models = mgus()
    model = models[0]
    calls: list[Callable[[], Any]] = [
        lambda: standardised_curves([], [1]),
        lambda: standardised_curves(models, [-1]),
        lambda: standardised_curves(models, [1], outcome=3),
        lambda: standardised_curves(models, [1], target=np.zeros(400)),
        lambda: standardised_curves([model, model], [1]),
        lambda: standardised_curves([model, colon("age")], [1]),
        lambda: standardised_restricted_mean(models, 0),
        lambda: OutcomeModel(model.sample, model.fit, ()),
        lambda: OutcomeModel(model.sample, model.fit, (model.settings[0][:5],)),
        lambda: with_columns_set(model.settings[0], [0], [[1, 0]]),
        lambda: OutcomeModel(model.sample, model.fit, model.settings, (np.zeros(400), np.ones(400))),
        lambda: OutcomeModel(model.sample, model.fit, model.settings, (np.zeros(400),)),
        lambda: standardised_difference(standardised_curves(models, [1]), 1, 1),
        lambda: standardised_ratio(standardised_curves(models, [1]), 0, 2),
    ]
    for call in calls:
        with pytest.raises(EstimationError):
            call()
