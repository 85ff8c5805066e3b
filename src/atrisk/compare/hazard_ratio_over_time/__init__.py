"""Hazard ratios that change with time: within periods, along a function of time, and smoothed."""
