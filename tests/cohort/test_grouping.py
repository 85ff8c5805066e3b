"""Groups, pairs and strata of a handful of patients."""

from __future__ import annotations

import pytest

from atrisk.cohort.grouping import assign
from atrisk.errors import StudyError
from atrisk.result.finding import Severity
from tests.cohort.small_study import opened

DATA = {"patient": {"file": "p.csv", "key": "id"}}
TEXT = """
    id,site,arm,age,open
    1,P,a,50,true
    2,SI,b,60,false
    3,UP,b,70,true
    4,,a,40,
    5,SI,a,30,true
    6,P,b,20,false
"""


def grouping(tmp_path, groups=None, comparison=None, *, text=TEXT, **study):
    whole = {"data": DATA, "groups": groups or {"by": "site", "order": ["SI", "P"]}, **study}
    if comparison is not None:
        whole["comparisons"] = {"second": {"label": "Second", "outcomes": ["age"], **comparison}}
    with opened(tmp_path, {"p.csv": text}, whole) as found:
        declared = found.loaded.study.groups if comparison is None else found.loaded.study.comparisons["second"]
        return assign(declared, found.cohort, found.loaded, found.session)


def rules(found):
    return [(item.rule, item.severity) for item in found.findings]


def test_order_reference_and_default_pairs(tmp_path):
    levels = {"patient.site": {"levels": {"UP": "Unknown", "SI": "Intestine", "P": "Pancreas"}}}
    found = grouping(tmp_path, {"by": "site", "reference": "SI"}, variables=levels)
    assert found.codes == ("UP", "SI", "P")
    assert [str(found.labels[code]) for code in found.codes] == ["Unknown", "Intestine", "Pancreas"]
    assert found.index.tolist() == [2, 1, 0, -1, 1, 2]
    assert found.pairs == ((0, 1), (2, 1))
    assert found.contrasts == ("UP vs SI", "P vs SI")
    assert found.strata == ()
    assert found.stratum.tolist() == [0] * 6
    assert rules(found) == [("not-compared", Severity.WARNS), ("group-of-one", Severity.WARNS)]
    assert "1 of 6" in found.findings[0].message


def test_a_declared_group_that_is_not_in_the_order_is_not_compared(tmp_path):
    levels = {"patient.site": {"levels": {"UP": "Unknown", "SI": "Intestine", "P": "Pancreas"}}}
    found = grouping(tmp_path, {"by": "site", "order": ["P", "SI"]}, variables=levels)
    assert found.index.tolist() == [0, 1, -1, -1, 1, 0]
    assert rules(found) == [("not-compared", Severity.WARNS)]
    assert "2 of 6" in found.findings[0].message


def test_a_code_that_is_declared_nowhere_blocks(tmp_path):
    found = grouping(tmp_path, {"by": "site", "order": ["P", "SI"]})
    assert ("undeclared-group", Severity.BLOCKS) in rules(found)
    assert [item.row for item in found.findings if item.rule == "undeclared-group"] == [4]


def test_an_empty_group_blocks(tmp_path):
    found = grouping(tmp_path, {"by": "arm", "order": ["a", "b", "c"]})
    assert rules(found) == [("empty-group", Severity.BLOCKS)]
    assert "'c'" in found.findings[0].message


def test_groups_from_an_expression_and_a_restriction(tmp_path):
    by = {"sql": "age >= 50", "levels": {"false": "Young", "true": "Old"}}
    found = grouping(tmp_path, comparison={"by": by, "restrict": "open"})
    # 4: whether the restriction holds is unknown.
    assert found.index.tolist() == [1, -1, 1, -1, 0, -1]
    assert found.contrasts == ("true vs false",)
    assert rules(found) == [("not-compared", Severity.WARNS), ("group-of-one", Severity.WARNS)]


def test_true_and_false_are_groups(tmp_path):
    found = grouping(tmp_path, {"by": "open"})
    assert found.codes == ("false", "true")
    assert {code: str(label) for code, label in found.labels.items()} == {"false": "No", "true": "Yes"}
    assert found.index.tolist() == [1, 0, 1, -1, 1, 0]


