"""Published definitions as a study file asks for them; how each is computed lives in ``atrisk.derive.definition``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from atrisk.study.part import Part, wrong
from atrisk.study.quantity import Code, Duration
from atrisk.study.text import ReaderText

ClavienDindoGrade = Literal["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"]
BilirubinUnit = Literal["umol/L", "mg/dL"]
CreatinineUnit = Literal["umol/L", "mg/dL"]
AlbuminUnit = Literal["g/L", "g/dL"]
Condition = Literal[
    "myocardial_infarction",
    "congestive_heart_failure",
    "peripheral_vascular_disease",
    "cerebrovascular_disease",
    "dementia",
    "chronic_pulmonary_disease",
    "rheumatic_disease",
    "peptic_ulcer_disease",
    "mild_liver_disease",
    "severe_liver_disease",
    "diabetes",
    "diabetes_with_organ_damage",
    "hemiplegia",
    "renal_disease",
    "other_cancer",
    "other_metastatic_cancer",
    "aids",
]


class Derived(Part):
    """What every derived variable may say about itself.

    ``COLUMNS`` are the keys under which a subclass names columns or derived variables; ``DATES`` and ``TRUTHS`` are
    those of dates and of true/false among them. ``FIELDS`` are what it yields: "" for the variable itself, else dates
    under its name, for ``name.field``.
    """

    FIELDS: ClassVar[tuple[str, ...]] = ("",)
    COLUMNS: ClassVar[tuple[str, ...]] = ()
    DATES: ClassVar[tuple[str, ...]] = ()
    TRUTHS: ClassVar[tuple[str, ...]] = ()

    label: ReaderText | None = Field(None, description="What readers see.")
    unit: str | None = Field(None, description="Unit shown with the label.")
    levels: dict[Code, ReaderText] | None = Field(None, description="Order and labels of the levels.")

    def columns(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every name of a column or derived variable, with the path of keys under which it stands."""
        for key in self.COLUMNS:
            name = getattr(self, key)
            if name is not None:
                yield (key,), name

    def fields(self) -> tuple[str, ...]:
        """What it yields, as in ``FIELDS``."""
        return self.FIELDS

    def dates(self) -> tuple[str, ...]:
        """The columns that must hold dates."""
        return self._named(self.DATES)

    def truths(self) -> tuple[str, ...]:
        """The columns that must hold true or false."""
        return self._named(self.TRUTHS)

    def _named(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for key in keys if (name := getattr(self, key)) is not None)


class AgeAt(Derived):
    """Age in years (365.25 days) at time zero."""

    COLUMNS = ("birth",)
    DATES = ("birth",)

    definition: Literal["age"]
    birth: str = "birth_date"


class Era(Derived):
    """Calendar period of time zero, or of another date."""

    COLUMNS = ("date",)
    DATES = ("date",)

    definition: Literal["era"]
    starts: tuple[int, ...] = Field(min_length=1, description="The first year of each era, in order.")
    until: int = Field(description="The last year of the last era.")
    date: str | None = Field(None, description="Another date than time zero.")

    @model_validator(mode="after")
    def _in_order(self) -> Era:
        years = (*self.starts, self.until + 1)
        if any(later <= earlier for earlier, later in pairwise(years)):
            raise wrong("the first years of eras must rise, and 'until' not lie before the last of them", "starts")
        return self


class TimingOfMetastases(Derived):
    """Synchronous where primary tumour and metastases were diagnosed within a time of each other, else metachronous."""

    COLUMNS = ("primary", "metastases")
    DATES = ("primary", "metastases")

    definition: Literal["timing_of_metastases"]
    within: Duration = Field(description="How far apart both diagnoses may lie; 3, 6 and 12 months are in use.")
    primary: str = "date_dx_net"
    metastases: str = "date_dx_lm"


class WhoGrade(Derived):
    """WHO grade of a well-differentiated neuroendocrine tumour from Ki-67 and mitoses; the higher decides."""

    COLUMNS = ("ki67", "mitoses", "reported")

    definition: Literal["who_grade"]
    edition: Literal[2010, 2019, 2022] = 2022
    ki67: str = "ki67"
    mitoses: str | None = Field(
        "mitoses_2mm2", description="Mitoses per 2 square millimetres; 'none' where they were not counted."
    )
    if_one_missing: Literal["unknown", "other decides"] = Field(
        "unknown", description="The grade where only one of the two is recorded and does not settle it."
    )
    reported: str | None = Field(None, description="The grade as reported; where it differs is a finding.")

    def fields(self) -> tuple[str, ...]:
        """The grade and, where two indices can give it, whether one of them was missing."""
        return ("",) if self.mitoses is None else ("", "one_index")

    @field_validator("mitoses")
    @classmethod
    def _not_counted(cls, value: str | None) -> str | None:
        return None if value == "none" else value


class TumourBurden(Derived):
    """Share of the liver that is tumour, in the bands <10, 10-25, 25-50 and >50 %."""

    COLUMNS = ("percent",)

    definition: Literal["tumour_burden"]
    percent: str = "liver_burden_pct"


