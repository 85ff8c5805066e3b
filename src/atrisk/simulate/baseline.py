"""What is known of a patient at the operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.roster import DAYS_PER_MONTH, Roster
from atrisk.simulate.spec import HazardRatios, Spec
from atrisk.simulate.stream import Stream

TOP_BAND = 10  # the highest band of lm_number, written ">=10"


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """One row a patient; values as they will be written (whole days, millimetres, bands)."""

    birth_day: NDArray[np.int64]
    net_day: NDArray[np.int64]
    liver_day: NDArray[np.int64]
    male: NDArray[np.bool_]
    ki67: NDArray[np.float64]  # 0.5 stands for "<1"; one decimal below 5, whole above
    ki67_missing: NDArray[np.bool_]
    mitoses: NDArray[np.int64]
    mitoses_missing: NDArray[np.bool_]
    lm_number: NDArray[np.int64]  # 10 stands for ">=10"
    lm_size: NDArray[np.int64]
    functional: NDArray[np.bool_]
    extrahepatic: NDArray[Any]
    node_positive: NDArray[np.bool_]
    ecog: NDArray[Any]
    diabetes: NDArray[np.bool_]

    def ki67_as_compared(self) -> NDArray[np.float64]:
        """Ki-67 in the order a study's tests by ranks see it: "<1" below every value recorded, NaN where none is."""
        return np.where(self.ki67_missing, np.nan, self.ki67)

    def log_hazard(self, ratios: HazardRatios, op_day: NDArray[np.int64]) -> NDArray[np.float64]:
        """The patients' log hazard relative to a patient of 58 years with Ki-67 3 %, few and only liver metastases."""
        decades = ((op_day - self.birth_day) / 365.25 - 58) / 10
        return np.asarray(
            decades * np.log(ratios.age_per_decade)
            + np.log2(self.ki67 / 3) * np.log(ratios.ki67_per_doubling)
            + (self.extrahepatic != "none") * np.log(ratios.extrahepatic)
            + (self.lm_number == TOP_BAND) * np.log(ratios.ten_or_more_metastases),
            dtype=np.float64,
        )


def draw_baseline(spec: Spec, roster: Roster, stream: Stream) -> Baseline:
    """Draws every baseline value of every patient, eligible or not."""
    rules, size = spec.baseline, roster.size
    age = stream.truncated_normal(
        size,
        mean=rules.age_years.mean,
        sd=rules.age_years.sd,
        low=rules.age_years.low,
        high=rules.age_years.high,
    )
    birth_day = roster.op_day - np.rint(age * 365.25).astype(np.int64)
    net_day, liver_day = _diagnosis_days(spec, roster, stream, birth_day)
    ki67, mitoses = _proliferation(spec, roster, stream)
    number = np.ceil(
        roster.pick(rules.lm_number.median.each()) * np.exp(rules.lm_number.sigma * stream.normal(size)) - 0.5
    )
    length = roster.pick(rules.lm_size_mm.median.each()) * np.exp(rules.lm_size_mm.sigma * stream.normal(size))
    late = roster.late_era
    return Baseline(
        birth_day=birth_day,
        net_day=net_day,
        liver_day=liver_day,
        male=stream.happens(rules.male.probability, size),
        ki67=ki67,
        ki67_missing=stream.happens(np.where(late, rules.ki67_missing.from_2010, rules.ki67_missing.before_2010), size),
        mitoses=mitoses,
        mitoses_missing=stream.happens(
            np.where(late, rules.mitoses_missing.from_2010, rules.mitoses_missing.before_2010), size
        ),
        lm_number=np.clip(number, 1, TOP_BAND).astype(np.int64),
        lm_size=np.rint(np.clip(length, rules.lm_size_mm.low, rules.lm_size_mm.high)).astype(np.int64),
        functional=stream.happens(roster.pick(rules.functional.each()), size),
        extrahepatic=stream.choose(rules.extrahepatic_mets.shares, size),
        node_positive=stream.happens(roster.pick(rules.node_positive.each()), size),
        ecog=stream.choose(rules.ecog.shares, size),
        diabetes=stream.happens(rules.diabetes.probability, size),
    )


def _diagnosis_days(
    spec: Spec, roster: Roster, stream: Stream, birth_day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Days of the diagnoses of the tumour and of its liver metastases, birth < tumour <= liver < operation."""
    to_liver, to_operation = spec.baseline.diagnosis_to_liver, spec.baseline.liver_to_operation
    adult = birth_day + round(18 * 365.25)
    wait = to_operation.median_months * np.exp(to_operation.sigma * stream.normal(roster.size)) * DAYS_PER_MONTH
    liver_day = np.maximum(roster.op_day - np.clip(np.rint(wait), 7, 3000).astype(np.int64), adult)
    lead = to_liver.metachronous_median_months * np.exp(to_liver.metachronous_sigma * stream.normal(roster.size))
    metachronous = np.clip(np.rint(lead * DAYS_PER_MONTH), 184, 9000).astype(np.int64)
    together = stream.happens(to_liver.synchronous, roster.size) | (roster.group == 0)
    shortly = np.maximum(stream.whole(roster.size, low=-60, high=60), 0)
    net_day = np.maximum(liver_day - np.where(together, shortly, metachronous), adult)
    return net_day, liver_day


def _proliferation(spec: Spec, roster: Roster, stream: Stream) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Ki-67 (%) and mitoses a 2 mm², which go together; poorly differentiated tumours from their own distribution."""
    rules, poor_rules = spec.baseline.ki67_percent, spec.baseline.ki67_poorly_differentiated
    z = stream.normal(roster.size)
    well = np.minimum(roster.pick(rules.median.each()) * np.exp(rules.sigma * z), rules.high)
    poor = np.clip(poor_rules.median * np.exp(poor_rules.sigma * z), poor_rules.low, poor_rules.high)
    value = np.where(roster.fate == "poorly_differentiated", poor, well)
    ki67 = np.where(value < 1, 0.5, np.where(value < 5, np.rint(value * 10) / 10, np.rint(value)))
    mitoses = np.floor(0.4 * value * np.exp(0.6 * stream.normal(roster.size)))
    return ki67, np.clip(mitoses, 0, 90).astype(np.int64)
