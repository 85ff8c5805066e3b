"""Spline columns: by hand, against R's ns() as stored in the reference data, and against each other."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.spline.natural_spline import natural_spline
from atrisk.estimate.spline.restricted_cubic_spline import default_knots, restricted_cubic_spline

LUNG = Path(__file__).parents[1] / "reference" / "data" / "lung_aug.csv"


def test_restricted_cubic_spline_by_hand() -> None:
    """Knots 0, 1, 2, divisor 4. At 1: 1/4. At 2: 8 - 2 = 6, /4 = 3/2. At 3: 27 - 2 * 8 + 1 = 12, /4 = 3: from 2 on
    a line of slope 3/2, so 9/2 at 4; and 0 up to the first knot."""
    columns = restricted_cubic_spline([-5, 0, 1, 2, 3, 4], [0, 1, 2])
    np.testing.assert_allclose(columns[:, 0], [-5, 0, 1, 2, 3, 4])
    np.testing.assert_allclose(columns[:, 1], [0, 0, 0.25, 1.5, 3, 4.5], atol=1e-14)


def test_natural_spline_is_that_of_r() -> None:
    """R: ns(age, df = 3), whose inner knots are the quantiles 1/3 and 2/3 (type 7), columns ns_age1 to ns_age3."""
    with LUNG.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    age = np.array([float(row["age"]) for row in rows])
    expected = np.array([[float(row[f"ns_age{j}"]) for j in (1, 2, 3)] for row in rows])
    found = natural_spline(age, np.quantile(age, [1 / 3, 2 / 3]))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_both_bases_span_the_same_curves() -> None:
    x = np.linspace(-3, 13, 60)
    one = np.ones((x.size, 1))
    natural = np.hstack([one, natural_spline(x, [3, 6], (0, 10))])
    restricted = np.hstack([one, restricted_cubic_spline(x, [0, 3, 6, 10])])
    fitted = natural @ np.linalg.lstsq(natural, restricted, rcond=None)[0]
    np.testing.assert_allclose(fitted, restricted, atol=1e-8)


def test_missing_values_and_knots_out_of_order() -> None:
    assert np.all(np.isnan(restricted_cubic_spline([np.nan], [0, 1, 2])))
    assert np.all(np.isnan(natural_spline([np.nan, 1.0], [1.0], (0, 2))[0]))
    for knots in ([0, 1], [0, 2, 1], [0, 0, 1]):
        with pytest.raises(EstimationError):
            restricted_cubic_spline([1.0], knots)
    with pytest.raises(EstimationError):
        natural_spline([1.0], [5.0], (0, 2))
    np.testing.assert_allclose(default_knots(np.arange(101.0), 3), [10, 50, 90])
    with pytest.raises(EstimationError):
        default_knots(np.zeros(50), 3)
