"""The result row, the contract between computing and reporting."""
