"""The values of a variable as arrays, one element a patient."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.band import banded
from atrisk.derive.code import code
from atrisk.derive.declaration import bands_of, label_of, levels_of, unit_of
from atrisk.derive.definition.mortality import FOLLOWED
from atrisk.derive.definition.who_grade import ONE_INDEX
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, PATIENT, Patients, Visible
from atrisk.derive.stay import Stay, stay_of
from atrisk.errors import StudyError
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.study.definition import LengthOfStay, Mortality
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study
from atrisk.study.scope import DERIVED
from atrisk.study.text import Text

Kind = Literal["number", "category", "boolean", "date"]
TRUTH = ("false", "true")


class OfPatients(Protocol):
    """Whatever holds patients: a cohort."""

    @property
    def patients(self) -> Patients:
        """The patients, numbered in the order of the file."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Values:
    """A variable of all patients of a cohort, in their order; arrays are read-only and of one length.

    ``numbers`` are float64 with NaN where missing (all NaN unless ``kind`` is number). ``limit`` holds '<', '<=', '>'
    or '>=' where only a limit is known (then ``numbers`` has the limit) and '' elsewhere. ``level`` is the position
    in ``levels``, -1 where missing; true/false variables have the levels "false" and "true". ``band`` is the position
    in ``bands``, -1 where missing or between bands; both are None without declared bands. ``one_index`` says which WHO
    grades rest on one index alone; None for any other variable. ``deaths`` says that it is a death; ``window`` is then
    the day up to which deaths count and ``followed`` the days for which survival up to it is known, both None for
    deaths in hospital. ``stay`` says how stays ended, None for what is no length of stay.
    """

    name: str
    label: Text
    unit: str
    kind: Kind
    numbers: NDArray[np.float64]
    limit: NDArray[np.str_]
    levels: tuple[str, ...]
    level: NDArray[np.int64]
    bands: tuple[str, ...] | None = None
    band: NDArray[np.int64] | None = None
    one_index: NDArray[np.bool_] | None = None
    deaths: bool = False
    window: float | None = None
    followed: NDArray[np.float64] | None = None
    stay: Stay | None = None


def variable_values(name: str, cohort: OfPatients, loaded: LoadedStudy, session: Session) -> Values:
    """The values of a column or derived variable under the name by which the study file calls it.

    Levels come in their declared order, else sorted as found among the patients. Raises StudyError, with the line,
    for a name that is not there or not unique, and for a date, which no table can show.
    """
    try:
        item = cohort.patients.resolve("", name)
        if item.type is ColumnType.DATE:
            raise MisfitError(
                "",
                f"'{name}' is a date, which cannot be summarised by group.",
                "Derive a number of days, or an era, from it.",
            )
        return _values(name, item, cohort.patients, loaded.study, session)
    except MisfitError as misfit:
        raise StudyError([loaded.problem(_mention(name, loaded.study), misfit.message, misfit.hint)]) from None


def kind_of(item: Visible, study: Study) -> Kind:
    """What a variable is shown as: numbers with declared levels are categories, all text is."""
    if item.type is ColumnType.DATE:
        return "date"
    if item.type is ColumnType.BOOLEAN:
        return "boolean"
    if item.type in (ColumnType.INTEGER, ColumnType.NUMBER) and not levels_of(item, study):
        return "number"
    return "category"


def found_levels(item: Visible, patients: Patients, session: Session) -> tuple[str, ...]:
    """The codes found among the patients, numbers by size and texts by the order of their characters."""
    coded = code(item.sql, item.type)
    rows = session.rows(
        f"SELECT DISTINCT {coded}, {item.sql} FROM {patients.relation} {ALIAS}"
        f" WHERE {item.sql} IS NOT NULL ORDER BY 2, 1"
    )
    return tuple(str(row[0]) for row in rows)


