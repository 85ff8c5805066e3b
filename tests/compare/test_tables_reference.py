"""Tables, proportions, ranks, means and standardised differences against R (oracle: another program).

The cases run through the adapters of `atrisk verify`. What differs on purpose stands there with its reason; here are
the numbers of it, so that no new difference slips in under an old reason.
"""

from __future__ import annotations

from collections import Counter

import pytest

from atrisk.verify.case import Case
from atrisk.verify.verification import verify_case
from tests.verify.agreeing import assert_agrees, cases_of

METHODS = (
    "table.chisq",
    "table.fisher",
    "ksample",
    "table.trend",
    "table.mantel_haenszel",
    "proportion.ci",
    "proportion.two",
    "smd",
)
# R finds these odds ratios to some 1e-4, by its own account in the cases' hints.
FROM_R_ROOTS = {"table.fisher": 3, "table.mantel_haenszel": 3, "proportion.two": 6}


@pytest.mark.parametrize("case", cases_of(*METHODS))
def test_agrees_with_r(case: Case) -> None:
    assert_agrees(case, not_to_1e9=FROM_R_ROOTS.get(case.method, 0))


def test_the_differences_on_purpose_are_those_we_know_of() -> None:
    kept = Counter(
        (line.case, line.remark.split(":")[0][:40])
        for parameter in cases_of(*METHODS)
        for line in verify_case(parameter.values[0]).lines
        if line.verdict == "kept"
    )
    one_limit, root = "the ratio is 0 or infinite", "R's root finder stops within 1.2e-4 of t"
    assert kept == {
        ("fisher-literal-1", root): 1,
        ("fisher-literal-2", root): 1,
        ("fisher-ovarian-rx-ecog.ps", root): 1,
        ("mh-melanoma", root): 1,
        ("twoprop-56-70-48-80", root): 1,
        ("twoprop-9-10-3-10", root): 3,
        ("twoprop-10-10-0-20", root): 1,
        ("twoprop-10-10-0-20", one_limit): 2,
        ("twoprop-5-56-0-29", one_limit): 2,
        ("twoprop-0-10-0-10", "the margins allow one table only"): 3,
        ("twoprop-10-10-10-10", "the margins allow one table only"): 3,
        ("twoprop-10-10-10-10", "every patient has an event"): 2,
    }
