"""The functions over data frames."""
