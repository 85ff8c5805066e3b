"""Figures: what is drawn is data first (a frozen description), then ink; only this room imports matplotlib."""
