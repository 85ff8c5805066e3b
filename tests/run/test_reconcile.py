"""Every number of patients in the results is held to the flow: one false number, wherever it stands, fails the run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from atrisk.cli.main import exit_code
from atrisk.errors import ReconciliationError
from atrisk.result.curve import Curve
from atrisk.result.row import Row
from atrisk.run import non_proportional
from atrisk.run import study as run_module
from atrisk.run.frame import Frame
from atrisk.run.reconcile import reconcile
from atrisk.study.load import LoadedStudy
from tests.cohort.small_study import write_study

FAMILIES = (
    "flow",
    "baseline",
    "follow_up",
    "survival",
    "restricted_mean",
    "power",
    "margin",
    "cumulative_incidence",
    "sparse",
    "permutation_log_rank",
    "weighted_log_rank",
    "piecewise_cox",
    "time_dependent",
    "landmark",
    "scan_schedule",
    "interval_censored",
    "interval_log_rank",
    "interval_hazard",
    "dating",
    "ignoring_competing",
    "gray",
    "fine_gray",
    "log_rank",
    "cox",
    "binary",
    "ordinal",
    "proportional_odds",
    "threshold_odds",
    "numeric",
    "stay",
    "monitoring",
    "stratified",
    "balance",
    "overlap",
    "gate",
    "weighted",
    "matched",
    "standardised",
    "doubly_robust",
    "published",
    "adjusted",
    "regression",
    "covariate",
    "missingness",
)
# Statistics whose value is a number of patients, or rests on one that stands beside it.
COUNTS = {
    *("entered", "excluded", "unknown", "remaining", "patients_entered", "patients_remaining"),
    *("n", "missing", "n_limit", "n_in_no_band", "count", "n_event", "n_competing", "n_censored", "n_excluded"),
    *("n_at_risk", "n_event_before", "n_censored_before", "observed", "expected", "computed", "proportion"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """What a run handed to `reconcile`."""

    n: int
    frames: dict[str, Frame]
    rows: Sequence[Row]
    curves: Sequence[Curve]

    def check(self, *, rows: Sequence[Row] | None = None, curves: Sequence[Curve] | None = None) -> None:
        reconcile(self.n, self.frames, self.rows if rows is None else rows, self.curves if curves is None else curves)


def written(folder: Path) -> LoadedStudy:
    """Eighty patients, some with two operations: cells empty, limits, a value between bands, competing events."""
    draw = random.Random(7)  # noqa: S311 - invented patients, not a secret
    patients = ["id,arm,site,sex,nodes,grade,leak,stay,death,progression,contact,home"]
    operations = ["op,id,date,resected"]
    scans = ["id,scan_date,status"]
    for number in range(80):
        day, stop = draw.randint(10, 600), draw.randint(300, 900)
        death = f"2012-{1 + day % 12:02d}-11" if day < 250 else ""
        progression = f"2011-{1 + stop % 12:02d}-15" if stop < 500 else ""
        contact = "" if number % 19 == 3 and not (death or progression) else "2013-01-31"
        cells = [
            draw.choice(["A", "B", "B", "C"]),
            draw.choice(["left", "right"]),
            draw.choice(["F", "M", ""]),
            draw.choice(["1", "3", "6", ">=10", ""]),
            draw.choice(["I", "II", "III", ""]),
            draw.choice(["true", "false", "false", ""]),
            draw.choice(["4", "5", "9", "12", ""]),
        ]
        # Some leave no discharge, some die before it.
        home = "" if number % 17 == 5 else f"2010-{'08' if number % 3 else '09'}-{20 + number % 9}"
        death = "2010-08-09" if number % 13 == 4 else death
        patients.append(",".join([f"p{number}", *cells, death, progression, contact, home]))
        operations.append(f"o{number},p{number},2010-05-{1 + number % 28:02d},{draw.choice(['true', 'true', 'false'])}")
        for month in range(9, 9 + number % 4):
            found = "progression" if number % 3 == 0 and month == 8 + number % 4 else "stable"
            scans.append(f"p{number},2010-{month:02d}-20,{found}")
        if number % 9 == 0:
            operations.append(f"r{number},p{number},2010-08-01,true")
    timed = {"censor": "contact", "at": ["12 months", "24 months"], "time_unit": "months"}
    outcomes = ["leak", "grade", "stay", "in_hospital"]
    study = {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "operation": {"file": "operation.csv", "key": "op", "parent": "patient"},
            "imaging": {"file": "imaging.csv", "parent": "patient"},
        },
        "derive": {
            "era": {"definition": "era", "starts": [2009, 2010], "until": 2012},
            "seen": {"definition": "progression_from_imaging", "of": "imaging.status"},
            "in_hospital": {"definition": "length_of_stay", "discharge": "home", "death": "death", "at": ["110 days"]},
        },
        "variables": {
            "patient.nodes": {"censored": True, "bands": ["1-4", ">=10"]},
            "patient.grade": {"levels": {"I": "I", "II": "II", "III": "III"}},
            "patient.stay": {"unit": "days"},
        },
        "cohort": [
            {"keep": "resected", "per": "operation", "otherwise": "No resection"},
            {"index": "first operation by date", "time_zero": "date"},
            {"keep": "sex IS NOT NULL AND sex <> 'M' OR site = 'left'", "otherwise": "No such", "unknown": "exclude"},
        ],
        "groups": {"by": "arm", "order": ["A", "B", "C"], "reference": "A"},
        "outcomes": {
            "os": {"label": "Survival", "event": "death", "restricted_mean": "24 months", **timed},
            "pfs": {
                "label": "Free of growth",
                **timed,
                "event": {"first_of": ["seen.date", "death"]},
                "censor": "seen.last_scan",
                "interval": "seen",
            },
            "progression": {"label": "Growth", "event": "progression", "competing": {"death": "death"}, **timed},
        },
        "surgical_outcomes": outcomes,
        "baseline": {"show": ["sex", "nodes", "grade", "leak"], "p_values": True},
        "adjustment": {
            "confounders": ["sex", "nodes", "site"],
            "outcomes": ["os", "progression", "leak"],
            "methods": [
                "regression",
                "firth",
                "ATE weights",
                "overlap weights",
                "matching",
                "standardisation",
                "doubly robust",
            ],
        },
        "comparisons": {
            "resected_side": {
                "label": "Arm A against the others",
                "by": {"sql": "arm = 'A'", "levels": {"false": "Others", "true": "A"}},
                "strata": "site",
                "outcomes": [*outcomes, "os"],
                "baseline": True,
            }
        },
        "time_dependent": {
            "grown": {"label": "Growth", "outcome": "os", "date": "progression", "landmarks": ["12 months"]},
        },
        "monitoring": {"outcome": "leak", "order": "operation.date", "units": "site", "adjust_for": ["sex"]},
        "margins": {
            "ratio": {"outcome": "os", "measure": "hazard ratio", "margin": 1.5, "of": "A", "against": "B"},
            "leaks": {"outcome": "leak", "measure": "risk difference", "margin": "9 points", "of": "B", "against": "A"},
        },
        "published": [
            {"what": "Leaks", "row": {"outcome": "leak", "statistic": "count", "group": ""}, "value": 1, "factor": 99}
        ],
    }
    files = {
        "patient.csv": "\n".join(patients),
        "operation.csv": "\n".join(operations),
        "imaging.csv": "\n".join(scans),
    }
    return write_study(folder, files, study)


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Reconciled:
    found: list[Reconciled] = []
    with pytest.MonkeyPatch.context() as patch:
        # What is offered only where hazards are not proportional is held to the flow like all else.
        patch.setattr(non_proportional, "DOUBTFUL", 2.0)
        patch.setattr(run_module, "reconcile", lambda *given: found.append(Reconciled(*given)))
        run_module.run_study(written(tmp_path_factory.mktemp("small")), lambda _stage: None)
    return found[0]


def kind(row: Row) -> tuple[object, ...]:
    """Rows of one kind stand for each other: one of each is made false."""
    about = (bool(row.group), bool(row.contrast), row.contrast.count("/"), bool(row.level), bool(row.stratum))
    return (row.comparison, row.analysis, row.statistic, row.method, row.cause, row.term, row.of, about)


def unrepeated(row: Row) -> bool:
    """The patients in the data before anything is done: the flow's first number, which nothing else repeats."""
    return row.analysis == "flow" and row.term == "1" and row.statistic == "patients_entered"


