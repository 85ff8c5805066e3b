"""How good a prognostic model is: Brier score, calibration, and what is left of both in other patients."""
