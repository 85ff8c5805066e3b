"""The patient table."""

from __future__ import annotations

import numpy as np

from atrisk.simulate.baseline import TOP_BAND, Baseline
from atrisk.simulate.roster import GROUPS
from atrisk.simulate.spec import Spec
from atrisk.simulate.special import Draw, Special
from atrisk.simulate.stream import Stream
from atrisk.simulate.table import Table, iso, truth, written_table

COLUMNS = (
    "patient_id", "center", "birth_date", "sex", "date_dx_net", "date_dx_lm", "primary_site", "primary_workup",
    "primary_found_date", "primary_site_found", "primary_resected", "differentiation", "ki67", "ki67_specimen",
    "mitoses_2mm2", "grade_reported", "functional", "syndrome", "ecog", "diabetes", "extrahepatic_mets",
    "node_positive", "death_date", "death_cause", "last_contact_date", "last_contact_type",
)  # fmt: skip

SYNDROMES = (
    {"carcinoid": 1.0},
    {"carcinoid": 0.96, "other": 0.04},
    {"gastrin": 0.3, "insulin": 0.25, "glucagon": 0.15, "VIP": 0.15, "other": 0.15},
)
SSTR_PET_FROM = 2013
LAST_CONTACT_BEFORE_DEATH = 180  # days at most
HOSPITAL_STORY_ENDS = 120  # stay and readmission lie before
GRADING_FROM = 2003


def patient_id(patient: int) -> str:
    """The pseudonym of a patient by the order of the operation dates."""
    return f"N{patient + 1:04d}"


def ki67_text(baseline: Baseline, patient: int) -> str:
    """Ki-67 as recorded: empty, "<1", or a number with at most one decimal."""
    if baseline.ki67_missing[patient]:
        return ""
    value = float(baseline.ki67[patient])
    return "<1" if value < 1 else f"{value:g}"


def lm_number_text(baseline: Baseline, patient: int) -> str:
    """The number of metastases as recorded, with the open band at the top."""
    number = int(baseline.lm_number[patient])
    return f">={TOP_BAND}" if number == TOP_BAND else str(number)


def patient_table(spec: Spec, draw: Draw, special: Special, stream: Stream) -> Table:
    """One row a patient."""
    size = draw.roster.size
    primary = _primary_resected(spec, draw, stream)
    specimen = stream.choose({"LM": 0.7, "primary": 0.2, "biopsy": 0.1}, size)
    workup = _workup(draw, stream)
    syndromes = [stream.choose(shares, size) for shares in SYNDROMES]
    graded = stream.happens(0.9, size)
    ends = _ends(draw, stream)
    records = []
    for i in range(size):
        roster, baseline = draw.roster, draw.baseline
        group, functional = int(roster.group[i]), bool(baseline.functional[i])
        other = roster.fate[i] == "other_primary"
        unknown = group == 0 and not other
        ki67 = ki67_text(baseline, i)
        found = special.primary_found.get(i)
        records.append(
            {
                "patient_id": patient_id(i),
                "center": str(roster.center[i]),
                "birth_date": iso(baseline.birth_day[i]),
                "sex": "M" if baseline.male[i] else "F",
                "date_dx_net": iso(baseline.net_day[i])[: special.partial_net.get(i, 10)],
                "date_dx_lm": iso(baseline.liver_day[i])[: special.partial_liver.get(i, 10)],
                "primary_site": "other" if other else GROUPS[group],
                "primary_workup": workup[i],
                "primary_found_date": "" if found is None else iso(roster.op_day[i] + found),
                # Where an unknown primary is found it is in the small bowel, in 13 of 13 of a published series (S10).
                "primary_site_found": "" if found is None else "SI",
                "primary_resected": "" if unknown else primary[i],
                "differentiation": _differentiation(str(roster.fate[i])),
                "ki67": ki67,
                "ki67_specimen": "" if not ki67 else "LM" if unknown and specimen[i] == "primary" else specimen[i],
                "mitoses_2mm2": "" if baseline.mitoses_missing[i] else str(baseline.mitoses[i]),
                "grade_reported": _grade(draw, i) if graded[i] else "",
                "functional": "functional" if functional else "non-functional",
                "syndrome": syndromes[group][i] if functional else "none",
                "ecog": str(baseline.ecog[i]),
                "diabetes": truth(baseline.diabetes[i]),
                "extrahepatic_mets": str(baseline.extrahepatic[i]),
                "node_positive": truth(baseline.node_positive[i]),
                **ends[i],
            }
        )
    return written_table("patient", COLUMNS, records)


