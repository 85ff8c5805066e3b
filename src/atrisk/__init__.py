"""atrisk: from a cohort's tables and one study file to a complete comparative-outcomes study."""

__version__ = "0.1.0"
