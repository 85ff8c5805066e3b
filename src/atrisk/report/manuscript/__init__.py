"""The manuscript: abstract, methods and results in sentences made from the settings and rows of the run."""
