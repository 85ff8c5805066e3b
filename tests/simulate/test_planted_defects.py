"""Defects planted into the flagship's cohort, and whether the data check finds them.

The list of planted and found is printed. What the data cannot show is listed in docs/checking.md with the reason.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from atrisk.errors import SpecError
from atrisk.result.finding import Finding, Severity
from atrisk.run.study import check_study
from atrisk.simulate.cohort import simulate
from atrisk.simulate.spec import TRAPS
from atrisk.study.load import load_study

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "netlm"
# By trap, the rule that finds it. A trap of which only the column can be shown is followed by *; one of which not even
# the column can be, by : and what the finding's message names.
FOUND_BY = {
    "diagnosis_after_operation": "dates-in-order",
    "death_before_operation": "dates-in-order",
    "discharge_before_operation": "dates-in-order",
    "complication_before_operation": "dates-in-order",
    "scan_after_death": "dates-in-order after-death",
    "death_before_last_contact": "dates-in-order",
    "after_data_cut": "after-data-cut",
    "impossible_day": "wrong-type",
    "century_early": "implausible-age implausible-year",
    "century_late": "dates-in-order before-birth after-data-cut",
    "missing_code_date": "like-a-missing-code",
    "partial_date": "partial-dates*",
    "size_in_centimetres": "another-unit",
    "blood_loss_in_litres": "another-unit",
    "per_cent_as_fraction": "another-unit",
    "missing_code_number": "like-a-missing-code out-of-range",
    "negative_number": "out-of-range",
    "span_for_number": "wrong-type",
    "word_for_number": "wrong-type",
    "decimal_comma": "wrong-type",
    "missing_word": "like-a-missing-word*",
    "unknown_code": "unknown-level",
    "other_case": "codes-alike",
    "unknown_grade": "unknown-level",
    "unknown_primary_resected": "declared-impossible",
    "unknown_primary_simultaneous": "declared-impossible",
    "resection_without_code": "declared-impossible",
    "person_twice": "perhaps-same-person",
    "key_twice": "duplicate-key",
    "row_twice": "same-row-twice",
    "orphan": "orphan-row",
    "no_key": "missing-key",
    "date_not_entered": "scan-without-date",
    "status_not_entered": "scan-without-status",
    "grade_discordant": "grade-discordant",
    "primary_found_later": "exposure-from-the-future*",
    "earlier_resection": "earlier-than-index",
    "death_on_operation_day": "follow-up-of-no-day:'os'",
    "days_and_months_exchanged": "days-up-to-twelve*",
    "diagnoses_by_month": "dates-on-one-day*",
    "deaths_by_month": "tied-events:'os'",
    "times_rounded": "digit-preference*",
    "sizes_of_a_centre_in_centimetres": "another-unit*",
    "syndromes_of_a_centre_coded_otherwise": "coded-by-centre*",
    "mitoses_not_counted_at_a_centre": "missing-by-centre*",
    "grades_by_an_old_edition": "grade-drift*",
    "worst_complication_only": "worst-complication-only*",
}
# What nothing in the data shows, or what is no defect but must be accounted for.
UNSEEN = {
    "day_and_month_exchanged",
    "another_plausible_number",
    "ninety_days_not_searched",
    "second_hepatectomy",
    "two_stage",
    "lost_early",
}
BLOCKING = {
    "diagnosis_after_operation": 1,
    "death_before_operation": 1,
    "discharge_before_operation": 1,
    "complication_before_operation": 1,
    "scan_after_death": 1,
    "death_before_last_contact": 1,
    "after_data_cut": 2,
    "impossible_day": 2,
    "century_early": 2,
    "century_late": 2,
    "span_for_number": 2,
    "word_for_number": 2,
    "decimal_comma": 2,
    "unknown_code": 2,
    "unknown_grade": 2,
    "unknown_primary_resected": 2,
    "unknown_primary_simultaneous": 2,
    "key_twice": 1,
    "orphan": 1,
    "no_key": 1,
    "missing_word": 2,
    "other_case": 2,
}
# Nothing of these stops the study, so that the checks of cohort and design look as well.
PASSING = {
    "person_twice": 3,
    "partial_date": 25,
    "second_hepatectomy": 8,
    "two_stage": 4,
    "lost_early": 5,
    "size_in_centimetres": 3,
    "blood_loss_in_litres": 2,
    "per_cent_as_fraction": 2,
    "primary_found_later": 4,
    "missing_code_number": 2,
    "missing_code_date": 2,
    "negative_number": 2,
    "row_twice": 2,
    "resection_without_code": 2,
    "grade_discordant": 3,
    "date_not_entered": 2,
    "status_not_entered": 2,
    "day_and_month_exchanged": 2,
    "another_plausible_number": 2,
    "ninety_days_not_searched": 2,
    "earlier_resection": 2,
    "death_on_operation_day": 1,
}
# Patterns of whole columns, one of each.
PATTERNS = {
    "days_and_months_exchanged": 1,
    "diagnoses_by_month": 1,
    "deaths_by_month": 1,
    "times_rounded": 1,
    "sizes_of_a_centre_in_centimetres": 1,
    "syndromes_of_a_centre_coded_otherwise": 1,
    "mitoses_not_counted_at_a_centre": 1,
    "grades_by_an_old_edition": 1,
    "worst_complication_only": 1,
}


def planted(folder: Path, defects: Mapping[str, int]) -> tuple[list[dict[str, str]], tuple[Finding, ...]]:
    """The list of the defects planted, and the findings of the flagship's study over them."""
    text = (EXAMPLE / "spec.yaml").read_text(encoding="utf-8")
    text = text[: text.index("targets:")] + "targets: []\n"
    # The flagship has a few of these of its own: here each one was planted.
    for special in ("partial_dates: 25", "primary_found_later: 4", "aborted_before: 3"):
        assert special in text
        text = text.replace(special, f"{special.partition(':')[0]}: 0")
    if defects:
        text += "defects:\n" + "".join(f"  {name}: {count}\n" for name, count in defects.items())
    (folder / "spec.yaml").write_text(text, encoding="utf-8")
    simulate(folder / "spec.yaml", folder / "data", lambda _line: None)
    # The flagship declares that a primary found later moves nobody, and then nothing warns of it.
    study = (EXAMPLE / "study.yaml").read_text(encoding="utf-8")
    without, declared = re.subn(r"\n  frozen: [^\n]*", "", study)
    without, alternatives = re.subn(r"\nalternatives:.*?(?=\n[a-z_]+:)", "", without, flags=re.DOTALL)
    assert (declared, alternatives) == (1, 1)
    (folder / "study.yaml").write_text(without, encoding="utf-8")
    listed: list[dict[str, str]] = []
    if defects:
        with (folder / "data" / "defects.csv").open(encoding="utf-8", newline="") as stream:
            listed = list(csv.DictReader(stream))
    return listed, check_study(load_study(folder / "study.yaml"), lambda _stage: None)


