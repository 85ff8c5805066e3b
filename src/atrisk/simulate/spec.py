"""What the specification of a simulated cohort may say; every block names the basis of its numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from atrisk.simulate.cell_trap import CELL_TRAPS
from atrisk.simulate.column_trap import COLUMN_TRAPS
from atrisk.simulate.stated import (
    STRICT,
    ByGroup,
    Chance,
    ChanceWithin,
    Count,
    Day,
    Eras,
    GroupChance,
    GroupSize,
    MonthsByGroup,
    OpenProbability,
    Positive,
    Probability,
    Ratio,
    Shares,
    Stated,
    TruncatedNormal,
    WeibullShape,
)
from atrisk.simulate.target import Target

# Defects of cells and of whole columns, and those that add or take rows.
ROW_TRAP_NAMES = (
    "person_twice",
    "key_twice",
    "row_twice",
    "orphan",
    "no_key",
    "second_hepatectomy",
    "two_stage",
    "lost_early",
    "death_on_operation_day",
    "earlier_resection",
)
TRAPS = frozenset((*CELL_TRAPS, *COLUMN_TRAPS, *ROW_TRAP_NAMES))

Approach = Literal["open", "lap", "robot", "converted"]


class ImpossibleSpecError(Exception):
    """The numbers contradict one another, which only drawing shows; `where` is the path in the specification."""

    def __init__(self, where: tuple[str | int, ...], message: str, hint: str = "") -> None:
        super().__init__(message)
        self.where, self.message, self.hint = where, message, hint


class Window(Stated):
    first: Day
    last: Day


class DataCut(Stated):
    date: Day


class Calendar(BaseModel):
    model_config = STRICT

    window: Window
    data_cut: DataCut

    @model_validator(mode="after")
    def _in_order(self) -> Calendar:
        if not self.window.first < self.window.last < self.data_cut.date:
            raise ValueError("window.first, window.last and data_cut.date must follow one another")
        return self


class Eligible(Stated):
    UP: GroupSize
    SI: GroupSize
    P: GroupSize


class Excluded(Stated):
    aborted: Count
    before_window: Count
    after_window: Count
    poorly_differentiated: Count
    differentiation_not_recorded: Count
    other_primary: Count

    def by_reason(self) -> dict[str, int]:
        """Number of patients by reason, in the order of the fields."""
        return self.model_dump(exclude={"basis", "source", "note"})


class Special(Stated):
    aborted_before: Count
    repeat_hepatectomy: Count
    two_stage: Count
    primary_found_later: Count
    lost_within_90_days: Count
    no_90_day_visit: Count
    late_complication: Count
    partial_dates: Count


class Patients(BaseModel):
    model_config = STRICT

    eligible: Eligible
    excluded: Excluded
    special: Special


class DiagnosisToLiver(Stated):
    synchronous: Probability
    metachronous_median_months: Positive
    metachronous_sigma: Positive


class LogNormal(Stated):
    median_months: Positive
    sigma: Positive


class Ki67(Stated):
    median: ByGroup
    sigma: Positive
    high: Positive


class Ki67PoorlyDifferentiated(Stated):
    median: Positive
    sigma: Positive
    low: Positive
    high: Positive

    @model_validator(mode="after")
    def _low_below_high(self) -> Ki67PoorlyDifferentiated:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class MetastasisNumber(Stated):
    median: ByGroup
    sigma: Positive


class MetastasisSize(Stated):
    median: ByGroup
    sigma: Positive
    low: Annotated[float, Field(ge=1)]
    high: Positive

    @model_validator(mode="after")
    def _low_below_high(self) -> MetastasisSize:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Baseline(BaseModel):
    model_config = STRICT

    age_years: TruncatedNormal
    male: Chance
    diagnosis_to_liver: DiagnosisToLiver
    liver_to_operation: LogNormal
    ki67_percent: Ki67
    ki67_missing: Eras
    mitoses_missing: Eras
    ki67_poorly_differentiated: Ki67PoorlyDifferentiated
    lm_number: MetastasisNumber
    lm_size_mm: MetastasisSize
    functional: GroupChance
    extrahepatic_mets: Shares[Literal["none", "node", "peritoneum", "bone", "lung"]]
    node_positive: GroupChance
    ecog: Shares[Literal["0", "1", "2", "3", "4"]]
    diabetes: Chance


class Weibull(Stated):
    shape: WeibullShape
    scale_months: ByGroup


class HazardRatios(Stated):
    age_per_decade: Ratio
    ki67_per_doubling: Ratio
    extrahepatic: Ratio
    ten_or_more_metastases: Ratio


class Loss(Stated):
    rate: Annotated[float, Field(gt=0.0001, le=1)]


class Days(Stated):
    days: Annotated[int, Field(ge=1, le=365)]


class Survival(BaseModel):
    model_config = STRICT

    perioperative: Chance
    late: Weibull
    hazard_ratios: HazardRatios
    lost_per_year: Loss
    last_contact_before_cut: Days


class Correlation(Stated):
    value: Annotated[float, Field(ge=-0.99, le=0.99)]


class VisitSchedule(BaseModel):
    model_config = STRICT

    first_two_years: MonthsByGroup
    until_year_five: MonthsByGroup
    later: MonthsByGroup


class Visits(Stated):
    before_2010: VisitSchedule
    from_2010: VisitSchedule
    jitter: Annotated[float, Field(gt=0, le=0.4)]
    missed: Probability


class HepaticProgression(BaseModel):
    model_config = STRICT

    latent: Weibull
    correlation_with_survival: Correlation
    hazard_ratios: HazardRatios
    visits: Visits


class MajorHepatectomy(Stated):
    probability: ChanceWithin
    odds_ratio_per_size_doubling: Ratio


class PrimaryResectedOtherwise(Stated):
    before: Probability
    after: Probability

    @model_validator(mode="after")
    def _at_most_one(self) -> PrimaryResectedOtherwise:
        if self.before + self.after > 1:
            raise ValueError("before and after must not add up to more than 1")
        return self


class SevereMorbidity(Stated):
    probability: OpenProbability
    odds_ratio_major: Ratio
    odds_ratio_simultaneous: Ratio


class BloodLoss(Stated):
    minor: Positive
    major: Positive
    sigma: Positive


class OperationMinutes(Stated):
    minor: Positive
    major: Positive
    bowel: Count
    pancreas: Count
    sigma: Positive


class StayDays(Stated):
    minor: Positive
    major: Positive
    sigma: Positive
    severe_factor: Positive


class Surgery(BaseModel):
    model_config = STRICT

    major_hepatectomy: MajorHepatectomy
    major_codes: Shares[Literal["RH", "extended_RH", "trisection"]]
    minor_codes: Shares[Literal["wedge", "enucleation", "segment", "sectionectomy", "LH", "extended_LH"]]
    simultaneous_bowel: Chance
    simultaneous_pancreas: Chance
    pancreatoduodenectomy: Chance
    primary_resected_otherwise: PrimaryResectedOtherwise
    severe_morbidity: SevereMorbidity
    severe_grades: Shares[Literal["IIIa", "IIIb", "IVa", "IVb"]]
    minor_grades: Shares[Literal["none", "I", "II"]]
    approach_before_2010: Shares[Approach]
    approach_from_2010: Shares[Approach]
    ablation: Chance
    asa: Shares[Literal["1", "2", "3", "4", "5"]]
    bmi: TruncatedNormal
    blood_loss_ml: BloodLoss
    operation_minutes: OperationMinutes
    stay_days: StayDays
    cytoreduction: Shares[Literal["100", "90", "70", "50"]]
    readmission: Chance
    minor_events: Shares[str]
    severe_events: Shares[str]
    fatal_events: Shares[str]


class Treatment(BaseModel):
    model_config = STRICT

    adjuvant_analogue: Chance
    first_line: Shares[str]
    next_line: Chance
    later_lines: Shares[str]


class Spec(BaseModel):
    """The whole specification of a simulated cohort."""

    model_config = STRICT

    atrisk_simulation: Literal[1]
    title: str
    label: str
    agreement: str
    seed: Annotated[int, Field(ge=0)]
    most_tries: Annotated[int, Field(ge=1, le=1_000_000)]
    sources: dict[str, str]
    calendar: Calendar
    patients: Patients
    baseline: Baseline
    survival: Survival
    hepatic_progression: HepaticProgression
    surgery: Surgery
    treatment: Treatment
    targets: tuple[Target, ...]
    # Planted after all else, by name of the trap; see defects.py.
    defects: dict[str, Count] | None = None

    @model_validator(mode="after")
    def _one_target_a_quantity(self) -> Spec:
        names = [target.quantity for target in self.targets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"more than one target for {', '.join(twice)}")
        return self

    @field_validator("defects")
    @classmethod
    def _known_traps(cls, value: dict[str, int] | None) -> dict[str, int] | None:
        unknown = sorted(set(value or {}) - TRAPS)
        if unknown:
            raise ValueError(f"no such defect: {', '.join(unknown)}; known are {', '.join(sorted(TRAPS))}")
        return value
