"""All rules that tables must obey before anything is computed from them."""

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.ages import check_ages
from atrisk.check.centre_coding import check_centre_coding
from atrisk.check.completeness import check_completeness
from atrisk.check.contradictions import check_contradictions
from atrisk.check.date_order import check_date_order
from atrisk.check.date_pile_up import check_date_pile_up
from atrisk.check.dates import check_dates
from atrisk.check.duplicates import check_duplicates
from atrisk.check.heaping import check_heaping
from atrisk.check.keys import check_keys
from atrisk.check.left_out import check_left_out
from atrisk.check.life_span import check_life_span
from atrisk.check.reasons import check_reasons
from atrisk.check.same_person import check_same_person
from atrisk.check.sentinels import check_sentinels
from atrisk.check.spelling import check_spelling
from atrisk.check.thousands import check_thousands
from atrisk.check.unit_jumps import check_unit_jumps
from atrisk.check.values import check_levels, check_negative, check_ranges
from atrisk.read.identifier import without_identifiers
from atrisk.read.session import Session
from atrisk.read.table import Table
from atrisk.result.finding import Finding
from atrisk.study.load import LoadedStudy


def check_tables(loaded: LoadedStudy, tables: Mapping[str, Table], session: Session) -> tuple[Finding, ...]:
    """What breaks a rule in the tables, by rule, then table, then row; every rule is in ``docs/checking.md``.

    No message or remedy holds a patient's value or identifier; those are in ``value`` and ``key``.
    Raises StudyError where ``dates_in_order:`` or ``impossible:`` names columns that cannot be compared.
    """
    study = loaded.study
    findings = (
        *check_keys(tables, session),
        *check_left_out(tables),
        *check_levels(tables, study.variables, session),
        *check_ranges(tables, study.variables, session),
        *check_negative(tables, study, session),
        *check_spelling(tables, study.variables, session),
        *check_dates(tables, study, session),
        *check_date_order(loaded, tables, session),
        *check_contradictions(loaded, tables, session),
        *check_life_span(loaded, tables, session),
        *check_ages(tables, study, session),
        *check_date_pile_up(tables, study, session),
        *check_duplicates(tables, session),
        *check_same_person(tables, study, session),
        *check_heaping(tables, session),
        *check_sentinels(tables, session),
        *check_thousands(tables, session),
        *check_unit_jumps(tables, study, session),
        *check_centre_coding(tables, study, session),
        *check_completeness(tables, study, session),
        *check_reasons(tables, study.variables, session),
    )
    return without_identifiers(findings, study.variables)
