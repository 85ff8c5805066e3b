"""Rows become figures, tables and pages; nothing here computes a statistic."""