def test_the_rows_as_computed_agree_and_hold_every_family(handed: Reconciled) -> None:
    handed.check()
    assert {row.analysis for row in handed.rows} == set(FAMILIES)
    said = {row.statistic for row in handed.rows}
    assert {"n_in_no_band", "n_limit", "n_competing", "risk_difference", "odds_ratio", "hazard_ratio"} <= said
    assert any(row.value for row in handed.rows if row.statistic == "n_excluded")
    assert any(row.stratum for row in handed.rows)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_false_number_in_a_row_fails_the_run(handed: Reconciled, family: str) -> None:
    places = {kind(row): at for at, row in enumerate(handed.rows) if row.analysis == family and not unrepeated(row)}
    tried = 0
    for at in places.values():
        row = handed.rows[at]
        fields = [name for name in ("n", "n_event", "numerator", "denominator") if getattr(row, name) is not None]
        for name in (*fields, *(["value"] if row.statistic in COUNTS and row.value is not None else [])):
            false = replace(row, **{name: getattr(row, name) + 1})
            with pytest.raises(ReconciliationError, match=r"disagree: .* mistake in atrisk"):
                handed.check(rows=[*handed.rows[:at], false, *handed.rows[at + 1 :]])
            tried += 1
    assert tried >= 1


@pytest.mark.parametrize("statistic", ["n", "missing", "n_excluded", "n_censored", "n_event", "count"])
def test_a_number_of_patients_that_is_left_out_fails_the_run(handed: Reconciled, statistic: str) -> None:
    for analysis in ("baseline", "follow_up", "binary", "ordinal", "numeric"):
        mine = [at for at, row in enumerate(handed.rows) if (row.analysis, row.statistic) == (analysis, statistic)]
        for at in mine[:1] + mine[-1:]:
            with pytest.raises(ReconciliationError):
                handed.check(rows=[*handed.rows[:at], *handed.rows[at + 1 :]])


