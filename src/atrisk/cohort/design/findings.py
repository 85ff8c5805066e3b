"""All rules about the design of a study's comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from atrisk.cohort.build import Cohort
from atrisk.cohort.design.day_zero import follow_up_of_no_day
from atrisk.cohort.design.earlier_rows import earlier_than_index
from atrisk.cohort.design.future_exposure import future_exposure
from atrisk.cohort.design.grade_drift import grade_drift
from atrisk.cohort.design.lost_to_follow_up import lost_to_follow_up
from atrisk.cohort.design.positivity import never_together
from atrisk.cohort.design.scan_schedule import scan_schedule
from atrisk.cohort.design.searched import complications_not_searched
from atrisk.cohort.design.small_groups import small_groups
from atrisk.cohort.design.tied_events import tied_events
from atrisk.cohort.design.worst_only import worst_complication_only
from atrisk.cohort.grouping import Grouping
from atrisk.derive.follow_up import FollowUp
from atrisk.read.session import Session
from atrisk.result.finding import Finding
from atrisk.study.load import LoadedStudy


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The patients of a study, their groups in the main comparison and in the others, and their follow-up."""

    cohort: Cohort
    main: Grouping
    others: Mapping[str, Grouping]
    followed: Mapping[str, FollowUp]


def design_findings(compared: Compared, loaded: LoadedStudy, session: Session) -> tuple[Finding, ...]:
    """What the patients and their groups show of the design's weak points; nothing about outcomes is compared."""
    study, patients = loaded.study, compared.cohort.patients
    return (
        *future_exposure(study, patients, session),
        *small_groups({"main": compared.main, **compared.others}),
        *never_together(study, compared.main, compared.others),
        *complications_not_searched(study, patients, session),
        *worst_complication_only(study, patients, session),
        *earlier_than_index(study, patients, session),
        *grade_drift(study, patients, session),
        *lost_to_follow_up(study, patients, compared.main, session),
        *scan_schedule(study, patients, compared.main, session),
        *tied_events(compared.followed),
        *follow_up_of_no_day(compared.followed),
    )
