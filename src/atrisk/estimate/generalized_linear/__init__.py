"""Logistic, Poisson and proportional odds regression."""
