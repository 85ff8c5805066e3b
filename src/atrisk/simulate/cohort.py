"""Simulates the cohort of a specification: draws block by block until each meets its targets, then writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from atrisk.errors import SpecError
from atrisk.simulate.agreement import (
    Quantities,
    baseline_quantities,
    progression_quantities,
    surgical_quantities,
    survival_quantities,
)
from atrisk.simulate.baseline import draw_baseline
from atrisk.simulate.complication_rows import complication_table, first_resection_ids
from atrisk.simulate.defects import DEFECTS_NAME, plant
from atrisk.simulate.follow_up_rows import imaging_table, treatment_table
from atrisk.simulate.operation_rows import operation_table
from atrisk.simulate.output import RECORD_NAME, sha256, write_files
from atrisk.simulate.patient_rows import patient_table
from atrisk.simulate.progression import Progression, draw_progression
from atrisk.simulate.record import SimulationRecord, build_record
from atrisk.simulate.roster import draw_roster
from atrisk.simulate.selection import select
from atrisk.simulate.spec import ImpossibleSpecError, Spec
from atrisk.simulate.spec_file import read_spec
from atrisk.simulate.special import Draw, choose_special
from atrisk.simulate.stream import open_stream
from atrisk.simulate.surgery import SEVERE_GRADES, draw_surgery
from atrisk.simulate.survival import draw_survival
from atrisk.simulate.table import Table
from atrisk.simulate.written import written_quantities


def simulate(spec_path: Path, out: Path, progress: Callable[[str], None]) -> SimulationRecord:
    """Writes patient.csv, operation.csv, complication.csv, imaging.csv, treatment.csv and simulation.json to `out`.

    The same specification gives the same bytes. `progress` receives a line a step. The values in the record come
    from the rows as written.
    Raises SpecError for a specification that is wrong or whose targets are not reached, OutputError when the files
    cannot be written or would replace files of someone else; then nothing is written.
    """
    file = read_spec(spec_path)
    progress(f"{file.spec.title}: {file.spec.label}")
    try:
        draw, tries = _select_blocks(file.spec, progress)
        tables = build_tables(file.spec, draw)
    except ImpossibleSpecError as error:
        raise SpecError([file.problem(error.where, error.message, error.hint)]) from error
    reached = written_quantities(file.spec, tables)
    try:
        tables, planted = plant(file.spec, tables, open_stream(file.spec.seed, "defects", 0))
    except ImpossibleSpecError as error:
        raise SpecError([file.problem(error.where, error.message, error.hint)]) from error
    texts = {f"{name}.csv": table.text() for name, table in tables.items()}
    if file.spec.defects:
        texts[DEFECTS_NAME] = planted.text()
    record = build_record(
        file,
        tries,
        reached,
        rows={name: len(table.rows) for name, table in tables.items()},
        files={name: sha256(text) for name, text in texts.items()},
    )
    missed = [reached.target.quantity for reached in record.targets if not reached.agrees]
    if missed:
        raise RuntimeError(f"the written rows miss what the draws met: {', '.join(missed)}")
    write_files(out, {**texts, RECORD_NAME: record.text()})
    progress(f"{sum(record.rows.values())} rows in five tables; {file.spec.agreement}")
    if file.spec.defects:
        progress(f"{len(planted.rows)} defects planted; {DEFECTS_NAME} lists them")
    return record


def _select_blocks(spec: Spec, progress: Callable[[str], None]) -> tuple[Draw, dict[str, int]]:
    """Accepts a draw of each block in turn; only eligible patients are held against the targets."""
    roster = draw_roster(spec, open_stream(spec.seed, "roster", 0))
    mask = roster.eligible
    group = roster.group[mask]
    tries: dict[str, int] = {}

    def accepted(block: str, count: int) -> None:
        tries[block] = count
        progress(f"{block}: {count} drawn, the last met its targets")

    base = select(
        spec,
        "baseline",
        lambda stream: draw_baseline(spec, roster, stream),
        lambda b: baseline_quantities(group, b.lm_number[mask], b.lm_size[mask], b.ki67_as_compared()[mask]),
    )
    accepted("baseline", base.tries)
    life = select(
        spec,
        "survival",
        lambda stream: draw_survival(spec, roster, base.drawn, stream),
        lambda s: survival_quantities(group, s.end[mask], s.died[mask]),
    )
    accepted("survival", life.tries)

    def hepatic(drawn: Progression) -> Quantities:
        days, event = drawn.free_survival(life.drawn)
        return progression_quantities(group, days[mask], event[mask])

    liver = select(
        spec,
        "hepatic progression",
        lambda stream: draw_progression(spec, roster, base.drawn, life.drawn, stream),
        hepatic,
    )
    accepted("hepatic progression", liver.tries)
    theatre = select(
        spec,
        "surgical",
        lambda stream: draw_surgery(spec, roster, base.drawn, life.drawn, stream),
        lambda s: surgical_quantities(
            group, s.major[mask], np.isin(s.grade, SEVERE_GRADES)[mask], s.followed_90_days[mask]
        ),
    )
    accepted("surgical", theatre.tries)
    return Draw(roster, base.drawn, life.drawn, liver.drawn, theatre.drawn), tries


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
