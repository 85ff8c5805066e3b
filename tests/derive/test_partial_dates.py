"""Dates without day or month: completed as declared, moved to where they can have been, flagged."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrisk.derive.partial_dates import place_partial_dates
from atrisk.errors import StudyError
from atrisk.result.finding import Finding, Severity
from tests.read.small_study import read_study, write_study

LINE = "dates_in_order: [born <= dx <= op <= seen <= died]\n"
OUTCOME = "cohort: [{time_zero: op}]\noutcomes: {os: {label: OS, event: died, censor: seen}}\n"
COLUMNS = ("born", "dx", "op", "seen", "died")


def placed(
    folder: Path,
    rows: list[str],
    partial: dict[str, str],
    *,
    extra: str = LINE + OUTCOME,
    study: str = "",
    children: str = "",
) -> tuple[dict[str, list[Any]], tuple[Finding, ...]]:
    """Dates of the patients after completion, and what was said of it."""
    content = "id,arm," + ",".join(COLUMNS) + "\n" + "".join(f"{n},A,{row}\n" for n, row in enumerate(rows, start=1))
    declared = "\n".join(f"patient.{column}: {{type: date}}" for column in COLUMNS if column not in partial)
    declared += "".join(f"\npatient.{column}: {{partial: {how}}}" for column, how in partial.items())
    files = {"patient.csv": content}
    data = "patient: {file: patient.csv, key: id}"
    if children:
        files["scan.csv"], data = children, f"{data}\nscan: {{file: scan.csv, parent: patient}}"
    loaded = write_study(folder, files, data=data, variables=declared, extra=extra, study=study)
    with read_study(loaded) as read:
        found = place_partial_dates(read.reading.loaded, read.reading.tables, read.session)
        return {column: [str(value) for value in read.values(column)] for column in COLUMNS}, found


@pytest.mark.parametrize(
    ("how", "month", "year"),
    [
        ("{day: 15, month: 7}", "2012-02-15", "2012-07-15"),
        ("earliest", "2012-02-01", "2012-01-01"),
        ("latest", "2012-02-29", "2012-12-31"),
    ],
)
def test_completed_as_declared(tmp_path: Path, how: str, month: str, year: str) -> None:
    values, found = placed(tmp_path, [",2012-02,,,", ",2012,,,", ",2012-03-04,,,"], {"dx": how})
    assert values["dx"] == [month, year, "2012-03-04"]
    (finding,) = found
    assert (finding.rule, finding.severity, finding.row) == ("partial-dates", Severity.INFORMS, None)
    assert finding.message == (
        "2 dates are recorded without their day or month and completed as declared; 0 of these moved to where they can"
        " have been"
    )


def test_moved_as_little_as_possible_between_the_dates_before_and_after(tmp_path: Path) -> None:
    """July 2012 would be after the operation in March; before the birth in November; both leave one way."""
    rows = [",2012,2012-03-05,,", "2012-11-20,2012,,,", "2012-03-01,2012,2012-03-05,,", ",2012,2012-09-01,,"]
    values, found = placed(tmp_path, rows, {"dx": "{day: 15, month: 7}"})
    assert values["dx"] == ["2012-03-05", "2012-11-20", "2012-03-05", "2012-07-15"]
    moved = [finding for finding in found if finding.rule == "partial-date-moved"]
    assert [(finding.row, finding.key, finding.value) for finding in moved] == [
        (2, "1", "2012, taken as 2012-03-05"),
        (3, "2", "2012, taken as 2012-11-20"),
        (4, "3", "2012, taken as 2012-03-05"),
    ]


def test_never_out_of_its_own_month_or_year(tmp_path: Path) -> None:
    """Diagnosed in 2013 and operated in 2012 is a contradiction, which is for the check to find."""
    values, _ = placed(tmp_path, [",2013,2012-03-05,,"], {"dx": "{day: 15, month: 7}"})
    assert values["dx"] == ["2013-07-15"]


def test_a_death_is_the_day_after_the_last_contact_at_the_earliest(tmp_path: Path) -> None:
    rows = [",,,2012-05-20,2012-05", ",,,2012-05-03,2012-05", ",,,2012-05-31,2012-05", ",,,2012-05-20,2012-05-20"]
    values, _ = placed(tmp_path, rows, {"died": "{day: 15, month: 7}"})
    # The third: alive on the last day of the month in which the death is recorded, so nothing is left.
    assert values["died"] == ["2012-05-21", "2012-05-15", "2012-05-15", "2012-05-20"]


def test_not_after_the_data_cut(tmp_path: Path) -> None:
    values, _ = placed(tmp_path, [",2022,,,"], {"dx": "latest"}, study="data_cut: 2022-06-30")
    assert values["dx"] == ["2022-06-30"]


def test_a_chain_of_partial_dates_stays_in_order(tmp_path: Path) -> None:
    """Born 2000, diagnosed 2000, operated May 2000; by hand for each way of completing."""
    for how, expected in {
        "earliest": ("2000-01-01", "2000-01-01", "2000-05-01"),
        "latest": ("2000-05-31", "2000-05-31", "2000-05-31"),
        "{day: 15, month: 7}": ("2000-05-31", "2000-05-31", "2000-05-31"),
    }.items():
        values, _ = placed(tmp_path, ["2000,2000,2000-05,,"], dict.fromkeys(("born", "dx", "op"), how))
        assert (values["born"][0], values["dx"][0], values["op"][0]) == expected


def test_rows_of_a_child_table_bound_their_patient(tmp_path: Path) -> None:
    extra = "dates_in_order: [dx <= scan.day <= died]\n" + OUTCOME
    scans = "id,day\n1,2012-04-04\n1,2012-08-08\n2,2012-09-09\n"
    values, _ = placed(
        tmp_path, [",2012,,,2012", ",2012,,,"], {"dx": "latest", "died": "earliest"}, extra=extra, children=scans
    )
    assert values["dx"] == ["2012-04-04", "2012-09-09"]
    assert values["died"][0] == "2012-08-08"


def test_another_word_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="expected one of: earliest, latest"):
        placed(tmp_path, [], {"dx": "soonest"})
    with pytest.raises(StudyError, match="earliest or latest"):
        placed(tmp_path, [], {"dx": "15"})


DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2012, 12, 31)).map(str)
PARTS = st.one_of(DAYS, DAYS.map(lambda day: day[:7]), DAYS.map(lambda day: day[:4]), st.just(""))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[PARTS] * 5), min_size=1, max_size=6), st.sampled_from(["earliest", "latest"]))
def test_dates_that_can_be_in_order_are_in_order(tmp_path: Path, rows: list[tuple[str, ...]], how: str) -> None:
    """Wherever some choice of days puts a row in order, the completed dates are in order; else they stay in their part.

    Slow definition of "can": the earliest days taken one after another never pass the latest possible ones. The death
    after the last contact is a rule of its own and left out here.
    """
    values, _ = placed(tmp_path, [",".join(row) for row in rows], dict.fromkeys(COLUMNS, how), extra=LINE)
    for number, row in enumerate(rows):
        got = [values[column][number] for column in COLUMNS if values[column][number] != "None"]
        recorded = [text for text in row if text]
        assert all(day.startswith(text) for day, text in zip(got, recorded, strict=True))
        soonest, possible = "", True
        for text in recorded:
            soonest = max(soonest, (text + "-01-01")[:10])
            possible = possible and soonest <= (text if len(text) == 10 else text + "-99")
        if possible:
            assert got == sorted(got)