def _values(name: str, item: Visible, patients: Patients, study: Study, session: Session) -> Values:
    kind = kind_of(item, study)
    source = f"FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    numbers, limit, levels = _nothing(patients, session)
    codes: tuple[str, ...] = ()
    if kind == "number":
        signed = f", {item.limit} AS sign" if item.limit else ""
        arrays = session.arrays(f"SELECT CAST({item.sql} AS DOUBLE) AS value{signed} {source}")
        numbers = arrays["value"]
        limit = np.array([sign or "" for sign in arrays["sign"]], dtype="<U2") if item.limit else limit
    else:
        codes = TRUTH if kind == "boolean" else tuple(levels_of(item, study)) or found_levels(item, patients, session)
        place = {text: position for position, text in enumerate(codes)}
        coded = session.arrays(f"SELECT {code(item.sql, item.type)} AS value {source}")["value"]
        levels = np.array([place.get(text, -1) for text in coded], dtype=np.int64)
    for array in (limit, levels):
        array.setflags(write=False)
    declared = study.derive.get(item.column) if item.table == DERIVED else None
    deaths = isinstance(declared, Mortality)
    within = declared.within if isinstance(declared, Mortality) else None
    bands = bands_of(item, study) if kind == "number" else None
    return Values(
        name=name,
        label=label_of(item, study),
        unit=unit_of(item, study),
        kind=kind,
        numbers=numbers,
        limit=limit,
        levels=codes,
        level=levels,
        bands=bands,
        band=banded(numbers, limit, bands) if bands is not None else None,
        one_index=_on_one_index(item, patients, session),
        deaths=deaths,
        window=within.days if within is not None else None,
        followed=_followed(item, patients, session) if within is not None else None,
        stay=stay_of(item, declared, patients, session) if isinstance(declared, LengthOfStay) else None,
    )


def _on_one_index(item: Visible, patients: Patients, session: Session) -> NDArray[np.bool_] | None:
    field = patients.visible.get(f"{item.column}.{ONE_INDEX}") if item.table == DERIVED else None
    if field is None:
        return None
    source = f"FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    found: NDArray[np.bool_] = session.arrays(f"SELECT CAST({field.sql} AS DOUBLE) AS alone {source}")["alone"] == 1
    found.setflags(write=False)
    return found


def _followed(item: Visible, patients: Patients, session: Session) -> NDArray[np.float64]:
    field = patients.visible[f"{item.column}.{FOLLOWED}"]
    source = f"FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    found: NDArray[np.float64] = session.arrays(f"SELECT CAST({field.sql} AS DOUBLE) AS days {source}")["days"]
    return found


def _nothing(patients: Patients, session: Session) -> tuple[NDArray[np.float64], NDArray[np.str_], NDArray[np.int64]]:
    """Numbers, limits and levels of a variable that has none: one element seen n times, since a register has many."""
    n = int(session.value(f"SELECT count(*) FROM {patients.relation}"))
    nothing = (np.array(np.nan), np.array("", dtype="<U2"), np.array(-1, dtype=np.int64))
    numbers, limit, level = (np.broadcast_to(element, n) for element in nothing)
    return numbers, limit, level


def _mention(name: str, study: Study) -> tuple[str | int, ...]:
    """Where the study file first names the variable."""
    if study.baseline is not None and name in study.baseline.show:
        return "baseline", "show", study.baseline.show.index(name)
    if name in study.surgical_outcomes:
        return "surgical_outcomes", study.surgical_outcomes.index(name)
    for comparison, declared in study.comparisons.items():
        if name in declared.outcomes:
            return "comparisons", comparison, "outcomes", declared.outcomes.index(name)
    if study.adjustment is not None and name in study.adjustment.confounders:
        return "adjustment", "confounders", study.adjustment.confounders.index(name)
    if study.subgroups is not None and name in study.subgroups.by:
        return "subgroups", "by", study.subgroups.by.index(name)
    if study.prognosis is not None and name in study.prognosis.variables:
        return "prognosis", "variables", study.prognosis.variables.index(name)
    return ("centre", "by") if study.centre is not None and study.centre.by == name else ()
