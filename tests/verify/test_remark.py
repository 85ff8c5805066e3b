"""Which of our words answer what the reference said."""

from __future__ import annotations

import pytest

from atrisk.verify.remark import is_answered

INFINITE = "Loglik converged before variable  5 ; coefficient may be infinite. "


@pytest.mark.parametrize(
    ("said", "note"),
    [
        (INFINITE, "column 5: the likelihood rises without end, so the coefficient is infinite"),
        ("glm.fit: fitted probabilities numerically 0 or 1 occurred", "separation: the covariates predict perfectly"),
        (
            "Stop time must be > start time, NA created",
            "3 rows are left out because their entry is not before their exit",
        ),
        ("cluster specified with robust=FALSE, cluster ignored", "clusters are left out, because robust is false"),
        ("Chi-squared approximation may be incorrect", "an expected count is below 5: the approximation may be poor"),
        ("a kind of trouble unheard of", "this trouble is known"),
    ],
)
def test_a_note_on_the_same_matter_answers(said: str, note: str) -> None:
    assert is_answered(said, ("something else", note))
    assert not is_answered(said, ())


@pytest.mark.parametrize(
    ("said", "note"),
    [
        (INFINITE, "every row counts as a cluster of its own"),
        ("Chi-squared approximation may be incorrect", "rows of weight 0 take no part"),
        ("a kind of trouble unheard of", "rows of weight 0 take no part"),
    ],
)
def test_a_note_on_something_else_does_not(said: str, note: str) -> None:
    assert not is_answered(said, (note,))


def test_trouble_with_the_arithmetic_of_the_reference_needs_no_word() -> None:
    assert is_answered("Lapack routine dgesv: system is exactly singular: U[1,1] = 0", ())
