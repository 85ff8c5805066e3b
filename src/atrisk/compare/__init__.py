"""Comparisons between groups: tests, differences and ratios, as pure functions."""