def finds(finding: Finding, defect: Mapping[str, str]) -> bool:
    """Whether a finding is about this defect: its rule, row and column, or its column alone where that is all."""
    for rule in FOUND_BY[defect["trap"]].split():
        name, _, named = rule.partition(":")
        if finding.rule != name.rstrip("*"):
            continue
        if named:
            return named in str(finding.message)
        if rule.endswith("*"):
            return defect["column"] in (finding.column.split(", ") or []) or defect["column"] in str(finding.message)
        # Two dates in the wrong order are one finding, at the row that says most; it names both columns.
        of_row = finding.key in (defect["key"], f"{defect['key']}-1") and (
            defect["column"] in finding.column.split(", ") or defect["column"] in str(finding.value)
        )
        if of_row:
            return True
    return False


# As in the files of a hospital: what blocks stands beside what does not.
TOGETHER = {**BLOCKING, **PASSING}


@pytest.mark.parametrize(
    "defects", [BLOCKING, PASSING, PATTERNS, TOGETHER], ids=["blocking", "passing", "patterns", "together"]
)
def test_every_planted_defect_that_the_data_show_is_found(tmp_path: Path, defects: Mapping[str, int]) -> None:
    listed, findings = planted(tmp_path, defects)
    assert {trap: sum(each["trap"] == trap for each in listed) for trap in defects} == dict(defects)
    missed = []
    print("trap, table, key, column: found by")
    for defect in listed:
        found = sorted({str(each.rule) for each in findings if defect["seen_in_data"] == "yes" and finds(each, defect)})
        shown = ", ".join(found) if defect["seen_in_data"] == "yes" else "not to be seen in the data"
        place = f"{defect['table']}, {defect['key']}, {defect['column']}"
        print(f"{defect['trap']}, {place}: {shown or 'NOT FOUND'}")
        if defect["seen_in_data"] == "yes" and not found:
            missed.append(f"{defect['trap']} {place}")
    assert not missed


def test_without_planted_defects_none_of_their_rules_speaks(tmp_path: Path) -> None:
    """So that what is found above was found because it was planted."""
    _listed, findings = planted(tmp_path, {})
    # Blood loss is rounded to 50 mL and progression found by scans, in the clean cohort too; nothing else speaks.
    rules = {rule.rstrip("*") for each in FOUND_BY.values() for rule in each.split() if ":" not in rule}
    spoken = {(finding.rule, finding.column) for finding in findings if finding.rule in rules}
    assert spoken <= {("digit-preference", "ebl")}
    assert not [
        found for found in findings if found.rule in ("tied-events", "follow-up-of-no-day") and "'os'" in found.message
    ]
    assert not (tmp_path / "data" / "defects.csv").exists()


def test_a_defect_that_is_unknown_or_fits_too_few_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such defect: meteor"):
        planted(tmp_path, {"meteor": 1})
    with pytest.raises(SpecError, match="patients are left whom this defect fits") as caught:
        planted(tmp_path, {"unknown_primary_resected": 500})
    assert caught.value.problems[0].line is not None


def test_every_trap_is_planted_and_those_not_seen_are_told_with_the_reason() -> None:
    assert set(FOUND_BY) | UNSEEN == TRAPS == set(BLOCKING) | set(PASSING) | set(PATTERNS)
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    assert all(f"| `{trap}` |" in page for trap in UNSEEN)


def test_the_clean_cohort_has_findings_for_few_patients() -> None:
    """At most 2 % of the patients carry a finding at the level of a warning or above."""
    findings = check_study(load_study(EXAMPLE / "study.yaml"), lambda _stage: None)
    patients = {
        finding.key.partition("-")[0]
        for finding in findings
        if finding.key and finding.severity in (Severity.WARNS, Severity.BLOCKS)
    }
    print(f"{len(patients)} of 608 patients", sorted({str(finding.rule) for finding in findings}))
    assert len(patients) <= 0.02 * 608
