"""A study becomes summaries, and summaries become result rows."""
