"""Rules turn tables into findings: file, row, column, severity, what to do."""
