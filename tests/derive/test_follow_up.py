"""Follow-up of a handful of patients, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.derive.follow_up import follow_up, groups_without_events
from atrisk.errors import StudyError
from atrisk.result.finding import Severity
from tests.cohort.small_study import opened

DATA = {"patient": {"file": "p.csv", "key": "id"}}
GROUPS = {"by": "group", "order": ["x", "y"]}
DATES = """
    id,group,zero,relapse,death,other,seen
    1,x,2010-01-01,,,,2010-01-11
    2,x,2010-01-01,2010-01-03,2010-01-06,,2010-01-11
    3,y,2010-01-01,,2010-01-06,2010-01-06,2010-01-04
    4,y,2010-01-01,,2010-02-01,2010-01-05,2010-01-04
    5,y,2010-01-01,,,,
    6,x,2010-01-01,,2010-01-01,,
"""
OUTCOME = {"label": "Relapse or death", "event": {"first_of": ["relapse", "death"]}, "censor": "seen"}


def run(tmp_path, text, outcome, *, dates=True, about=None):
    cohort = {"cohort": [{"time_zero": "zero"}]} if dates else {}
    study = {"data": DATA, "groups": GROUPS, "outcomes": {"o": outcome}, **cohort}
    if about is not None:
        study["study"] = {"id": "small", "title": "Small", **about}
    with opened(tmp_path, {"p.csv": text}, study) as found:
        return follow_up("o", found.loaded.study.outcomes["o"], found.cohort, found.loaded, found.session)


def test_the_first_of_several_dates(tmp_path):
    """3 and 4: an event after the last contact counts. 5: nothing is known. 6: death on day 0."""
    found = run(tmp_path, DATES, OUTCOME)
    np.testing.assert_array_equal(found.time, [10, 2, 5, 31, np.nan, 0])
    assert found.cause.tolist() == [0, 1, 1, 1, 0, 1]
    assert found.causes == ("event",)
    assert found.excluded == 1
    assert "seen" in found.excluded_because
    assert [(item.rule, item.severity) for item in found.findings] == [("no-follow-up", Severity.WARNS)]
    assert "1 of 6" in found.findings[0].message


def test_competing_events_and_ties(tmp_path):
    """3: both on one day, the outcome's own comes first. 4: the other event came before."""
    found = run(tmp_path, DATES, {**OUTCOME, "competing": {"other": "other"}})
    np.testing.assert_array_equal(found.time, [10, 2, 5, 4, np.nan, 0])
    assert found.cause.tolist() == [0, 1, 1, 2, 0, 1]
    assert found.causes == ("event", "other")


def test_events_after_the_date_of_censoring_are_told(tmp_path):
    """3 and 4 die after they were last seen; with the other event competing, 4 has that one, a day after."""
    assert run(tmp_path, DATES, OUTCOME).after_censoring.tolist() == [False, False, True, True, False, False]
    competing = run(tmp_path, DATES, {**OUTCOME, "competing": {"other": "other"}})
    assert competing.after_censoring.tolist() == [False, False, True, True, False, False]
    early = DATES.replace("2010-01-06,2010-01-06,2010-01-04", "2010-01-04,2010-01-06,2010-01-04")
    assert not run(tmp_path, early, OUTCOME).after_censoring[2]


