"""Patients divided by what is known of them beforehand: effects in subgroups, and without each centre."""
