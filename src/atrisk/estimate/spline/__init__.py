"""Bases of smooth terms."""
