"""The estimators over data frames, for Python users: columns by name in, results with names and conventions out."""
