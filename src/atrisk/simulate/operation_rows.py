"""The operation table: the first resection, and the operations around it."""

from __future__ import annotations

import numpy as np

from atrisk.simulate.patient_rows import lm_number_text, patient_id
from atrisk.simulate.spec import Spec
from atrisk.simulate.special import Draw, Special
from atrisk.simulate.stream import Stream
from atrisk.simulate.surgery import SEVERE_GRADES
from atrisk.simulate.table import Table, iso, truth, written_table

COLUMNS = (
    "op_id", "patient_id", "op_date", "intent", "approach", "resected", "resections", "asa", "bmi", "lm_number",
    "lm_size_max", "lm_distribution", "ablation", "simultaneous_primary", "pringle_min", "op_time", "ebl",
    "rbc_units", "cytoreduction_pct", "r_status", "discharge_date", "readmission_date", "followup_90_complete",
)  # fmt: skip
BAND_WIDTH = {"100": 0, "90": 9, "70": 19, "50": 19}


def operation_table(spec: Spec, draw: Draw, special: Special, stream: Stream) -> Table:
    """One row an operation, numbered within the patient by date."""
    first = _first_resections(spec, draw, stream)
    records = []
    for i, record in enumerate(first):
        course = [record]
        if i in special.aborted_before:
            course.insert(0, _aborted(record, int(draw.roster.op_day[i]) - special.aborted_before[i]))
        if i in special.second_stage:
            course.append(_later(draw, i, record, special.second_stage[i], resections="wedge"))
        if i in special.repeat:
            course.append(_later(draw, i, record, special.repeat[i], resections="wedge;seg6"))
        for place, operation in enumerate(course, start=1):
            records.append({**operation, "op_id": f"{patient_id(i)}-{place}"})
    return written_table("operation", COLUMNS, records)


def _first_resections(spec: Spec, draw: Draw, stream: Stream) -> list[dict[str, str]]:
    rules, roster, surgery = spec.surgery, draw.roster, draw.surgery
    size = roster.size
    codes = _resection_codes(spec, draw, stream)
    early_approach = stream.choose(rules.approach_before_2010.shares, size)
    approach = np.where(roster.late_era, stream.choose(rules.approach_from_2010.shares, size), early_approach)
    ablation = stream.happens(rules.ablation.probability, size) & surgery.resected
    asa = stream.choose(rules.asa.shares, size)
    bmi = stream.truncated_normal(size, mean=rules.bmi.mean, sd=rules.bmi.sd, low=rules.bmi.low, high=rules.bmi.high)
    minutes, blood, units, pringle = _course(spec, draw, stream)
    percent = _cytoreduction(spec, draw, stream)
    both = (draw.baseline.lm_number > 1) & stream.happens(0.2 + 0.07 * draw.baseline.lm_number, size)
    margin = stream.happens(0.8, size)
    intent = stream.choose({"cytoreductive": 0.8, "symptom": 0.2}, size)
    stays = _stays(spec, draw, stream)
    records = []
    for i in range(size):
        done, whole = bool(surgery.resected[i]), percent[i] == 100
        records.append(
            {
                "op_id": "",
                "patient_id": patient_id(i),
                "op_date": iso(roster.op_day[i]),
                "intent": "curative" if whole else str(intent[i]),
                "approach": str(approach[i]),
                "resected": truth(done),
                "resections": codes[i],
                "asa": str(asa[i]),
                "bmi": f"{bmi[i]:.1f}",
                "lm_number": lm_number_text(draw.baseline, i),
                "lm_size_max": str(draw.baseline.lm_size[i]),
                "lm_distribution": "bilobar" if both[i] else "unilobar",
                "ablation": truth(ablation[i]),
                "simultaneous_primary": str(surgery.simultaneous[i]),
                "pringle_min": str(pringle[i]),
                "op_time": str(minutes[i]),
                "ebl": str(blood[i]),
                "rbc_units": str(units[i]),
                "cytoreduction_pct": str(percent[i]) if done else "",
                "r_status": ("R2" if not whole else "R0" if margin[i] else "R1") if done else "",
                **stays[i],
                "followup_90_complete": truth(surgery.followed_90_days[i]),
            }
        )
    return records


def _resection_codes(spec: Spec, draw: Draw, stream: Stream) -> list[str]:
    """Resections as a list of codes: the largest first, then wedges beside it where there are many metastases."""
    rules, size = spec.surgery, draw.roster.size
    major = stream.choose(rules.major_codes.shares, size)
    minor = stream.choose(rules.minor_codes.shares, size)
    segment = stream.whole(size, low=1, high=8)
    beside = stream.happens(0.1 + 0.05 * draw.baseline.lm_number, size)
    texts = []
    for i in range(size):
        if not draw.surgery.resected[i]:
            texts.append("")
            continue
        code = str(major[i]) if draw.surgery.major[i] else str(minor[i])
        code = f"seg{segment[i]}" if code == "segment" else code
        texts.append(f"{code};wedge" if beside[i] and code not in ("wedge", "enucleation") else code)
    return texts


