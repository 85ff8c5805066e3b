"""Fine-Gray models where they must equal Cox models, against their own slow form, and at the edges (against R:
tests/verify)."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import CompetingRisksRows
from atrisk.estimate.competing_risks.fine_gray import FineGraySample, fine_gray, predicted_incidence
from atrisk.estimate.competing_risks.fine_gray_expansion import expand
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox


def simulated(n: int, seed: int, *, whole_days: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = np.column_stack((random.integers(0, 2, n), random.normal(size=n)))
    first = random.exponential(1 / np.exp(0.6 * x[:, 0] - 0.4 * x[:, 1]))
    second, lost = random.exponential(1.5, n), random.exponential(1.5, n)
    time = np.minimum(np.minimum(first, second), lost)
    cause = np.where(time == lost, 0, np.where(time == first, 1, 2))
    return (np.ceil(time * 20) if whole_days else time), cause, x


@pytest.mark.parametrize("whole_days", [False, True])
def test_without_competing_events_it_is_a_cox_model(whole_days: bool) -> None:
    """Nobody stays at risk after an event of another cause: the partial likelihood is Cox's, the variance the
    sandwich of Lin and Wei."""
    time, cause, x = simulated(150, 1, whole_days=whole_days)
    cause = np.minimum(cause, 1)
    ours = fine_gray(FineGraySample(time, cause, x), 1)
    usual = cox(CoxSample(time=time, event=cause == 1, covariates=x), ties="breslow", variance="robust")
    np.testing.assert_allclose(ours.coef, usual.coef, rtol=1e-9)
    np.testing.assert_allclose(ours.covariance, usual.covariance, rtol=1e-8)
    np.testing.assert_allclose(ours.inverse_information, usual.model_covariance, rtol=1e-8)
    assert ours.loglik == pytest.approx(usual.loglik, rel=1e-12)


def test_without_censoring_other_events_are_censored_at_the_end() -> None:
    """G = 1: who has another event stays at risk for good, as if censored after the last time."""
    time, cause, x = simulated(150, 2)
    cause = np.maximum(cause, 1)
    ours = fine_gray(FineGraySample(time, cause, x), 1)
    end = np.where(cause == 2, time.max() + 1, time)
    usual = cox(CoxSample(time=end, event=cause == 1, covariates=x), ties="breslow", variance="robust")
    np.testing.assert_allclose(ours.coef, usual.coef, rtol=1e-9)
    np.testing.assert_allclose(ours.covariance, usual.covariance, rtol=1e-8)


def test_the_expanded_rows_give_the_same_coefficients() -> None:
    """Where no event and censoring share a time, Geskus' weights are those of the likelihood."""
    time, cause, x = simulated(200, 3)
    spans = expand(CompetingRisksRows(time, cause), 1)
    sample = CoxSample(
        time=spans.stop, event=spans.event, covariates=x[spans.row], entry=spans.start, weight=spans.weight
    )
    usual = cox(sample, ties="breslow")
    ours = fine_gray(FineGraySample(time, cause, x), 1)
    np.testing.assert_allclose(ours.coef, usual.coef, rtol=1e-9)
    np.testing.assert_allclose(ours.inverse_information, usual.model_covariance, rtol=1e-8)


@pytest.mark.parametrize("groups", [False, True])
def test_a_constant_function_of_time_changes_nothing(groups: bool) -> None:
    """The path for functions of time goes through every event time and patient; with f = 1 both must agree."""
    time, cause, x = simulated(120, 4, whole_days=True)
    group = (x[:, 0] > 0).astype(int) if groups else None
    fixed = fine_gray(FineGraySample(time, cause, x, censoring_group=group), 1)
    slow = fine_gray(
        FineGraySample(time, cause, x[:, :1], moving=x[:, 1:], censoring_group=group), 1, time_functions=[np.ones_like]
    )
    np.testing.assert_allclose(slow.coef, fixed.coef, rtol=1e-9)
    np.testing.assert_allclose(slow.covariance, fixed.covariance, rtol=1e-7)
    np.testing.assert_allclose(slow.jump, fixed.jump, rtol=1e-8)


def test_weights_that_are_whole_numbers_are_replications() -> None:
    time, cause, x = simulated(80, 5, whole_days=True)
    weight = np.random.default_rng(5).integers(0, 3, 80)
    patients = np.arange(80)
    weighted = fine_gray(FineGraySample(time, cause, x, weight=weight, cluster=patients), 1)
    copies = np.repeat(patients, weight)
    copied = fine_gray(FineGraySample(time[copies], cause[copies], x[copies], cluster=copies), 1)
    np.testing.assert_allclose(weighted.coef, copied.coef, rtol=1e-9)
    np.testing.assert_allclose(weighted.inverse_information, copied.inverse_information, rtol=1e-8)
    np.testing.assert_allclose(weighted.covariance, copied.covariance, rtol=1e-8)