def test_how_long_follow_up_would_have_lasted(tmp_path):
    """Cut on day 20. 1: lost on day 10. 2, 3, 4, 6: to their deaths. 5: no follow-up. With an end at day 15 first."""
    about = {"data_cut": "2010-01-21"}
    found = run(tmp_path, DATES, OUTCOME, about=about)
    np.testing.assert_array_equal(found.potential, [20, 2, 5, 31, np.nan, 0])
    assert found.no_censoring.tolist() == [False, False, False, False, True, True]
    short = run(tmp_path, DATES, {**OUTCOME, "until": "15 days"}, about=about)
    np.testing.assert_array_equal(short.potential, [15, 2, 5, 15, np.nan, 0])
    stopped = DATES.replace("zero,", "zero,stop,").replace("1,x,2010-01-01,", "1,x,2010-01-01,2010-01-13,")
    stopped = "\n".join(
        line.replace("2010-01-01,", "2010-01-01,,", 1) if line.strip()[:1] in "23456" else line
        for line in stopped.splitlines()
    )
    ended = run(tmp_path, stopped, {**OUTCOME, "censored_by": ["stop"]}, about=about)
    np.testing.assert_array_equal(ended.potential, [12, 2, 5, 31, np.nan, 0])
    assert run(tmp_path, DATES, OUTCOME).potential is None


def test_competing_events_on_one_day_count_as_declared(tmp_path):
    outcome = {"label": "Relapse", "event": "relapse", "censor": "seen", "competing": {"b": "other", "a": "death"}}
    found = run(tmp_path, DATES, outcome)
    assert found.cause.tolist() == [0, 1, 2, 2, 0, 3]
    assert found.causes == ("event", "b", "a")


def test_dates_before_time_zero_block(tmp_path):
    text = """
        id,group,zero,relapse,death,other,seen
        1,x,2010-01-01,,2009-12-31,,2010-01-11
        2,y,2010-01-01,,,,2009-12-01
        3,y,2010-01-01,,2010-03-01,,2009-12-01
    """
    found = run(tmp_path, text, OUTCOME)
    blocked = [(item.rule, item.severity, item.row, item.column) for item in found.findings]
    # Patient 3's date of censoring is not used.
    assert blocked == [
        ("before-time-zero", Severity.BLOCKS, 2, "death"),
        ("before-time-zero", Severity.BLOCKS, 3, "seen"),
    ]
    assert all("2009" not in item.message + item.remedy for item in found.findings)


STATUS = """
    id,group,time,status
    1,x,1.5,2
    2,x,2,0
    3,y,0,1
    4,y,,1
    5,y,3,
"""
COLUMNS = {
    "label": "Death",
    "time": {"column": "time", "unit": "years"},
    "status": {"column": "status", "event": 2, "censored": 0, "competing": {"transplant": 1}},
}


def test_a_time_and_a_status(tmp_path):
    """1.5 years are 1.5 x 365.25 days."""
    found = run(tmp_path, STATUS, COLUMNS, dates=False)
    np.testing.assert_array_equal(found.time, [547.875, 730.5, 0, np.nan, np.nan])
    assert found.cause.tolist() == [1, 0, 2, 0, 0]
    assert found.causes == ("event", "transplant")
    assert found.excluded == 2
    assert not found.time.flags.writeable


def test_status_codes_are_texts_too(tmp_path):
    text = "id,group,time,status\n1,x,10,dead\n2,y,20,alive\n3,y,30,lost"
    status = {"column": "status", "event": "dead", "censored": ["alive", "lost"]}
    found = run(tmp_path, text, {"label": "Death", "time": {"column": "time"}, "status": status}, dates=False)
    assert found.cause.tolist() == [1, 0, 0]


def test_unknown_codes_and_negative_times_block(tmp_path):
    text = "id,group,time,status\n1,x,10,1\n2,y,-20,0\n3,y,30,9"
    outcome = {"label": "Death", "time": {"column": "time"}, "status": {"column": "status", "event": 1}}
    found = run(tmp_path, text, outcome, dates=False)
    blocked = [(item.rule, item.row, item.column) for item in found.findings if item.severity is Severity.BLOCKS]
    assert blocked == [("negative-time", 3, "time"), ("unknown-status", 4, "status")]


def test_a_text_is_no_time(tmp_path):
    outcome = {"label": "Death", "time": {"column": "group"}, "status": {"column": "status", "event": 1}}
    with pytest.raises(StudyError, match="'group' is a") as raised:
        run(tmp_path, STATUS, outcome, dates=False)
    assert raised.value.problems[0].line is not None


