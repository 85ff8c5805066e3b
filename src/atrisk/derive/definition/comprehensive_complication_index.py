"""Comprehensive Complication Index: every complication counted, 0 to 100."""

from __future__ import annotations

from types import MappingProxyType

from atrisk.derive.child_rows import searched_sql
from atrisk.derive.compiled import GATHERED, Compiled
from atrisk.derive.complications import complications
from atrisk.derive.definition.clavien_dindo import GRADES, REMEDY, UNKNOWN_GRADE
from atrisk.derive.patients import Patients
from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.study.definition import ComprehensiveComplicationIndex

# Weights of the grades below V, as implemented in public code for Slankamenac et al., Ann Surg 2013;258:1-7.
WEIGHTS = MappingProxyType({"I": 300, "II": 1750, "IIIa": 2750, "IIIb": 4550, "IVa": 7200, "IVb": 8550})
# Weights that sum to this reach 100, where the index ends.
_CAP = 40_000


def weight(grade: str) -> str:
    """SQL text of a grade's weight; V weighs as much as reaches 100; NULL for a code that is not a grade, never 0."""
    cases = " ".join(f"WHEN {literal(name)} THEN {WEIGHTS.get(name, _CAP)}" for name in GRADES)
    return f"(CASE trim({grade}) {cases} END)"


def gathered(grade: str, inside: str) -> str:
    """SQL text of the aggregates over a patient's complications: the weights that surely count, and what is unclear.

    ``total`` sums the known weights of the rows that are ``inside`` the window; ``unclear`` counts rows whose grade is
    not known or whose place in the window is not.
    """
    weighed = weight(grade)
    return (
        f"sum({weighed}) FILTER (WHERE {inside}) AS total,"
        f" count(*) FILTER (WHERE ({inside}) IS NULL OR (({inside}) AND {weighed} IS NULL)) AS unclear"
    )


def comprehensive_complication_index(total: str, unclear: str, searched: str) -> str:
    """The index: half the square root of the sum of the weights of all complications, at most 100; 100 where one is V.

    Weights: I 300, II 1750, IIIa 2750, IIIb 4550, IVa 7200, IVb 8550. Hence one grade I gives 8.7, II 20.9, IIIa 26.2,
    IIIb 33.7, IVa 42.4, IVb 46.2; I with II gives 22.6. Source: Slankamenac et al., Ann Surg 2013;258:1-7.

    0 where complications were ``searched`` for and there was none. Unknown (NULL) where they were not, or where a row
    is unclear, unless 100 is already reached. An unknown code for a grade is besides a finding that blocks. The
    arguments are SQL texts; the answer is SQL text of a number, not rounded.
    """
    summed = f"coalesce({total}, 0)"
    complete = f"coalesce({searched}, FALSE) AND coalesce({unclear}, 0) = 0"
    return f"(CASE WHEN {summed} >= {_CAP} THEN 100.0 WHEN {complete} THEN sqrt({summed}) / 2 END)"


def named(declared: ComprehensiveComplicationIndex) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.searched,)


def compiled(declared: ComprehensiveComplicationIndex, patients: Patients) -> Compiled:
    """The index of these patients; an unknown code blocks."""
    found = complications(declared, patients, grades=GRADES, rule=UNKNOWN_GRADE, remedy=REMEDY)
    value = comprehensive_complication_index(
        f"{GATHERED}.total", f"{GATHERED}.unclear", searched_sql(declared.searched, patients)
    )
    return Compiled(
        fields={"": value},
        types={"": ColumnType.NUMBER},
        gather=found.gather(gathered(found.grade, found.inside)),
        questions=found.questions,
    )
