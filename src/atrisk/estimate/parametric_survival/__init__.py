"""Location-scale models of survival times."""
