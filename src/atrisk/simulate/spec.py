"""What the specification of a simulated cohort may say; every block names the basis of its numbers."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from atrisk.simulate.quantity import Quantity

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Basis = Literal["published", "assumed", "invented"]


class Part(BaseModel):
    """A piece of the specification: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ByGroup(Part):
    UP: Positive
    SI: Positive
    P: Positive

    def each(self) -> tuple[float, float, float]:
        """The values in the order UP, SI, P."""
        return self.UP, self.SI, self.P


class Stated(Part):
    """A block of numbers with their basis: published (where), assumed (why), or invented."""

    basis: Basis
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _published_names_its_source(self) -> Stated:
        if self.basis == "published" and not self.source:
            raise ValueError("a published number needs its source")
        return self


class Chance(Stated):
    probability: Probability


class Shares(Stated):
    shares: dict[str, Probability]

    @model_validator(mode="after")
    def _sums_to_one(self) -> Shares:
        if abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError("shares must add up to 1")
        return self


class Eras(Stated):
    before_2010: Probability
    from_2010: Probability


class TruncatedNormal(Stated):
    mean: float
    sd: Positive
    low: float
    high: float

    @model_validator(mode="after")
    def _low_below_high(self) -> TruncatedNormal:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Window(Stated):
    first: datetime.date
    last: datetime.date


class DataCut(Stated):
    date: datetime.date


class Calendar(Part):
    window: Window
    data_cut: DataCut

    @model_validator(mode="after")
    def _in_order(self) -> Calendar:
        if not self.window.first < self.window.last < self.data_cut.date:
            raise ValueError("window.first, window.last and data_cut.date must follow one another")
        return self


class Eligible(Stated):
    UP: Annotated[int, Field(ge=8)]
    SI: Annotated[int, Field(ge=30)]
    P: Annotated[int, Field(ge=30)]


class Excluded(Stated):
    aborted: Count
    before_window: Count
    after_window: Count
    poorly_differentiated: Count
    differentiation_not_recorded: Count
    other_primary: Count


class Special(Stated):
    aborted_before: Count
    repeat_hepatectomy: Count
    two_stage: Count
    primary_found_later: Count
    lost_within_90_days: Count
    no_90_day_visit: Count
    late_complication: Count
    partial_dates: Count


class Patients(Part):
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


class MetastasisNumber(Stated):
    median: ByGroup
    sigma: Positive


class MetastasisSize(Stated):
    median: ByGroup
    sigma: Positive
    low: Positive
    high: Positive


class GroupChance(Stated):
    UP: Probability
    SI: Probability
    P: Probability

    def each(self) -> tuple[float, float, float]:
        """The values in the order UP, SI, P."""
        return self.UP, self.SI, self.P


class Baseline(Part):
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
    extrahepatic_mets: Shares
    node_positive: GroupChance
    ecog: Shares
    diabetes: Chance


class Weibull(Stated):
    shape: Positive
    scale_months: ByGroup


class HazardRatios(Stated):
    age_per_decade: Positive
    ki67_per_doubling: Positive
    extrahepatic: Positive
    ten_or_more_metastases: Positive


class Loss(Stated):
    rate: Positive


class Days(Stated):
    days: Annotated[int, Field(ge=1, le=365)]


class Survival(Part):
    perioperative: Chance
    late: Weibull
    hazard_ratios: HazardRatios
    lost_per_year: Loss
    last_contact_before_cut: Days


class Correlation(Stated):
    value: Annotated[float, Field(gt=-1, lt=1)]


class VisitSchedule(Part):
    first_two_years: ByGroup
    until_year_five: ByGroup
    later: ByGroup


class Visits(Stated):
    before_2010: VisitSchedule
    from_2010: VisitSchedule
    jitter_days: Positive
    missed: Probability


class HepaticProgression(Part):
    latent: Weibull
    correlation_with_survival: Correlation
    hazard_ratios: HazardRatios
    visits: Visits


class MajorHepatectomy(Stated):
    probability: ByGroup
    odds_ratio_per_size_doubling: Positive


class PrimaryResectedOtherwise(Stated):
    before: Probability
    after: Probability


class SevereMorbidity(Stated):
    probability: Probability
    odds_ratio_major: Positive
    odds_ratio_simultaneous: Positive


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


class Surgery(Part):
    major_hepatectomy: MajorHepatectomy
    major_codes: Shares
    minor_codes: Shares
    simultaneous_SI: Chance
    simultaneous_P: Chance
    pancreatoduodenectomy: Chance
    primary_resected_otherwise: PrimaryResectedOtherwise
    severe_morbidity: SevereMorbidity
    severe_grades: Shares
    minor_grades: Shares
    approach_before_2010: Shares
    approach_from_2010: Shares
    ablation: Chance
    asa: Shares
    bmi: TruncatedNormal
    blood_loss_ml: BloodLoss
    operation_minutes: OperationMinutes
    stay_days: StayDays
    cytoreduction: Shares
    readmission: Chance
    minor_events: Shares
    severe_events: Shares
    fatal_events: Shares


class Treatment(Part):
    adjuvant_SSA: Chance
    first_line: Shares
    next_line: Chance
    later_lines: Shares


class Target(Stated):
    """What a draw must reach: a published figure within a distance or a factor, or a bound."""

    quantity: Quantity
    published: float | None = None
    within: Positive | None = None
    within_factor: Annotated[float, Field(gt=1)] | None = None
    below: float | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Target:
        rules = (self.within, self.within_factor, self.below, self.above)
        if sum(rule is not None for rule in rules) != 1:
            raise ValueError("needs exactly one of within, within_factor, below, above")
        around = self.within is not None or self.within_factor is not None
        if around != (self.published is not None):
            raise ValueError("within and within_factor need published; below and above stand without it")
        return self


class Spec(Part):
    """The whole specification of a simulated cohort."""

    atrisk_simulation: Literal[1]
    title: str
    label: str
    agreement: str
    seed: Annotated[int, Field(ge=0)]
    sources: dict[str, str]
    calendar: Calendar
    patients: Patients
    baseline: Baseline
    survival: Survival
    hepatic_progression: HepaticProgression
    surgery: Surgery
    treatment: Treatment
    targets: tuple[Target, ...]
