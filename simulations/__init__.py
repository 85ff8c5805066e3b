"""How often limits hold the truth and tests reject it: what no reference value can tell."""
