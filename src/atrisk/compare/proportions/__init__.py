"""One proportion, and the difference or ratio of two."""
