"""Criteria in order, index operation, groups: the cohort and the numbers of its flow."""
