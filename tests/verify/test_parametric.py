"""Parametric and interval censored estimates against R, every number of every reference case."""

from __future__ import annotations

import pytest

from atrisk.verify.case import Case
from tests.verify.agreeing import assert_agrees, cases_of


@pytest.mark.parametrize("case", cases_of("survreg"))
def test_survreg_agrees_with_r(case: Case) -> None:
    assert_agrees(case)


@pytest.mark.parametrize("case", cases_of("turnbull"))
def test_turnbull_agrees_with_a_long_em(case: Case) -> None:
    # The EM of the cases leaves residues of 1e-9 where ours has none.
    assert_agrees(case, not_to_1e9=3)
