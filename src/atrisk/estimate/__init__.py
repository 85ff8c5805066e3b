"""Estimators: pure functions from summaries or arrays to frozen results."""
