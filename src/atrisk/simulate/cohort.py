"""Simulates the cohort of a specification: draws block by block until each meets its targets, then writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from atrisk.simulate.baseline import draw_baseline
from atrisk.simulate.complication_rows import complication_table, first_resection_ids
from atrisk.simulate.follow_up_rows import imaging_table, treatment_table
from atrisk.simulate.operation_rows import operation_table
from atrisk.simulate.patient_rows import patient_table
from atrisk.simulate.progression import draw_progression
from atrisk.simulate.roster import draw_roster
from atrisk.simulate.special import Draw, choose_special
from atrisk.simulate.spec import Spec
from atrisk.simulate.spec_file import read_spec
from atrisk.simulate.stream import open_stream
from atrisk.simulate.surgery import draw_surgery
from atrisk.simulate.survival import draw_survival
from atrisk.simulate.table import Table


def build_tables(spec: Spec, draw: Draw) -> dict[str, Table]:
    """The five tables of a draw."""
    stream = open_stream(spec.seed, "details", 0)
    special = choose_special(spec, draw, stream)
    patient = patient_table(spec, draw, special, stream)
    operation = operation_table(spec, draw, special, stream)
    firsts = first_resection_ids(draw, special)
    r_status = dict(zip(operation.column("op_id"), operation.column("r_status"), strict=True))
    residual = [r_status[firsts[i]] in ("R2", "") for i in range(draw.roster.size)]
    tables = (
        patient,
        operation,
        complication_table(spec, draw, special, firsts, stream),
        imaging_table(draw, residual, stream),
        treatment_table(spec, draw, special, stream),
    )
    return {table.name: table for table in tables}


def simulate(spec_path: Path, out: Path, progress: Callable[[str], None]) -> None:
    spec, content = read_spec(spec_path)
    roster = draw_roster(spec, open_stream(spec.seed, "roster", 0))
    baseline = draw_baseline(spec, roster, open_stream(spec.seed, "baseline", 0))
    survival = draw_survival(spec, roster, baseline, open_stream(spec.seed, "survival", 0))
    progression = draw_progression(spec, roster, baseline, survival, open_stream(spec.seed, "hepatic progression", 0))
    surgery = draw_surgery(spec, roster, baseline, survival, open_stream(spec.seed, "surgical", 0))
    out.mkdir(parents=True, exist_ok=True)
    for table in build_tables(spec, Draw(roster, baseline, survival, progression, surgery)).values():
        (out / f"{table.name}.csv").write_text(table.text(), encoding="utf-8", newline="")
