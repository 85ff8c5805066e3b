"""The reports of both examples: every printed number is its row's, rounded; no estimate and no test is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from atrisk.report.document import Document, Paragraph, Section
from atrisk.report.manuscript.whole import manuscript
from atrisk.report.sections.whole import document
from atrisk.report.table_model import Piece, Table
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"([<>]?)([−-]?\d[\d,]*(?:\.\d+)?)(%?)[ᵃᵇᶜᵈᵉ†]*")
DAYS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
# Differences of proportions are printed in percentage points; the rest of the scales follow from unit and sign.
IN_POINTS = {"survival_difference", "incidence_difference", "risk_difference", "naive_excess"}
TIMES = {"survival", "restricted_mean"}
# What the report does not print number by number: it stands in results.csv and, by its summary, in the report.
NOT_PRINTED = {
    "q1", "q3", "chi_squared", "std_error", "conf_low", "conf_high", "not_compared", "observed", "expected",
    "patients_entered", "patients_remaining", "n_after_censoring", "n_without_censoring_date", "min", "max",
    "potential_person_time", "agrees", "published", "computed", "n_at_risk", "n_event_before", "n_censored_before",
    "n_not_entered", "smd_by_chance", "n_one_index", "missing", "n", "mean", "sd", "entered", "remaining", "unknown",
    "excluded", "count", "same_course", "median", "group_size", "predicted_risk", "observed_risk",
    "n_limit", "n_in_no_band", "proportion", "n_excluded",
}  # fmt: skip


@dataclass(frozen=True)
class Real:
    result: RunResult
    written: Document


@pytest.fixture(scope="module", params=["colon", "netlm", "pbc"])
def real(request: pytest.FixtureRequest) -> Real:
    result = run_study(load_study(ROOT / "examples" / str(request.param) / "study.yaml"), lambda _stage: None)
    return Real(result, document(View.of(result)))


def pieces(written: Document) -> Iterator[Piece]:
    def of(section: Section) -> Iterator[Piece]:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield from block.content
            elif isinstance(block, Table):
                for row in block.rows:
                    for cell in row.cells:
                        yield from (piece for line in cell.lines for piece in line)
                for note in block.notes:
                    yield from note
                for column in block.columns:
                    yield from column.under
        for part in section.parts:
            yield from of(part)

    for section in written.sections:
        yield from of(section)


def scale(row: Row, field: str, percent: str, result: RunResult) -> float:
    """What the row's number is divided by before it is printed."""
    if percent:
        return 0.01
    if field != "value":
        return 1.0
    if row.statistic in ("p", "met"):
        return 1.0
    if (row.of or row.statistic) in IN_POINTS:
        return 0.01
    if row.statistic in ("person_time", "potential_person_time"):
        return DAYS["years"]
    if row.unit == "days" and row.outcome in result.study.outcomes:
        return DAYS[result.study.outcomes[row.outcome].time_unit]
    if row.analysis == "published" and row.unit in DAYS:
        return DAYS[row.unit]
    return 1.0


def test_every_printed_number_is_its_rows(real: Real) -> None:
    check_numbers(real, least=700)


def check_numbers(real: Real, *, least: int) -> None:
    """Every number printed in the document is that of the row it names, rounded, and there are more than ``least``."""
    rows = {row.row_id: row for row in real.result.rows}
    compared, before = 0, ""
    for piece in pieces(real.written):
        # In a sentence "p < " is text, and the number after it the row's.
        signed, before = before[-2:-1] if before.endswith(("< ", "> ")) else "", piece.text
        if not piece.row_id:
            continue
        row = rows[piece.row_id]
        given = getattr(row, piece.field)
        shown = NUMBER.fullmatch(piece.text)
        if shown is None or not isinstance(given, int | float):
            assert given is None or isinstance(given, str) or row.statistic in ("agrees", "met"), (piece, row)
            continue
        sign, digits, percent = shown.groups()
        sign = sign or signed
        printed = float(digits.replace("−", "-").replace(",", ""))
        decimals = len(digits.split(".")[1]) if "." in digits else 0
        exact = given / scale(row, piece.field, percent, real.result)
        if sign:
            assert (exact < printed) if sign == "<" else (exact > printed), (piece, row)
        else:
            assert printed == pytest.approx(exact, abs=0.5 * 10**-decimals + 1e-9), (piece, row)
        compared += 1
    assert compared > least


def test_every_number_of_the_manuscript_is_its_rows(real: Real) -> None:
    paper = manuscript(View.of(real.result))
    check_numbers(Real(real.result, paper), least=400)


def test_no_estimate_and_no_test_is_left_out(real: Real) -> None:
    shown = {piece.row_id for piece in pieces(real.written)}
    missing = [
        row
        for row in real.result.rows
        if row.statistic not in NOT_PRINTED
        and row.row_id not in shown
        and row.specification == "main"
        # Within strata follow-up is summed up: what is printed of all patients is in results.csv of each stratum.
        and not (row.stratum and row.analysis == "follow_up")
        # The account of an adjusted model's patients: printed are those left out, and n and events beside estimates.
        and row.analysis != "adjusted"
        # Of centres likewise; of subgroups, events of patients are printed by group.
        and not (row.analysis in ("subgroup", "centre", "prognosis") and row.statistic == "n_event")
    ]
    assert not missing, {(row.analysis, row.statistic, row.outcome, row.contrast, row.stratum) for row in missing}
