"""The score test of proportional hazards by hand and at its edges (against R: tests/estimate)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.compare.proportional_hazards import proportional_hazards
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox

SAMPLE = CoxSample(np.array([1, 3, 4, 2, 5, 6]), np.array([1, 0, 1, 1, 1, 0]), np.array([[1], [1], [1], [0], [0], [0]]))


def test_six_patients_by_hand() -> None:
    """docs/methods/cox.md. With r = exp(b), share a_t = n_1 r / (n_1 r + n_0) of the risk at 1, 2, 4, 5 and
    v_t = a_t (1 - a_t): U = sum g (x - a), information [[sum v, sum g v], [., sum g^2 v]], statistic
    U^2 / (sum g^2 v - (sum g v)^2 / sum v)."""
    fit = cox(SAMPLE)
    r = math.exp(fit.coef[0])
    a = np.array([3 * r / (3 * r + 3), 2 * r / (2 * r + 3), r / (r + 2), 0.0])
    v, g, x = a * (1 - a), np.array([1, 2, 4, 5]), np.array([1, 0, 1, 0])
    expected = (g @ (x - a)) ** 2 / (g**2 @ v - (g @ v) ** 2 / v.sum())
    test = proportional_hazards(SAMPLE, fit, transform="identity")
    assert test.terms[0].statistic == pytest.approx(expected, rel=1e-9)
    assert test.all_terms.statistic == pytest.approx(expected, rel=1e-9)
    assert test.terms[0].df == 1


def test_what_cannot_be_tested_has_no_statistic() -> None:
    together = CoxSample(np.ones(4), np.array([1, 1, 1, 0]), np.array([[0.0], [1.0], [2.0], [1.0]]))
    separated = CoxSample(np.arange(1.0, 5), np.array([1, 1, 0, 0]), np.array([[1.0], [1], [0], [0]]))
    for sample in (together, separated):
        test = proportional_hazards(sample, cox(sample))
        assert math.isnan(test.all_terms.p_value)
        assert test.terms[0].df == 0


def test_arguments_outside_their_domain_are_refused() -> None:
    fit = cox(SAMPLE)
    with pytest.raises(EstimationError):
        proportional_hazards(SAMPLE, fit, transform="square")
    with pytest.raises(EstimationError):
        proportional_hazards(SAMPLE, fit, terms=[1])
    with pytest.raises(EstimationError):
        proportional_hazards(SAMPLE, fit, terms=[0, 1])
