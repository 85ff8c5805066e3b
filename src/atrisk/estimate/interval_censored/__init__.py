"""Curves of times known only to lie between two visits."""
