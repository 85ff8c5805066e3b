"""Starter files load once they have a title, whatever the columns; of patients they say only levels of categories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.study.load import load_study
from atrisk.study.model import TITLE_TO_WRITE, Study
from atrisk.study.outcome import OutcomeFromDates, OutcomeFromStatus
from atrisk.study.starter import StarterColumn, starter

COLON = (
    StarterColumn("id", "integer", unique=True),
    StarterColumn("rx", "category", ("Obs", "Lev", "Lev+5FU")),
    StarterColumn("sex", "category", ("0", "1")),
    StarterColumn("age", "integer"),
    StarterColumn("alk.phos", "number"),
    StarterColumn("time", "integer"),
    StarterColumn("status", "category", ("0", "1")),
    StarterColumn("remark", "text"),
)
DATED = (
    StarterColumn("Patient ID", "text", unique=True),
    StarterColumn("birth_date", "date"),
    StarterColumn("op_date", "date"),
    StarterColumn("death_date", "date"),
    StarterColumn("last_contact", "date"),
    StarterColumn("open", "boolean"),
)


def read(folder: Path, text: str) -> Study:
    file = folder / "study.yaml"
    assert text.count(TITLE_TO_WRITE) == 1
    file.write_text(text.replace(TITLE_TO_WRITE, "My own title"), encoding="utf-8")
    return load_study(file).study


def test_columns_with_a_time_and_a_status(tmp_path: Path) -> None:
    study = read(tmp_path, starter("data/colon.csv", COLON))
    assert study.data["patient"].file == "data/colon.csv"
    assert study.data["patient"].key == "id"
    assert study.study.id == "colon"
    assert study.groups.by == "patient.rx"
    outcome = study.outcomes["os"]
    assert isinstance(outcome, OutcomeFromStatus)
    assert (outcome.time.column, outcome.time.unit) == ("patient.time", "days")
    assert (outcome.status.column, outcome.status.event, outcome.status.censored) == ("patient.status", "1", ("0",))
    assert study.baseline is not None
    assert study.baseline.show == ("patient.sex", "patient.age", "patient.alk.phos")
    assert list(study.variables["patient.rx"].levels or {}) == ["Obs", "Lev", "Lev+5FU"]


def test_columns_with_dates(tmp_path: Path) -> None:
    study = read(tmp_path, starter("cohort 2024.xlsx", DATED))
    assert study.data["patient"].key == "Patient ID"
    assert study.study.id == "cohort-2024"
    assert study.time_zero == "patient.op_date"
    outcome = study.outcomes["os"]
    assert isinstance(outcome, OutcomeFromDates)
    assert (outcome.event, outcome.censor) == ("patient.death_date", "patient.last_contact")
    assert study.groups.by == "patient.open"


def test_codes_of_a_status_are_taken_from_their_words(tmp_path: Path) -> None:
    """In R's lung data 1 is censored and 2 is dead; words such as yes and dead say themselves what they are."""
    for levels, event, censored in (
        (("1", "2"), "2", "1"), (("no", "yes"), "yes", "no"), (("dead", "alive"), "dead", "alive"),
        (("0", "1", "2"), "1", "0"),
    ):  # fmt: skip
        columns = (StarterColumn("days", "integer"), StarterColumn("vital_status", "category", levels))
        outcome = read(tmp_path, starter("x.csv", columns)).outcomes["os"]
        assert isinstance(outcome, OutcomeFromStatus)
        assert (outcome.status.event, outcome.status.censored) == (event, (censored,))


def test_every_guess_is_marked(tmp_path: Path) -> None:
    for columns in (COLON, DATED, ()):
        for line in starter("x.csv", columns).splitlines():
            if line.strip().startswith(("key:", "by:", "time:", "status:", "- time_zero:", "censor:")):
                assert "# CHECK" in line


def test_nothing_to_guess_from_still_loads(tmp_path: Path) -> None:
    study = read(tmp_path, starter("x.csv", ()))
    assert study.outcomes == {}
    assert study.baseline is None


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    [
        "id",
        "time",
        "status",
        "death_date",
        "last_fu",
        "op_date",
        "no",
        "null",
        "true",
        "a: b",
        "- x",
        "#x",
        "'",
        '"',
        "{",
        "*a",
    ]
)
COLUMNS = st.builds(
    StarterColumn,
    NAMES,
    st.sampled_from(["text", "category", "integer", "number", "date", "boolean"]),
    st.lists(NAMES, max_size=4).map(tuple),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(file=NAMES, columns=st.lists(COLUMNS, max_size=8))
def test_any_columns_give_a_file_that_loads(tmp_path_factory: Any, file: str, columns: list[StarterColumn]) -> None:
    study = read(tmp_path_factory.getbasetemp(), starter(file, columns))
    assert study.data["patient"].file == file
    assert {name.removeprefix("patient.") for name in study.variables} == {column.name for column in columns}
