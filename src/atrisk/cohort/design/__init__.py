"""What in the design of a comparison may mislead: one rule a module, each seen in the patients of the cohort."""
