"""Cumulative incidences of groups against each other."""
