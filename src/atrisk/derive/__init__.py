"""Clinical definitions and follow-up, one module per concept."""
