"""Means and ranks of groups."""
