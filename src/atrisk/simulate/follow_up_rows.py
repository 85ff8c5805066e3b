"""The imaging and treatment tables."""

from __future__ import annotations

import numpy as np

from atrisk.simulate.patient_rows import LAST_CONTACT_BEFORE_DEATH, patient_id
from atrisk.simulate.spec import Spec
from atrisk.simulate.special import Draw, Special
from atrisk.simulate.stream import Stream
from atrisk.simulate.table import Table, iso, written_table

IMAGING_COLUMNS = (
    "scan_id", "patient_id", "scan_date", "modality", "hepatic_status", "extrahepatic_status",
)  # fmt: skip
TREATMENT_COLUMNS = ("treatment_id", "patient_id", "tx_line", "tx_start", "tx_type")
EVEROLIMUS_FROM, PRRT_FROM = 2009, 2006


def imaging_table(draw: Draw, residual: list[bool], stream: Stream) -> Table:
    """Every scan taken; residual says of each patient whether gross tumour was left in the liver."""
    progression = draw.progression
    shape = progression.taken.shape
    new = stream.uniform(shape) < 0.6
    later = stream.uniform(shape)
    modality = stream.choose({"CT": 0.55, "MRI": 0.40, "PET-CT": 0.05}, shape[0] * shape[1]).reshape(shape)
    outside_day = -np.log(stream.uniform(shape[0])) * 4500
    records: list[dict[str, str]] = []
    for i, visit in zip(*np.nonzero(progression.taken), strict=True):
        day, seen = int(progression.scan_day[i, visit]), int(progression.seen_day[i])
        if not seen or day < seen:
            liver = "stable residual" if residual[i] else "no evidence"
        elif day == seen or later[i, visit] < 0.5:
            liver = "new lesion" if new[i, visit] else "progression"
        else:
            liver = "stable residual"
        present = draw.baseline.extrahepatic[i] != "none"
        outside = "progression" if day >= outside_day[i] else "stable" if present else "no evidence"
        records.append(
            {
                "scan_id": f"S{len(records) + 1:05d}",
                "patient_id": patient_id(int(i)),
                "scan_date": iso(draw.roster.op_day[i] + day),
                "modality": str(modality[i, visit]),
                "hepatic_status": liver,
                "extrahepatic_status": outside,
            }
        )
    return written_table("imaging", IMAGING_COLUMNS, records)


def treatment_table(spec: Spec, draw: Draw, special: Special, stream: Stream) -> Table:
    """Lines of treatment after the operation: adjuvant, then after hepatic progression."""
    rules, size = spec.treatment, draw.roster.size
    adjuvant = stream.happens(rules.adjuvant_analogue.probability, size)
    adjuvant_day = stream.whole(size, low=30, high=90)
    wait = stream.whole(size, low=10, high=60)
    kinds = [stream.choose(rules.first_line.shares, size)] + [
        stream.choose(rules.later_lines.shares, size) for _ in range(3)
    ]
    goes_on = stream.uniform((size, 4)) < rules.next_line.probability
    gaps = -np.log(stream.uniform((size, 4))) * 500 + 60
    records: list[dict[str, str]] = []
    for i in range(size):
        lines: list[tuple[int, str]] = []
        if adjuvant[i]:
            lines.append((int(adjuvant_day[i]), "SSA"))
        if i in special.repeat:
            lines.append((special.repeat[i], "re-hepatectomy"))
        elif draw.progression.seen_day[i]:
            day = int(draw.progression.seen_day[i] + wait[i])
            for line in range(4):
                lines.append((day, str(kinds[line][i])))
                if not goes_on[i, line]:
                    break
                day += int(gaps[i, line])
        _add_lines(draw, i, lines, records)
    return written_table("treatment", TREATMENT_COLUMNS, records)


def _add_lines(draw: Draw, i: int, lines: list[tuple[int, str]], records: list[dict[str, str]]) -> None:
    """Keeps the lines that began before the last contact, with drugs that existed by then."""
    line = 0
    latest = draw.survival.end[i] - (LAST_CONTACT_BEFORE_DEATH if draw.survival.died[i] else 0)
    for day, kind in lines:
        if day >= latest:
            continue
        date = iso(draw.roster.op_day[i] + day)
        year = int(date[:4])
        if (kind == "PRRT" and year < PRRT_FROM) or (kind == "everolimus" and year < EVEROLIMUS_FROM):
            kind = "chemo"
        line += 1
        records.append(
            {
                "treatment_id": f"T{len(records) + 1:05d}",
                "patient_id": patient_id(i),
                "tx_line": str(line),
                "tx_start": date,
                "tx_type": kind,
            }
        )
