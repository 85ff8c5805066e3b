"""Additive sufficient statistics: the summary of all patients is the sum of the summaries of any division."""