@pytest.mark.parametrize("part", ["n", "n_event", "n_censored"])
def test_one_false_number_in_a_curve_fails_the_run(handed: Reconciled, part: str) -> None:
    for at, curve in enumerate(handed.curves):
        was = getattr(curve, part)
        more = was + 1 if part == "n" else np.where(np.arange(was.size) == 0, was + 1, was)
        with pytest.raises(ReconciliationError, match="curve"):
            handed.check(curves=[*handed.curves[:at], replace(curve, **{part: more}), *handed.curves[at + 1 :]])


def test_a_patient_outside_every_group_without_a_reason_fails_the_run(handed: Reconciled) -> None:
    frame = handed.frames["main"]
    lost = replace(frame, group=np.where(np.arange(frame.group.size) == 0, -1, frame.group))
    with pytest.raises(ReconciliationError, match=f"{handed.n - 1} patients in its groups and 0 with a reason"):
        reconcile(handed.n, {**handed.frames, "main": lost}, handed.rows, handed.curves)


def test_a_cohort_that_is_not_the_end_of_the_flow_fails_the_run(handed: Reconciled) -> None:
    with pytest.raises(ReconciliationError, match="the flow ends with"):
        reconcile(handed.n - 1, handed.frames, handed.rows, handed.curves)


def test_the_user_reads_whose_mistake_it_is_and_no_result_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)

    def one_lost(n: int, frames: dict[str, Frame], rows: Sequence[Row], curves: Sequence[Curve]) -> None:
        reconcile(n, frames, [replace(row, n=1) if row.analysis == "cox" else row for row in rows], curves)

    monkeypatch.setattr(run_module, "reconcile", one_lost)
    assert exit_code(["run", "study.yaml", "--out", "results"]) == 70
    said = capsys.readouterr().err
    assert "cox hazard_ratio of outcome 'os', comparison 'main'" in said
    assert "is of 1 patients, not of" in said
    assert "not in your data" in said
    assert not (tmp_path / "results").exists()
