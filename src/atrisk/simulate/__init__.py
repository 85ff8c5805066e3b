"""Synthetic cohorts calibrated to published aggregates."""
