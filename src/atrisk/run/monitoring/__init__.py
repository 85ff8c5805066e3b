"""Outcomes watched operation by operation and unit by unit."""
