"""What in the design of a comparison may mislead, seen in a few patients counted by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from atrisk.result.finding import Finding, Severity
from atrisk.run.study import check_study
from atrisk.study.load import load_study

ROOT: dict[str, Any] = {
    "atrisk": 1,
    "study": {"id": "small", "title": "Small", "data_cut": "2022-06-30"},
    "data": {"patient": {"file": "p.csv", "key": "id"}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "site", "order": ["UP", "SI"]},
}


def found(folder: Path, files: Mapping[str, str], **study: Any) -> list[Finding]:
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    with (folder / "study.yaml").open("w", encoding="utf-8") as stream:
        YAML().dump({**ROOT, **study}, stream)
    return list(check_study(load_study(folder / "study.yaml"), lambda _: None))


def of(findings: list[Finding], rule: str) -> list[Finding]:
    return [finding for finding in findings if finding.rule == rule]


def patients(*rows: str, header: str) -> dict[str, str]:
    return {"p.csv": f"{header}\n" + "".join(f"{row}\n" for row in rows)}


def test_a_group_found_out_after_time_zero(tmp_path: Path) -> None:
    """Two of the dates are after the operation; the visit has another name, and a frozen group has answered it."""
    files = patients(
        "1,UP,2010-01-01,2011-01-01,2012-01-01",
        "2,SI,2010-01-01,2010-01-02,2012-01-01",
        "3,SI,2010-01-01,2009-01-02,2012-01-01",
        "4,UP,2010-01-01,,2012-01-01",
        header="id,site_of_primary,op,primary_found_date,visit_date",
    )
    groups = {"by": "site_of_primary", "order": ["UP", "SI"]}
    (finding,) = of(found(tmp_path, files, groups=groups), "exposure-from-the-future")
    assert (finding.severity, finding.column) == (Severity.WARNS, "primary_found_date")
    assert "is after time zero for 2 patients" in finding.message
    frozen = {**groups, "frozen": {"as_of": "90 days", "found": "primary_found_date", "until_found": "UP"}}
    assert of(found(tmp_path, files, groups=frozen), "exposure-from-the-future") == []


def test_a_group_of_few_warns(tmp_path: Path) -> None:
    """Four SI are few, five are not, and one has the warning for a single patient."""
    for size, expected in ((1, []), (2, ["SI"]), (4, ["SI"]), (5, [])):
        rows = [f"{n},{'UP' if n < 8 else 'SI'},2010-01-01" for n in range(8 + size)]
        small = of(found(tmp_path, patients(*rows, header="id,site,op")), "small-group")
        assert [finding.severity for finding in small] == [Severity.WARNS] * len(expected)
        assert [finding.message for finding in small] == [
            f"Comparison 'main': group '{group}' has {size} patients." for group in expected
        ]


def test_a_group_that_cannot_take_part(tmp_path: Path) -> None:
    """Of 12 UP and 12 SI, half of each would have the primary resected: 6 expected, none there."""
    rows = [f"{n},{'UP' if n < 12 else 'SI'},2010-01-01,{'bowel' if n >= 12 else 'none'},{n}" for n in range(24)]
    files = patients(*rows, header="id,site,op,with_primary,age")
    second = {"label": "X", "by": "with_primary", "order": ["none", "bowel"], "outcomes": ["age"]}
    warned = of(found(tmp_path, files, comparisons={"second": second}), "structural-non-positivity")
    assert [finding.severity for finding in warned] == [Severity.WARNS] * 2
    assert "nobody of group 'UP' (12 patients) is in 'bowel'" in warned[0].message
    assert "nobody of group 'SI' (12 patients) is in 'none'" in warned[1].message
    mixed = [*rows[:12], *(row.replace("bowel", "none") if n % 2 else row for n, row in enumerate(rows[12:]))]
    files = patients(*mixed, header="id,site,op,with_primary,age")
    strata = {"second": {**second, "strata": "site"}}
    (informed,) = of(found(tmp_path, files, comparisons=strata), "structural-non-positivity")
    assert informed.severity is Severity.INFORMS
    assert "UP (12 patients): nobody in" in informed.message


def test_few_patients_are_absent_by_chance(tmp_path: Path) -> None:
    rows = [f"{n},{'UP' if n < 4 else 'SI'},2010-01-01,{'bowel' if n >= 8 else 'none'},{n}" for n in range(12)]
    second = {"label": "X", "by": "with_primary", "order": ["none", "bowel"], "outcomes": ["age"]}
    files = patients(*rows, header="id,site,op,with_primary,age")
    assert of(found(tmp_path, files, comparisons={"second": second}), "structural-non-positivity") == []


def test_complications_without_a_search(tmp_path: Path) -> None:
    """1 was searched; 2 was not, 3 unknown; the second of 3 lies after the window."""
    files = {
        **patients(
            "1,UP,2010-01-01,true", "2,SI,2010-01-01,false", "3,SI,2010-01-01,", "4,UP,2010-01-01,true",
            header="id,site,op,followed",
        ),
        "c.csv": "cid,id,cd_grade,cd_date\na,1,I,2010-01-05\nb,2,II,2010-01-05\nc,3,I,2010-02-05\nd,3,I,2010-12-05\n",
    }  # fmt: skip
    data = {**ROOT["data"], "complication": {"file": "c.csv", "key": "cid", "parent": "patient"}}
    derive = {"worst": {"definition": "clavien_dindo", "searched": "followed"}}
    findings = found(tmp_path, files, data=data, derive=derive, surgical_outcomes=["worst"])
    assert [(f.row, f.key, f.severity) for f in of(findings, "found-without-search")] == [
        (3, "b", Severity.WARNS),
        (4, "c", Severity.WARNS),
    ]
    assert of(findings, "search-not-declared") == []
    derive = {"worst": {"definition": "clavien_dindo"}}
    (silent,) = of(found(tmp_path, files, data=data, derive=derive), "search-not-declared")
    assert silent.message.startswith("1 of 4 patients have no row in 'complication'")


def test_grades_by_edition(tmp_path: Path) -> None:
    """Recomputed G2, G2, G3, G3, G1; reported otherwise in the first and the last period once; NEC is no grade."""
    files = patients(
        "1,UP,2005-01-01,5,1,G1", "2,SI,2006-01-01,5,1,G2", "3,SI,2012-01-01,30,1,G3", "4,UP,2021-01-01,30,1,NEC",
        "5,UP,2021-01-01,1,1,G2", header="id,site,op,ki67,mitoses_2mm2,who",
    )  # fmt: skip
    derive = {"grade": {"definition": "who_grade", "reported": "who"}}
    findings = found(tmp_path, files, derive=derive, baseline={"show": ["grade"]})
    assert [f.row for f in of(findings, "grade-discordant")] == [2, 6]
    assert [(f.row, f.severity) for f in of(findings, "grade-before-its-edition")] == [(4, Severity.INFORMS)]
    (drift,) = of(findings, "grade-drift")
    assert drift.message == (
        "Reported grades that differ from those of Ki-67 and mitoses: before 2011 1 of 2, 2011 to 2017 0 of 1,"
        " from 2020 1 of 1."
    )


def test_loss_to_follow_up_by_group(tmp_path: Path) -> None:
    """The data cut is 2022-06-30: alive and last seen before 2020-06-30 is lost; 4 has died, 2 was seen on that day."""
    files = patients(
        "1,UP,2010-01-01,,2020-06-29", "2,UP,2010-01-01,,2020-06-30", "3,SI,2010-01-01,,2012-01-01",
        "4,SI,2010-01-01,2012-02-01,2012-01-01", "5,SI,2010-01-01,,2022-01-01",
        header="id,site,op,death_date,last_contact_date",
    )  # fmt: skip
    outcomes = {"os": {"label": "OS", "event": "death_date", "censor": "last_contact_date"}}
    *each, all_of_them = of(found(tmp_path, files, outcomes=outcomes), "lost-to-follow-up")
    assert [(f.row, f.key, f.severity) for f in each] == [(2, "1", Severity.INFORMS), (4, "3", Severity.INFORMS)]
    assert all_of_them.message == (
        "Last seen alive more than 24 months before the data cut: UP 1 of 2 alive, SI 1 of 2 alive."
    )


def test_gaps_between_scans_and_the_schedule_of_each_group(tmp_path: Path) -> None:
    """UP is scanned every 90 days, SI every 180; 1 misses two years. The median of all gaps is 90: 270 is a gap."""
    lines, days = [], {"1": [0, 90, 180, 270, 1000], "2": [0, 90, 180, 270, 360], "3": [0, 180, 360]}
    for patient, visits in days.items():
        lines += [f"{patient},2010-01-01,{day}" for day in visits]
    start = "2010-01-01"
    scans = "sid,id,scan_date,status\n"
    for number, line in enumerate(lines):
        patient, _, day = line.split(",")
        date = dt.date.fromisoformat(start) + dt.timedelta(days=int(day))
        scans += f"s{number},{patient},{date},{'progression' if number == 13 else 'stable'}\n"
    files = {**patients("1,UP,2010-01-01", "2,UP,2010-01-01", "3,SI,2010-01-01", header="id,site,op"), "s.csv": scans}
    data = {**ROOT["data"], "imaging": {"file": "s.csv", "key": "sid", "parent": "patient"}}
    derive = {"progression": {"definition": "progression_from_imaging", "of": "status"}}
    findings = found(tmp_path, files, data=data, derive=derive)
    (gap,) = of(findings, "scan-gap")
    assert (gap.row, gap.key, gap.value, gap.severity) == (6, "s4", "730 days", Severity.INFORMS)
    (schedule,) = of(findings, "scan-schedule")
    assert schedule.message == "Median interval between scans: UP 90 days, SI 180 days."


def test_events_on_one_day_of_follow_up(tmp_path: Path) -> None:
    """Of 20 events 18 have days of their own: 2 of 20 is a tenth and not more; of 17 days it is."""
    for distinct, expected in ((18, 0), (17, 1)):
        rows = [f"{n},{'UP' if n % 2 else 'SI'},2010-01-01,{min(n, distinct) + 100},1" for n in range(1, 21)]
        files = patients(*rows, header="id,site,op,days,status")
        outcomes = {"os": {"label": "OS", "time": {"column": "days"}, "status": {"column": "status", "event": 1}}}
        assert len(of(found(tmp_path, files, outcomes=outcomes), "tied-events")) == expected


def test_an_earlier_operation_that_was_not_eligible(tmp_path: Path) -> None:
    files = {
        **patients("1,UP", "2,SI", "3,SI", header="id,site"),
        "o.csv": "oid,id,op,ok\na,1,2009-01-01,false\nb,1,2010-01-01,true\nc,2,2010-01-01,true\nd,2,2011-01-01,true\n"
        "e,3,2010-01-01,true\n",
    }
    data = {**ROOT["data"], "op": {"file": "o.csv", "key": "oid", "parent": "patient"}}
    cohort = [
        {"keep": "ok", "per": "op", "otherwise": "Not a resection"},
        {"index": "first op by op", "time_zero": "op.op"},
    ]
    (finding,) = of(found(tmp_path, files, data=data, cohort=cohort), "earlier-than-index")
    assert (finding.table, finding.row, finding.key, finding.severity) == ("op", 2, "a", Severity.INFORMS)


def test_an_index_of_all_complications_from_the_worst_alone(tmp_path: Path) -> None:
    header = "id,site,op"
    rows = [f"{n},{'UP' if n % 2 else 'SI'},2010-01-01" for n in range(12)]
    data = {**ROOT["data"], "complication": {"file": "c.csv", "key": "cid", "parent": "patient"}}
    derive = {"index": {"definition": "comprehensive_complication_index"}}
    one_each = "cid,id,cd_grade,cd_date\n" + "".join(f"c{n},{n},I,2010-01-05\n" for n in range(10))
    files = {**patients(*rows, header=header), "c.csv": one_each}
    (finding,) = of(found(tmp_path, files, data=data, derive=derive), "worst-complication-only")
    assert finding.severity is Severity.WARNS
    files["c.csv"] = one_each + "second,3,II,2010-01-06\n"
    assert of(found(tmp_path, files, data=data, derive=derive), "worst-complication-only") == []


def test_patients_followed_for_no_day(tmp_path: Path) -> None:
    files = patients("1,UP,2010-01-01,0,1", "2,SI,2010-01-01,0,0", "3,SI,2010-01-01,9,1", "4,UP,2010-01-01,5,0",
                     header="id,site,op,days,status")  # fmt: skip
    outcomes = {"os": {"label": "OS", "time": {"column": "days"}, "status": {"column": "status", "event": 1}}}
    (finding,) = of(found(tmp_path, files, outcomes=outcomes), "follow-up-of-no-day")
    assert finding.message == ("Outcome 'os': 2 patients are followed for 0 days, 1 of them to an event.")
