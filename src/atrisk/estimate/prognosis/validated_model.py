"""What is left of a Cox model's concordance and calibration in other patients: Harrell's optimism bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.prognosis.censored_brier_score import censored_brier_score
from atrisk.estimate.prognosis.predictions import predicted_at
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_residuals import linear_predictor
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ValidatedModel:
    """Concordance and calibration slope of a Cox model, as fitted and corrected for optimism.

    `apparent`: concordance in the patients it was fitted to; `optimism`: the mean of `concordance_optimism` (R,), and
    `corrected` what is left, with limits shifted by the optimism. `slope`: the mean of `slopes` (R,), the shrinkage
    that the model's coefficients need (1: none); it has been 1 in the patients of the fit by construction. `n_failed`
    replicates had no finite fit and are left out, as `warning` says; all is NaN where more than a tenth failed. `brier`
    (M,): the apparent Brier scores at the landmarks, `brier_corrected` with the mean of `brier_optimism` (R, M) added.
    """

    apparent: float
    optimism: float
    corrected: float
    lower: float
    upper: float
    slope: float
    concordance_optimism: Floats
    slopes: Floats
    landmarks: Floats
    brier: Floats
    brier_optimism: Floats
    brier_corrected: Floats
    n_failed: int
    warning: str
    seed: int
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def validated_model(
    sample: CoxSample, *, seed: int, replicates: int = 200, landmarks: ArrayLike = (), conf_level: float = 0.95
) -> ValidatedModel:
    """Concordance, calibration slope and Brier scores of a Cox model, corrected for optimism by bootstrap.

    Definition: in each replicate the patients (clusters, where given) are drawn with replacement and the whole model is
    fitted to them (Efron ties). Its concordance there less its concordance in the original patients is the optimism, of
    the Brier score (`censored_brier_score`, at the landmarks) the score in the original patients less that there; its
    linear predictor, as the only covariate of a Cox model of the original patients, has the calibration slope.
    Corrected: apparent concordance less, Brier score plus, the mean optimism. Limits: those of the apparent concordance
    (infinitesimal jackknife), moved by the optimism and cut to [0, 1].
    Source: Harrell, Lee and Mark 1996, Stat Med 15:361, sections 5 and 6; Steyerberg 2019, chapter 5; limits: Noma et
    al. 2021, Stat Med 40:5691 (location-shifted).
    Meaning: honest only if everything that looked at the outcome is in the model as it is given; variables chosen by
    their p values before make it too good.
    Patients are drawn by the raw numbers of PCG64, so that a seed means the same under every NumPy.
    Edges: a replicate in which a coefficient is infinite or none can be estimated is left out and counted.
    Raises EstimationError for a negative seed, fewer than two replicates, and a model of these patients without a
    finite fit.
    """
    if seed < 0 or replicates < 2:
        raise EstimationError("a bootstrap needs a seed of 0 or more and at least two replicates.")
    z = normal_quantile(conf_level)
    fit = cox(sample)
    if not np.any(np.isfinite(fit.coef)) or np.any(np.isinf(fit.coef)):
        raise EstimationError("the model has no finite fit: there is nothing to validate.")
    at = np.atleast_1d(np.asarray(landmarks, dtype=np.float64))
    observed = concordance(sample, linear_predictor(sample, fit))
    brier = _brier(sample, sample, fit, at)
    resamples = _resamples(sample, np.random.PCG64(seed), replicates)
    found = np.array([_replicate(sample, rows, at) for rows in resamples])
    good = np.isfinite(found).all(axis=1)
    n_failed = int((~good).sum())
    enough = n_failed <= replicates / 10
    mean = found[good].mean(axis=0) if enough else np.full(2 + at.size, np.nan)
    corrected = observed.estimate - mean[0]
    reach = z * observed.std_err
    return ValidatedModel(
        apparent=observed.estimate,
        optimism=float(mean[0]),
        corrected=float(corrected),
        lower=float(max(corrected - reach, 0.0)) if enough else np.nan,
        upper=float(min(corrected + reach, 1.0)) if enough else np.nan,
        slope=float(mean[1]),
        concordance_optimism=found[good, 0],
        slopes=found[good, 1],
        landmarks=at,
        brier=brier,
        brier_optimism=found[good, 2:],
        brier_corrected=brier + mean[2:],
        n_failed=n_failed,
        warning=f"{n_failed} of {replicates} replicates have no finite fit and are left out" if n_failed else "",
        seed=seed,
        conf_level=conf_level,
    )


def _resamples(sample: CoxSample, stream: np.random.PCG64, replicates: int) -> list[Codes]:
    """The rows of every replicate: n draws of a row, or as many of a cluster as there are, each with all its rows."""
    if sample.cluster is None:
        n = sample.time.size
        draws = stream.random_raw(replicates * n) % np.uint64(n)
        return list(draws.astype(np.int64).reshape(replicates, n))
    code = np.unique(sample.cluster, return_inverse=True)[1]
    members = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))[:-1])
    draws = (stream.random_raw(replicates * len(members)) % np.uint64(len(members))).astype(np.int64)
    return [np.concatenate([members[c] for c in some]) for some in draws.reshape(replicates, -1)]


def _replicate(sample: CoxSample, rows: Codes, landmarks: Floats) -> list[float]:
    """Optimism of the concordance, calibration slope, optimism of the Brier scores of the model of some rows."""
    drawn = sample.take(rows)
    fit = cox(drawn, variance="model")
    if not np.any(np.isfinite(fit.coef)) or np.any(np.isinf(fit.coef)):
        return [np.nan] * (2 + landmarks.size)
    risk = linear_predictor(sample, fit)
    there = concordance(drawn, linear_predictor(drawn, fit)).estimate
    known = risk if sample.offset is None else risk - sample.offset
    slope = float(cox(replace(sample, covariates=known[:, None]), variance="model").coef[0])
    brier = _brier(drawn, sample, fit, landmarks) - _brier(drawn, drawn, fit, landmarks)
    return [there - concordance(sample, risk).estimate, slope, *brier.tolist()]


def _brier(fitted: CoxSample, judged: CoxSample, fit: CoxFit, landmarks: Floats) -> Floats:
    """The Brier scores, in some patients, of a fit to others; NaN where a stratum of these is not followed so far."""
    if not landmarks.size:
        return landmarks
    if not _reach(fitted, judged) >= landmarks.max():
        return np.full(landmarks.size, np.nan)
    return censored_brier_score(predicted_at(fitted, fit, judged, landmarks)).score


def _reach(fitted: CoxSample, judged: CoxSample) -> float:
    """The time to which every stratum of the judged patients is followed among the fitted; NaN where one is absent."""
    if fitted.stratum is None or judged.stratum is None:
        return float(fitted.time.max())
    ends = [fitted.time[fitted.stratum == code].max(initial=np.nan) for code in np.unique(judged.stratum)]
    return float(np.min(ends))
