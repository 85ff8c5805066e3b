"""Exposures that begin during follow-up: spans before and after, Simon-Makuch curves, landmark patients."""
