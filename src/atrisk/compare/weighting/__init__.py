"""Comparisons of groups weighted by a propensity score, with variances that know the score is estimated."""
