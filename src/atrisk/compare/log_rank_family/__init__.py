"""Rank tests of survival curves."""
