"""Survival curves, their means and what they imply later on."""
