"""Cumulative incidence and its regression."""