def _differentiation(fate: str) -> str:
    return {"poorly_differentiated": "poor", "differentiation_not_recorded": ""}.get(fate, "well")


def _grade(draw: Draw, i: int) -> str:
    """The pathologist's grade: the higher of the two recorded indices decides; none before grading came into use."""
    if int(iso(draw.roster.op_day[i])[:4]) < GRADING_FROM:
        return ""
    if draw.roster.fate[i] == "poorly_differentiated":
        return "NEC"
    baseline = draw.baseline
    ki67 = None if baseline.ki67_missing[i] else float(baseline.ki67[i])
    mitoses = None if baseline.mitoses_missing[i] else int(baseline.mitoses[i])
    if ki67 is None and mitoses is None:
        return ""
    by_ki67 = 0 if ki67 is None else 1 + (ki67 >= 3) + (ki67 > 20)
    by_mitoses = 0 if mitoses is None else 1 + (mitoses >= 2) + (mitoses > 20)
    return f"G{max(by_ki67, by_mitoses)}"


def _primary_resected(spec: Spec, draw: Draw, stream: Stream) -> list[str]:
    rules = spec.surgery.primary_resected_otherwise
    otherwise = stream.choose(
        {"before": rules.before, "after": rules.after, "no": 1 - rules.before - rules.after}, draw.roster.size
    )
    together = draw.surgery.simultaneous != "none"
    return ["simultaneous" if both else str(when) for both, when in zip(together, otherwise, strict=True)]


def _workup(draw: Draw, stream: Stream) -> list[str]:
    """How the primary was looked for, in the order CT, MRI, receptor imaging, endoscopy, capsule, IHC, exploration."""
    size = draw.roster.size
    unknown = draw.roster.group == 0
    mri, receptor, endoscopy, capsule, exploration = (
        stream.happens(np.where(unknown, high, low), size)
        for low, high in ((0.5, 0.8), (0.75, 1.0), (0.35, 0.95), (0.03, 0.35), (0.02, 0.6))
    )
    texts = []
    for i in range(size):
        year = int(iso(draw.roster.op_day[i])[:4])
        steps = {
            "CT": True,
            "MRI": mri[i],
            "SRS": receptor[i] and year < SSTR_PET_FROM,
            "SSTR-PET": receptor[i] and year >= SSTR_PET_FROM,
            "endoscopy": endoscopy[i],
            "capsule": capsule[i] and year >= GRADING_FROM,
            "IHC": bool(unknown[i]),
            "exploration": exploration[i],
        }
        texts.append(";".join(name for name, done in steps.items() if done))
    return texts


def _ends(draw: Draw, stream: Stream) -> list[dict[str, str]]:
    """Death and last contact; who died was last seen on the day of death or up to half a year before."""
    size, survival, progression = draw.roster.size, draw.survival, draw.progression
    gap = stream.whole(size, low=0, high=LAST_CONTACT_BEFORE_DEATH)
    cause = stream.choose({"NET-other": 0.2, "other": 0.25, "unknown": 0.1, "NET-liver": 0.45}, size)
    kind = stream.choose({"visit": 0.55, "phone": 0.2, "registry": 0.25}, size)
    records = []
    for i in range(size):
        end, op_day = int(survival.end[i]), int(draw.roster.op_day[i])
        death, why, last = "", "", end
        if survival.died[i]:
            death = iso(op_day + end)
            why = _cause(draw, i, str(cause[i]))
        if survival.died[i] and not survival.perioperative[i]:
            last = max(end - int(gap[i]), int(progression.last_scan[i]), min(end, HOSPITAL_STORY_ENDS))
        records.append(
            {
                "death_date": death,
                "death_cause": why,
                "last_contact_date": iso(op_day + last),
                "last_contact_type": str(kind[i]),
            }
        )
    return records


def _cause(draw: Draw, i: int, drawn: str) -> str:
    """The cause of death as recorded: the liver only where its progression had been seen."""
    if draw.survival.perioperative[i]:
        return "periop"
    return "NET-other" if drawn == "NET-liver" and not draw.progression.seen_day[i] else drawn
