"""After the operation: complications, death, length of stay, textbook outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from atrisk.study.definition.derived import Derived
from atrisk.study.part import wrong
from atrisk.study.quantity import Code, Duration

ClavienDindoGrade = Literal["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"]


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
    """Days from time zero to discharge; unknown for patients who died before discharge.

    As an outcome it is also compared with death in hospital as a competing event.
    """

    COLUMNS = ("discharge", "death")
    DATES = ("discharge", "death")

    definition: Literal["length_of_stay"]
    discharge: str = "discharge_date"
    death: str | None = "death_date"
    at: tuple[Duration, ...] = Field(
        (Duration.parse("7 days"), Duration.parse("14 days"), Duration.parse("30 days")),
        validate_default=True,
        description="Days by which the share discharged alive is printed.",
    )
    up_to: Duration = Field(
        Duration.parse("90 days"), validate_default=True, description="Up to when the mean days in hospital count."
    )

    def fields(self) -> tuple[str, ...]:
        """The stay and, where deaths are known, the days to its end of either kind and whether that was a death."""
        return ("",) if self.death is None else ("", "ended", "died")

    @model_validator(mode="after")
    def _after_time_zero(self) -> LengthOfStay:
        if any(each.days <= 0 for each in self.at):
            raise wrong("every day must be above 0", "at")
        if self.up_to.days <= 0:
            raise wrong("the day must be above 0", "up_to")
        return self


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
    intraoperative_incident: str | None = Field(
        None, description="An incident of grade 2 or worse. Left out where it is not recorded; say so in the label."
    )
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
