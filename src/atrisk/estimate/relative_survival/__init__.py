"""Survival of patients set against that of people like them in the population."""
