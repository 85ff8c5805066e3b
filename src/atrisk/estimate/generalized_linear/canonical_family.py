"""Binomial and Poisson outcomes with their canonical links, written so that no digit is lost at the edges."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# binomial: outcome 0 or 1, logit link; poisson: outcome 0 or more, log link.
Family = Literal["binomial", "poisson"]


def mean(family: Family, predictor: Floats) -> Floats:
    """The expected outcome at a linear predictor: 1 / (1 + exp(-eta)), or exp(eta)."""
    if family == "binomial":
        from scipy.special import expit

        return np.asarray(expit(predictor))
    return np.exp(predictor)


def variance(family: Family, predictor: Floats) -> Floats:
    """The variance of the outcome, which is the derivative of the mean: mu (1 - mu), or mu."""
    if family == "binomial":
        # expit(-eta) rather than 1 - mu, which is 0 from eta = 37 on.
        return mean(family, predictor) * mean(family, -predictor)
    return np.exp(predictor)


def deviance(family: Family, outcome: Floats, predictor: Floats, weight: Floats) -> float:
    """2 sum w (log-likelihood of the saturated model - that of the predictor); infinite beyond floating point."""
    if family == "binomial":
        # -log of the probability of what happened, log(1 + exp(-eta)) for an event.
        against = np.where(outcome > 0, -predictor, predictor)
        return 2.0 * float(weight @ (np.maximum(against, 0.0) + np.log1p(np.exp(-np.abs(against)))))
    from scipy.special import xlogy

    fitted = np.exp(predictor)
    # xlogy(y, y) is 0 at y = 0; y eta rather than y log(mu) keeps a mean that underflows.
    return 2.0 * float(weight @ (xlogy(outcome, outcome) - outcome * predictor - (outcome - fitted)))


def log_likelihood(family: Family, outcome: Floats, predictor: Floats, weight: Floats) -> float:
    """sum w log P(outcome): a weight counts as so many patients alike."""
    if family == "binomial":
        # Not -0.0 where every outcome is certain.
        return 0.0 - deviance(family, outcome, predictor, weight) / 2.0
    from scipy.special import gammaln

    return float(weight @ (outcome * predictor - np.exp(predictor) - gammaln(outcome + 1.0)))


def starting_predictor(family: Family, outcome: Floats, weight: Floats) -> Floats:
    """The link of an outcome moved off the edge: (w y + 1/2) / (w + 1), or y + 0.1 (those of R's glm)."""
    if family == "binomial":
        return np.log((weight * outcome + 0.5) / (weight * (1.0 - outcome) + 0.5))
    return np.log(outcome + 0.1)
