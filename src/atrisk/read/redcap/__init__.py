"""REDCap exports: the data file together with the project's data dictionary."""