class TumourBurdenScore(Derived):
    """Tumour burden score (Sasaki 2018): the distance from the origin of largest size in cm and number."""

    COLUMNS = ("size", "number")

    definition: Literal["tumour_burden_score"]
    size: str = "lm_size_max"
    size_unit: Literal["mm", "cm"]
    number: str = "lm_number"


class MajorHepatectomy(Derived):
    """Major hepatectomy from a list of resection codes, under a named rule."""

    COLUMNS = ("resections",)

    definition: Literal["major_hepatectomy"]
    rule: Literal["SEG3", "MAYO", "HEMI"]
    resections: str = "resections"


class ParenchymaSparing(Derived):
    """Nothing but enucleations, wedges and single segments, from a list of resection codes."""

    COLUMNS = ("resections",)

    definition: Literal["parenchyma_sparing"]
    resections: str = "resections"


class Cytoreduction(Derived):
    """Share of the tumour that was removed, in percent, or whether it reached a threshold."""

    COLUMNS = ("percent", "before", "residual")

    definition: Literal["cytoreduction"]
    basis: Literal["volume", "lesion count", "surgeon's estimate"] = Field(description="What was measured; printed.")
    percent: str | None = Field(None, description="A column that holds the percentage.")
    before: str | None = Field(None, description="Tumour before the operation, as volume or number.")
    residual: str | None = Field(None, description="Tumour left after it, in the same unit.")
    at_least: float | None = Field(None, gt=0, le=100, description="Gives true/false; without it, the percentage.")

    @model_validator(mode="after")
    def _one_way(self) -> Cytoreduction:
        if (self.percent is None) == (self.before is None) or (self.before is None) != (self.residual is None):
            raise wrong("cytoreduction needs either 'percent:' or both 'before:' and 'residual:'")
        return self


class ResidualTumour(Derived):
    """R status: R2 with gross residual tumour anywhere, else that of the resection margin."""

    COLUMNS = ("margin", "gross_residual")
    TRUTHS = ("gross_residual",)

    definition: Literal["residual_tumour"]
    margin: str = Field("r_status", description="The margin as recorded: R0, R1, R2 or RX.")
    gross_residual: str | None = Field(None, description="A true/false column: tumour was left behind anywhere.")


class ClavienDindo(Derived):
    """Worst Clavien-Dindo grade within a time of the operation, or whether it reached a grade."""

    COLUMNS = ("grade", "date", "searched")
    DATES = ("date",)
    TRUTHS = ("searched",)

    definition: Literal["clavien_dindo"]
    at_least: ClavienDindoGrade | None = Field(None, description="Gives true/false; without it, the worst grade.")
    within: Duration = Field(Duration.parse("90 days"), validate_default=True)
    from_: str = Field("complication", alias="from")
    grade: str = "cd_grade"
    date: str = "cd_date"
    searched: str | None = Field(None, description="A true/false column: complications were looked for.")


class ComprehensiveComplicationIndex(Derived):
    """Comprehensive Complication Index (Slankamenac 2013), 0 to 100, from every complication's grade."""

    COLUMNS = ("grade", "date", "searched")
    DATES = ("date",)
    TRUTHS = ("searched",)

    definition: Literal["comprehensive_complication_index"]
    within: Duration = Field(Duration.parse("90 days"), validate_default=True)
    from_: str = Field("complication", alias="from")
    grade: str = "cd_grade"
    date: str = "cd_date"
    searched: str | None = None


class IsglsGrade(Derived):
    """Worst ISGLS grade (A, B, C) of one kind of complication, or whether it reached a grade."""

    COLUMNS = ("event", "grade", "date", "searched")
    DATES = ("date",)
    TRUTHS = ("searched",)

    definition: Literal["isgls_grade"]
    of: Code = Field(description="The complication as the event column calls it, such as bile leak.")
    at_least: Literal["A", "B", "C"] | None = Field(None, description="Gives true/false; without it, the worst grade.")
    within: Duration = Field(Duration.parse("90 days"), validate_default=True)
    from_: str = Field("complication", alias="from")
    event: str = "cd_event"
    grade: str = "isgls_grade"
    date: str = "cd_date"
    searched: str | None = Field(None, description="A true/false column: complications were looked for.")


