"""Quantiles from value counts against R's quantile and tapply (oracle: another program)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts, maximum, minimum, quantile
from tests.reference.loader import Case, cases_of, dataset, numbers

R_QUANTILES = json.loads((Path(__file__).parent / "r" / "quantile.json").read_text(encoding="utf-8"))


def values_by_group(case: Case) -> tuple[np.ndarray, np.ndarray, int]:
    """The values (NaN where missing) and group codes of a case, the groups in R's order."""
    table = dataset(str(case.dataset))
    levels = case.expected["groups"]
    (group_column,) = case.options["group"]
    kept = [
        (value, levels.index(group))
        for value, group in zip(table[case.options["value"]], table[group_column], strict=True)
        if group != ""
    ]
    values = np.array([float(value) if value else np.nan for value, _ in kept])
    return values, np.array([code for _, code in kept]), len(levels)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases_of("ksample")])
def test_description_of_groups(case: Case) -> None:
    values, group, n_groups = values_by_group(case)
    counts = ValueCounts.of(values, group, n_groups)
    moments = Moments.of(values, group, n_groups)
    case.close(counts.n, case.expected["n"], "n from counts")
    case.close(moments.n, case.expected["n"], "n from moments")
    case.close(moments.mean, case.expected["mean"], "mean", rtol=1e-13)
    case.close(moments.standard_deviation, case.expected["sd"], "sd", rtol=1e-13)
    case.close(quantile(counts, 0.25), case.expected["q1"], "q1", rtol=1e-14)
    case.close(quantile(counts, 0.5), case.expected["median"], "median", rtol=1e-14)
    case.close(quantile(counts, 0.75), case.expected["q3"], "q3", rtol=1e-14)


@pytest.mark.parametrize("kind", [2, 7])
@pytest.mark.parametrize("sample", R_QUANTILES["samples"], ids=lambda sample: sample["name"])
def test_quantiles_of_both_kinds(sample: dict[str, object], kind: int) -> None:
    values = np.array(sample["values"], dtype=float)
    counts = ValueCounts.of(values, np.zeros(len(values), dtype=int), 1)
    computed = [float(quantile(counts, p, kind=kind)[0]) for p in R_QUANTILES["probabilities"]]
    np.testing.assert_allclose(computed, numbers(sample[f"kind_{kind}"]), rtol=1e-14, atol=1e-14)


def test_extremes_and_an_empty_group() -> None:
    counts = ValueCounts.of([3.0, -1.0, 7.5, np.nan], [0, 0, 0, 1], 2)
    np.testing.assert_array_equal(minimum(counts), [-1.0, np.nan])
    np.testing.assert_array_equal(maximum(counts), [7.5, np.nan])
    np.testing.assert_array_equal(quantile(counts, 0.5, kind=2), [3.0, np.nan])


@pytest.mark.parametrize(("probability", "kind"), [(1.5, 7), (-0.1, 7), (float("nan"), 7), (0.5, 6)])
def test_arguments_outside_the_domain(probability: float, kind: int) -> None:
    with pytest.raises(EstimationError):
        quantile(ValueCounts.of([1.0], [0], 1), probability, kind=kind)
