"""The names of the computed quantities that a draw can be held against, by block of the generator."""

from __future__ import annotations

from typing import Literal, get_args

BaselineQuantity = Literal[
    "lm_number_p", "lm_number_difference", "lm_size_p", "lm_size_difference", "ki67_p"
]
SurvivalQuantity = Literal[
    "mortality_90",
    "survival_10_years_UP",
    "survival_10_years_SI",
    "survival_10_years_P",
    "survival_p_SI_UP",
    "survival_p_P_UP",
]
ProgressionQuantity = Literal[
    "hepatic_pfs_median_UP", "hepatic_pfs_median_SI", "hepatic_pfs_median_P", "hepatic_pfs_p"
]
SurgicalQuantity = Literal["major_p", "major_difference", "severe_morbidity", "severe_morbidity_p"]
Quantity = Literal[BaselineQuantity, SurvivalQuantity, ProgressionQuantity, SurgicalQuantity]

QUANTITIES_OF: dict[str, tuple[str, ...]] = {
    "baseline": get_args(BaselineQuantity),
    "survival": get_args(SurvivalQuantity),
    "hepatic progression": get_args(ProgressionQuantity),
    "surgical": get_args(SurgicalQuantity),
}
