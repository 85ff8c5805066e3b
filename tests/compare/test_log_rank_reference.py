"""The log-rank family against R (oracle: another program), through the adapters of `atrisk verify`."""

from __future__ import annotations

import pytest

from atrisk.verify.case import Case
from tests.verify.agreeing import assert_agrees, cases_of


@pytest.mark.parametrize("case", cases_of("logrank", "logrank.weighted", "logrank.trend", "logrank.pairwise"))
def test_agrees_with_r(case: Case) -> None:
    assert_agrees(case)