def test_strata_in_which_a_group_is_empty_are_left_out_and_named(tmp_path):
    found = grouping(tmp_path, comparison={"by": "arm", "strata": "site"})
    assert found.strata == ("P", "SI")
    assert found.stratum.tolist() == [0, 1, -1, -1, 1, 0]
    assert found.index.tolist() == [0, 1, -1, -1, 0, 1]
    assert found.left_out == ('UP (1 patient): nobody in "a"',)
    # 4 has no stratum.
    assert rules(found) == [("not-compared", Severity.WARNS)]


def test_no_stratum_with_all_groups_blocks(tmp_path):
    found = grouping(tmp_path, comparison={"by": "arm", "strata": "age"})
    assert ("no-stratum", Severity.BLOCKS) in rules(found)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"by": "id"}, "'id' identifies rows"),
        ({"by": "age"}, "'age' has 6 different values in 6 patients: these are no groups"),
        ({"by": "sites"}, "Did you mean 'site'"),
        ({"by": "arm", "reference": "c"}, "'c' is not one of the groups"),
        ({"by": "arm", "pairs": ["a vs c"]}, "'c' is not one of the groups"),
        ({"by": {"sql": "age + arm", "levels": {"1": "x", "2": "y"}}}, "types"),
    ],
)
def test_what_does_not_fit_is_answered_with_its_line(tmp_path, groups, words):
    with pytest.raises(StudyError, match=words) as raised:
        grouping(tmp_path, groups)
    assert raised.value.problems[0].line is not None


def test_an_expression_that_fails_for_a_row_is_a_finding(tmp_path):
    found = grouping(tmp_path, {"by": {"sql": "age = site", "levels": {"false": "x", "true": "y"}}})
    failed = [item for item in found.findings if item.rule == "group-fails"]
    assert [item.row for item in failed] == [2, 3, 4, 6, 7]
    assert failed[0].severity is Severity.BLOCKS


# Found out on day 30, 90, 91 and 800 after the operation; before it; without the group found; and never.
FOUND = """
    id,site,op,found,found_as
    1,UP,2010-01-01,2010-01-31,SI
    2,UP,2010-01-01,2010-04-01,SI
    3,UP,2010-01-01,2010-04-02,P
    4,UP,2010-01-01,2012-03-11,SI
    5,UP,2010-01-01,2009-12-01,P
    6,UP,2010-01-01,2010-01-31,
    7,SI,2010-01-01,,
    8,P,2010-01-01,,
    """
ORDER = {"by": "site", "order": ["UP", "SI", "P"]}


def fixed(tmp_path, as_of, **keys):
    frozen = {"as_of": as_of, "found": "found", **(keys or {"found_as": "found_as"})}
    return grouping(tmp_path, {**ORDER, "frozen": frozen}, text=FOUND, cohort=[{"time_zero": "op"}])


@pytest.mark.parametrize(
    ("as_of", "sites", "moved"),
    [
        ("90 days", ["SI", "SI", "UP", "UP", "P", "UP", "SI", "P"], 2),
        ("0 days", ["UP", "UP", "UP", "UP", "P", "UP", "SI", "P"], 0),
        ("last record", ["SI", "SI", "P", "SI", "P", "UP", "SI", "P"], 4),
    ],
)
def test_groups_are_those_known_on_the_day_on_which_they_are_fixed(tmp_path, as_of, sites, moved):
    found = fixed(tmp_path, as_of)
    assert [found.codes[position] for position in found.index] == sites
    (finding,) = [item for item in found.findings if item.rule.startswith("group-") and item.rule != "group-of-one"]
    assert finding.severity is (Severity.WARNS if as_of == "last record" else Severity.INFORMS)
    assert (finding.message.values["count"], finding.message.values["moved"]) == (4, moved)


def test_groups_as_last_known_go_back_to_what_was_known_then(tmp_path):
    """Of a column that holds what was found by the end, those found later than the day are what they were before."""
    found = fixed(tmp_path, "90 days", until_found="P")
    assert [found.codes[position] for position in found.index] == ["UP", "UP", "P", "P", "UP", "UP", "SI", "P"]
    (finding,) = [item for item in found.findings if item.rule.startswith("group-") and item.rule != "group-of-one"]
    assert (finding.message.values["count"], finding.message.values["moved"]) == (5, 3)