def _course(spec: Spec, draw: Draw, stream: Stream) -> tuple[list[int], list[int], list[int], list[int]]:
    """Minutes, blood loss (mL, heaped on 50), units of red cells, minutes of inflow occlusion."""
    rules, surgery, size = spec.surgery, draw.surgery, draw.roster.size
    time, loss = rules.operation_minutes, rules.blood_loss_ml
    extra = np.where(
        surgery.simultaneous == "none", 0, np.where(surgery.simultaneous == "bowel", time.bowel, time.pancreas)
    )
    z = stream.normal(size)
    minutes = (np.where(surgery.major, time.major, time.minor) + extra) * np.exp(time.sigma * stream.normal(size))
    blood = np.where(surgery.major, loss.major, loss.minor) * np.exp(loss.sigma * z)
    minutes, blood = (np.where(surgery.resected, x, 0.3 * x) for x in (minutes, blood))
    blood = np.maximum(np.rint(np.minimum(blood, 12000) / 50) * 50, 50).astype(np.int64)
    units = np.maximum(np.floor((blood - 600) / 350 + stream.normal(size)), 0).astype(np.int64)
    clamped = stream.happens(0.27, size) & surgery.resected
    pringle = np.where(clamped, 5 * stream.whole(size, low=2, high=12), 0)
    return (
        np.rint(np.clip(minutes, 45, 1100)).astype(np.int64).tolist(),
        blood.tolist(),
        units.tolist(),
        pringle.tolist(),
    )


def _cytoreduction(spec: Spec, draw: Draw, stream: Stream) -> list[int]:
    bands = stream.choose(spec.surgery.cytoreduction.shares, draw.roster.size)
    place = stream.uniform(draw.roster.size)
    return [int(band) + int(u * (BAND_WIDTH[str(band)] + 1)) for band, u in zip(bands, place, strict=True)]


def _stays(spec: Spec, draw: Draw, stream: Stream) -> list[dict[str, str]]:
    """Discharge and readmission; who died within 90 days died in hospital unless the stay was over before."""
    rules, surgery, size = spec.surgery, draw.surgery, draw.roster.size
    severe = np.isin(surgery.grade, SEVERE_GRADES)
    typical = np.where(surgery.major, rules.stay_days.major, rules.stay_days.minor)
    stay = (
        typical
        * np.exp(rules.stay_days.sigma * stream.normal(size))
        * np.where(severe, rules.stay_days.severe_factor, 1)
    )
    stay = np.clip(np.rint(stay), 2, 60).astype(np.int64)
    again = stream.happens(rules.readmission.probability, size) & surgery.followed_90_days
    gap = stream.whole(size, low=2, high=50)
    records = []
    for i in range(size):
        out = int(draw.roster.op_day[i] + stay[i])
        end = int(draw.roster.op_day[i] + draw.survival.end[i])
        alive = not draw.survival.died[i] or out < end
        back = alive and bool(again[i]) and out + int(gap[i]) < end
        records.append(
            {
                "discharge_date": iso(min(out, end)) if alive else "",
                "readmission_date": iso(out + int(gap[i])) if back else "",
            }
        )
    return records


def _aborted(record: dict[str, str], day: int) -> dict[str, str]:
    """An operation that ended without a resection, some weeks before the one that succeeded."""
    return {
        **record,
        "op_date": iso(day),
        "resected": "false",
        "resections": "",
        "ablation": "false",
        "simultaneous_primary": "none",
        "pringle_min": "0",
        "op_time": "95",
        "ebl": "50",
        "rbc_units": "0",
        "cytoreduction_pct": "",
        "r_status": "",
        "discharge_date": iso(day + 4),
        "readmission_date": "",
        "followup_90_complete": "true",
    }


def _later(draw: Draw, i: int, record: dict[str, str], day: int, *, resections: str) -> dict[str, str]:
    """A second, smaller resection without simultaneous resection of the primary."""
    op_day = int(draw.roster.op_day[i]) + day
    return {
        **record,
        "op_date": iso(op_day),
        "resections": resections,
        "lm_number": "2",
        "lm_size_max": str(min(int(draw.baseline.lm_size[i]), 24)),
        "ablation": "false",
        "simultaneous_primary": "none",
        "pringle_min": "0",
        "op_time": "165",
        "ebl": "250",
        "rbc_units": "0",
        "discharge_date": iso(op_day + 5),
        "readmission_date": "",
        "followup_90_complete": truth(draw.survival.end[i] - day >= 90),
    }
