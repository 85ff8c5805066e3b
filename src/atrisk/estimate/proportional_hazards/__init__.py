"""Cox regression: the partial likelihood, its maximum, and what follows from it."""
