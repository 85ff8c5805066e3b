"""Standardisation (the g-formula): what would have been seen had everybody been in one group, by a Cox model."""
