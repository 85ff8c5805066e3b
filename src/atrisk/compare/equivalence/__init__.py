"""Evidence that a difference is small: margins, non-inferiority, equivalence, and what the data could have shown."""