class Mortality(Derived):
    """Death from any cause within a time of time zero, or before discharge; unknown where follow-up is shorter."""

    COLUMNS = ("death",)
    DATES = ("death", "last_contact", "discharge")

    definition: Literal["mortality"]
    within: Duration | None = None
    in_hospital: bool = Field(False, description="Death before discharge, in place of a time.")
    death: str = "death_date"
    last_contact: str = "last_contact_date"
    discharge: str = "discharge_date"

    def columns(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The date of death, and that of discharge or of last contact, whichever the window needs."""
        yield from super().columns()
        yield (("discharge",), self.discharge) if self.in_hospital else (("last_contact",), self.last_contact)

    def fields(self) -> tuple[str, ...]:
        """Whether the patient died and, within a time, the days for which that is known."""
        return ("",) if self.in_hospital else ("", "followed")

    @model_validator(mode="after")
    def _one_window(self) -> Mortality:
        if (self.within is None) != self.in_hospital:
            raise wrong("mortality needs either 'within:', such as 90 days, or 'in_hospital: true'")
        return self


class LengthOfStay(Derived):
    """Days from time zero to discharge; unknown for patients who died before discharge."""

    COLUMNS = ("discharge", "death")
    DATES = ("discharge", "death")

    definition: Literal["length_of_stay"]
    discharge: str = "discharge_date"
    death: str | None = "death_date"


class TextbookOutcome(Derived):
    """Nothing of what a textbook outcome in liver surgery excludes; true, false, or unknown.

    Each key names a true/false column or derived variable of the mishap, ``r0`` one of a clear margin.
    """

    COLUMNS = TRUTHS = (
        "intraoperative_incident",
        "bile_leak",
        "liver_failure",
        "severe_morbidity",
        "readmission",
        "mortality",
        "r0",
    )

    definition: Literal["textbook_outcome"]
    version: Literal["survey 2021", "delphi 2022"]
    intraoperative_incident: str = Field(description="An incident of grade 2 or worse.")
    bile_leak: str = Field(description="Grade B or C.")
    liver_failure: str | None = Field(None, description="Grade B or C; asked for by delphi 2022 alone.")
    severe_morbidity: str
    readmission: str
    mortality: str
    r0: str | None = Field(None, description="Left out, this is textbook outcome without R0, and named so.")

    @model_validator(mode="after")
    def _liver_failure(self) -> TextbookOutcome:
        if (self.version == "delphi 2022") != (self.liver_failure is not None):
            raise wrong("'liver_failure:' belongs to version delphi 2022, and to that alone", "version")
        return self


class Albi(Derived):
    """Albumin-bilirubin score of liver function, or its grade 1 to 3."""

    COLUMNS = ("bilirubin", "albumin")

    definition: Literal["albi"]
    gives: Literal["score", "grade"] = "score"
    bilirubin: str = "bilirubin"
    bilirubin_unit: BilirubinUnit
    albumin: str = "albumin"
    albumin_unit: AlbuminUnit


class Meld(Derived):
    """Model for End-stage Liver Disease: the score of 2002 (6 to 40), or MELD 3.0 of 2022."""

    COLUMNS = ("bilirubin", "creatinine", "inr", "dialysis", "sodium", "albumin", "sex")
    TRUTHS = ("dialysis",)

    definition: Literal["meld"]
    version: Literal["2002", "3.0"]
    bilirubin: str = "bilirubin"
    bilirubin_unit: BilirubinUnit
    creatinine: str = "creatinine"
    creatinine_unit: CreatinineUnit
    inr: str = "inr"
    dialysis: str | None = Field(None, description="A true/false column: twice or more in the week before.")
    sodium: str | None = Field(None, description="In mmol/L; MELD 3.0.")
    albumin: str | None = Field(None, description="MELD 3.0.")
    albumin_unit: AlbuminUnit | None = None
    sex: str | None = Field(None, description="MELD 3.0.")
    female: Code = "F"

    @field_validator("version", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        """2002 and 3.0 are numbers to YAML."""
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _third(self) -> Meld:
        third = (self.sodium, self.albumin, self.albumin_unit, self.sex)
        if self.version == "3.0" and None in third:
            raise wrong("MELD 3.0 needs 'sodium:', 'albumin:', 'albumin_unit:' and 'sex:'", "version")
        if self.version == "2002" and any(part is not None for part in third):
            raise wrong("sodium, albumin and sex belong to version 3.0 of MELD", "version")
        return self


class CharlsonIndex(Derived):
    """Charlson comorbidity index without the index cancer, from true/false columns of the conditions recorded."""

    definition: Literal["charlson"]
    conditions: dict[Condition, str] = Field(min_length=1, description="The column of each condition recorded.")
    age: str | None = Field(None, description="Adds a point a decade from 50 years, at most 4.")

    def columns(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """The columns of the conditions, and age."""
        yield from ((("conditions", condition), column) for condition, column in self.conditions.items())
        if self.age is not None:
            yield ("age",), self.age

    def truths(self) -> tuple[str, ...]:
        """The columns of the conditions."""
        return tuple(self.conditions.values())


class ProgressionFromImaging(Derived):
    """First scan after time zero that shows progression, with the last scan before it that did not.

    Gives four dates: ``name.date`` (the first positive scan), ``name.last_negative``, ``name.midpoint`` (half way
    from the last negative scan, or time zero, to the first positive one) and ``name.last_scan``.
    """

    FIELDS = ("date", "last_negative", "midpoint", "last_scan")
    COLUMNS = ("of", "date")
    DATES = ("date",)

    definition: Literal["progression_from_imaging"]
    of: str = Field(description="The child table's status column, such as imaging.hepatic_status.")
    date: str = "scan_date"
    positive: tuple[Code, ...] = Field(("progression", "new lesion"), min_length=1)


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
