"""One module a table, built from result rows."""
