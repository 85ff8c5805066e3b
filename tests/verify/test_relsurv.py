"""Relative survival against R's relsurv, every number of every reference case."""

from __future__ import annotations

import pytest

from atrisk.verify.case import Case
from tests.verify.agreeing import assert_agrees, cases_of


@pytest.mark.parametrize("case", cases_of("relsurv"))
def test_agrees_with_relsurv(case: Case) -> None:
    assert_agrees(case)
