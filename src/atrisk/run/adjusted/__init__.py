"""Adjusted comparisons: the design matrix of the declared confounders, and each method's result rows."""