@pytest.mark.parametrize("groups", [False, True])
def test_influence_is_the_derivative_with_respect_to_a_weight(groups: bool) -> None:
    """The robust variance is the sum of squares of derivatives of the coefficients by the patients' weights; the
    paper's influence leaves out terms of order 1/n, 3 % of the standard error with 300 patients."""
    time, cause, x = simulated(300, 6)
    group = (x[:, 0] > 0).astype(int) if groups else None
    step, squares = 1e-4, np.zeros((2, 2))
    for i in range(300):
        moved = []
        for sign in (1, -1):
            weight = np.ones(300)
            weight[i] += sign * step
            moved.append(fine_gray(FineGraySample(time, cause, x, censoring_group=group, weight=weight), 1).coef)
        derivative = (moved[0] - moved[1]) / (2 * step)
        squares += np.outer(derivative, derivative)
    found = fine_gray(FineGraySample(time, cause, x, censoring_group=group), 1)
    np.testing.assert_allclose(found.std_err, np.sqrt(np.diag(squares)), rtol=0.03)


def test_one_event_by_hand() -> None:
    """Three patients: another event at 1 (x = 1), an event at 2 (x = 0), a censoring at 3 (x = 0). At 2 the patient
    of time 1 is still at risk with weight 1: log-likelihood -log(e^b + 2), no maximum, b -> -inf; at b = 0 it is
    -log 3."""
    fit = fine_gray(FineGraySample([1.0, 2, 3], [2, 1, 0], [[1.0], [0], [0]]), 1)
    assert fit.loglik_null == pytest.approx(-np.log(3), rel=1e-14)
    assert fit.coef[0] == -np.inf
    assert np.isnan(fit.std_err[0])
    assert "without end" in str(fit.warning)
    assert not fit.converged


def test_prediction_of_a_patient_by_hand() -> None:
    """Two events among three and two at risk, x = 0 for all but one: with b the fitted coefficient the jumps are
    1/S0, and F = 1 - exp(-sum of e^xb / S0)."""
    time, cause, x = np.array([1.0, 2, 3]), np.array([1, 1, 0]), np.array([[0.0], [1], [0]])
    fit = fine_gray(FineGraySample(time, cause, x), 1)
    risk = np.exp(fit.coef[0])
    jumps = np.array([1 / (2 + risk), 1 / (1 + risk)])
    np.testing.assert_allclose(fit.jump, jumps, rtol=1e-12)
    expected = 1 - np.exp(-risk * np.array([0, jumps[0], jumps.sum(), jumps.sum()]))
    np.testing.assert_allclose(predicted_incidence(fit, [[1.0]], [0.5, 1, 2, 9])[0], expected, rtol=1e-12)
    with pytest.raises(EstimationError):
        predicted_incidence(fit, [[1.0, 2]], [1])


def test_columns_without_an_estimate() -> None:
    time, cause, x = simulated(60, 7)
    doubled = np.column_stack((x[:, 1], 2 * x[:, 1] + 1, np.full(60, 3.0)))
    fit = fine_gray(FineGraySample(time, cause, doubled), 1)
    alone = fine_gray(FineGraySample(time, cause, x[:, 1:]), 1)
    np.testing.assert_allclose(fit.coef, [alone.coef[0], np.nan, np.nan], rtol=1e-9)
    np.testing.assert_allclose(fit.std_err, [alone.std_err[0], np.nan, np.nan], rtol=1e-8)
    assert "columns 2, 3" in str(fit.warning)
    none = fine_gray(FineGraySample(time, cause, x), 3)
    assert np.all(np.isnan(none.coef))
    assert "no event" in str(none.warning)
    assert none.n_event == 0


def test_shift_and_scale_of_a_covariate() -> None:
    time, cause, x = simulated(90, 8)
    plain = fine_gray(FineGraySample(time, cause, x), 1)
    moved = fine_gray(FineGraySample(time, cause, x * [1, 1000] + [5, -2e4]), 1)
    np.testing.assert_allclose(moved.coef, plain.coef / [1, 1000], rtol=1e-8)
    np.testing.assert_allclose(moved.std_err, plain.std_err / [1, 1000], rtol=1e-7)
    expected = predicted_incidence(plain, x[:3], [0.3, 1.0])
    np.testing.assert_allclose(
        predicted_incidence(moved, x[:3] * [1, 1000] + [5, -2e4], [0.3, 1.0]), expected, rtol=1e-7
    )


def test_what_is_refused() -> None:
    good = {"time": [1.0, 2, 3], "cause": [1, 2, 0], "covariates": [[0.0], [1], [2]]}
    for name, value in {
        "time": [1.0, -2, 3],
        "cause": [1, -1, 0],
        "covariates": [[0.0], [np.nan], [2]],
        "weight": [1.0, -1, 1],
        "censoring_group": [0, 1],
        "moving": [[1.0]],
    }.items():
        with pytest.raises(EstimationError):
            FineGraySample(**(good | {name: value}))
    with pytest.raises(EstimationError):
        FineGraySample(**(good | {"covariates": np.empty((3, 0))}))
    sample = FineGraySample(**good)
    with pytest.raises(EstimationError):
        fine_gray(sample, 0)
    with pytest.raises(EstimationError):
        fine_gray(sample, 1, time_functions=[np.log])
    with pytest.raises(EstimationError):
        fine_gray(sample, 1, conf_level=95)
