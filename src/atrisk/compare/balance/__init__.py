"""Covariate balance, propensity scores, weights and matching."""
