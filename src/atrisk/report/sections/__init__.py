"""The report's sections in reading order, as format-free blocks."""
