"""The definitions table says what the flagship's study file says, word for word where words decide."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from atrisk.report.tables.definitions import _definitions
from atrisk.study.load import load_study

EXAMPLES = Path(__file__).parents[2] / "examples"


def defined(name: str) -> dict[str, str]:
    study = load_study(EXAMPLES / name / "study.yaml").study
    view = SimpleNamespace(
        result=SimpleNamespace(study=study),
        say=lambda text: text,
        text=lambda text: "" if text is None else str(text),
        names=SimpleNamespace(outcome=lambda code: str(study.outcomes[code].label)),
    )
    return dict(_definitions(view))  # type: ignore[arg-type]


def test_the_flagships_decisions_are_all_there() -> None:
    said = defined("netlm")
    assert said["Time zero"] == "op_date"
    assert said["One course of treatment"] == "rows within 90 days of the index row"
    assert "rule: MAYO" in said["Major hepatectomy"]
    assert "if one missing: other decides" in said["WHO grade"]
    hepatic = said["Hepatic progression-free survival"]
    assert "first of hepatic_progression.date, death_date" in hepatic
    assert "censored at hepatic_progression.last_scan; an event recorded later counts" in hepatic
    assert "competing: death (death_date)" in said["Hepatic progression"]
    strata = said["Liver resection alone against simultaneous resection of the primary"]
    assert strata == "simultaneous_primary <> 'none'; within strata of primary_site"


def test_outcomes_from_codes_name_column_and_code() -> None:
    said = defined("colon")
    assert said["Overall survival"] == (
        "time patient.time (days); event where patient.status is 1; censored where it is 0"
    )
    assert "Time zero" not in said