def test_a_group_without_events_is_a_warning(tmp_path):
    found = run(tmp_path, DATES, {"label": "Relapse", "event": "relapse", "censor": "seen"})
    x = np.array([True, True, False, False, False, True])
    warned = list(groups_without_events(found, {"x": x, "y": ~x}, "main"))
    assert [(item.rule, item.severity) for item in warned] == [("group-without-event", Severity.WARNS)]
    assert "'y'" in warned[0].message


def test_entry_after_the_origin(tmp_path):
    """From the other date on; entry at time zero lay before it. 1, 2, 5 and 6 have no origin.

    3 dies on the day of its origin, 4 on day 27.
    """
    found = run(tmp_path, DATES, {**OUTCOME, "from": "other"})
    np.testing.assert_array_equal(found.time, [np.nan, np.nan, 0.5, 27, np.nan, np.nan])
    # Entry on the day last seen: 2 had relapsed before, 3 dies two days after, 1 and 4 leave on that day, 6 has none.
    found = run(tmp_path, DATES.replace("2010-02-01,2010-01-05", ",2010-01-02"), {**OUTCOME, "entry": "seen"})
    np.testing.assert_array_equal(found.entry, [10, 0, 3, 3, 0, 0])
    np.testing.assert_array_equal(found.time, [10.5, np.nan, 5, 3.5, np.nan, np.nan])


def test_an_event_before_entry_blocks(tmp_path):
    """2 relapsed, 3 died before they were seen; 6 has no entry."""
    found = run(tmp_path, DATES, {**OUTCOME, "entry": "seen"})
    blocks = [item for item in found.findings if item.severity is Severity.BLOCKS]
    assert [(item.column, item.row) for item in blocks] == [("relapse", 3), ("death", 3)]
    assert "under observation" in blocks[0].message


def test_dates_that_end_follow_up_whatever_comes_later(tmp_path):
    """2 has the event on 3 January, before; 3 has both on one day, which counts; 4 is censored on day 4."""
    found = run(tmp_path, DATES, {**OUTCOME, "censored_by": ["other"]})
    np.testing.assert_array_equal(found.time, [10, 2, 5, 4, np.nan, 0])
    assert found.cause.tolist() == [0, 1, 1, 0, 0, 1]
    assert found.after_censoring.tolist() == [False, False, True, False, False, False]


def test_a_date_before_time_zero_ends_nothing(tmp_path):
    found = run(tmp_path, DATES.replace("2010-01-05", "2009-12-31"), {**OUTCOME, "censored_by": ["other"]})
    assert (found.time[3], found.cause[3]) == (31, 1)


def test_a_longest_follow_up(tmp_path):
    """2's event on day 2 and 3's on day 5 count; 1 and 4 are censored on day 5."""
    found = run(tmp_path, DATES, {**OUTCOME, "until": "5 days"})
    np.testing.assert_array_equal(found.time, [5, 2, 5, 5, np.nan, 0])
    assert found.cause.tolist() == [0, 1, 1, 0, 0, 1]


def test_entry_beside_a_time_and_a_status(tmp_path):
    text = """
    id,group,time,start,status
    1,x,2,1,1
    2,x,3,3,0
    3,y,4,0,1
    """
    outcome = {
        "label": "O",
        "time": {"column": "time", "entry": "start", "unit": "weeks"},
        "status": {"column": "status", "event": 1},
    }
    found = run(tmp_path, text, outcome, dates=False)
    np.testing.assert_array_equal(found.entry, [7, 21, 0])
    np.testing.assert_array_equal(found.time, [14, 21.5, 28])
    found = run(tmp_path, text.replace("1,x,2,1,1", "1,x,2,3,1"), outcome, dates=False)
    assert [(item.rule, item.row) for item in found.findings if item.severity is Severity.BLOCKS] == [
        ("entry-after-exit", 2)
    ]
