"""Published definitions as a study file asks for them; how each is computed lives in ``atrisk.derive.definition``."""

from __future__ import annotations

from atrisk.study.definition.derived import Derived
from atrisk.study.definition.imaging import ProgressionFromImaging
from atrisk.study.definition.liver_function import Albi, AlbuminUnit, BilirubinUnit, CreatinineUnit, Meld
from atrisk.study.definition.patient import AgeAt, CharlsonIndex, Condition, Era
from atrisk.study.definition.postoperative_course import (
    ClavienDindo,
    ClavienDindoGrade,
    ComprehensiveComplicationIndex,
    IsglsGrade,
    LengthOfStay,
    Mortality,
    TextbookOutcome,
)
from atrisk.study.definition.resection import Cytoreduction, MajorHepatectomy, ParenchymaSparing, ResidualTumour
from atrisk.study.definition.tumour import TimingOfMetastases, TumourBurden, TumourBurdenScore, WhoGrade

# The whole grammar of definitions can be imported from here.
__all__ = [
    "DEFINITIONS",
    "AgeAt",
    "Albi",
    "AlbuminUnit",
    "BilirubinUnit",
    "CharlsonIndex",
    "ClavienDindo",
    "ClavienDindoGrade",
    "ComprehensiveComplicationIndex",
    "Condition",
    "CreatinineUnit",
    "Cytoreduction",
    "Derived",
    "Era",
    "IsglsGrade",
    "LengthOfStay",
    "MajorHepatectomy",
    "Meld",
    "Mortality",
    "ParenchymaSparing",
    "ProgressionFromImaging",
    "ResidualTumour",
    "TextbookOutcome",
    "TimingOfMetastases",
    "TumourBurden",
    "TumourBurdenScore",
    "WhoGrade",
]

DEFINITIONS: dict[str, type[Derived]] = {
    "age": AgeAt,
    "era": Era,
    "timing_of_metastases": TimingOfMetastases,
    "who_grade": WhoGrade,
    "tumour_burden": TumourBurden,
    "tumour_burden_score": TumourBurdenScore,
    "major_hepatectomy": MajorHepatectomy,
    "parenchyma_sparing": ParenchymaSparing,
    "cytoreduction": Cytoreduction,
    "residual_tumour": ResidualTumour,
    "clavien_dindo": ClavienDindo,
    "comprehensive_complication_index": ComprehensiveComplicationIndex,
    "isgls_grade": IsglsGrade,
    "mortality": Mortality,
    "length_of_stay": LengthOfStay,
    "textbook_outcome": TextbookOutcome,
    "albi": Albi,
    "meld": Meld,
    "charlson": CharlsonIndex,
    "progression_from_imaging": ProgressionFromImaging,
}
