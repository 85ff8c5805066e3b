"""The harness can fail: wrong numbers, missing ones, refusals, methods that are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import EstimationError
from atrisk.verify import verification, verify
from atrisk.verify.agreement import Agreement
from atrisk.verify.kept_difference import KeptDifference, at_most, not_given, ran_off
from atrisk.verify.wording import as_json, markdown, table_text
from tests.verify.made import case, folder_with

KEPT = (
    KeptDifference("made/odd", "for a reason", at_most(5.0)),
    KeptDifference("made/imitable", "by another rule", None),
    KeptDifference("made/gone", "it ran off", not_given, ran_off),
)
# What the reference warned of, and a note on the same matter.
HORSE = ["a horse"]


def run(tmp_path: Path, *cases: dict[str, Any]) -> Agreement:
    return verify(folder_with(tmp_path, *cases))


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Let a method of our own answer."""

    def adapter(_case: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(verification, "adapters", lambda: {"made": adapter})
    monkeypatch.setattr(verification, "options_of", lambda _: frozenset({"table"}))
    monkeypatch.setattr(verification, "kept_differences", lambda: KEPT)
    monkeypatch.setattr(verification, "noted_tolerances", lambda: {"made/rough": ("rough to a tenth", 0.1, 0.0)})


def verdicts(agreement: Agreement) -> dict[str, str]:
    return {line.statistic: line.verdict for line in agreement.lines}


def test_right_numbers_pass(tmp_path: Path) -> None:
    agreement = run(tmp_path, case())
    assert set(verdicts(agreement).values()) == {"passed"}
    assert agreement.ok
    assert (agreement.totals.passed, agreement.totals.values, agreement.totals.values_to_1e9) == (1, 6, 6)
    assert set(agreement.files) == {"cases/some.json"}


def test_a_wrong_number_fails(tmp_path: Path) -> None:
    agreement = run(tmp_path, case(expected={"uncorrected": {"stat": 6.67, "df": 1}}))
    assert verdicts(agreement) == {"uncorrected.stat": "failed", "uncorrected.df": "passed"}
    assert not agreement.ok
    assert agreement.totals.failed == 1


def test_one_wrong_number_of_a_matrix_fails_and_is_the_one_shown(tmp_path: Path) -> None:
    agreement = run(tmp_path, case(expected={"expected_counts": [[15, 15], [14, 15]]}))
    (line,) = agreement.lines
    assert (line.verdict, line.expected, line.got, line.n_values, line.n_close) == ("failed", 14, 15, 4, 3)


def test_a_statistic_we_do_not_compute_and_another_shape_fail(tmp_path: Path) -> None:
    agreement = run(tmp_path, case(expected={"nothing": 1, "expected_counts": [15, 15], "cramers_v": "one third"}))
    assert set(verdicts(agreement).values()) == {"failed"}


def test_a_method_that_is_not_there_is_named_and_counts_as_failure(tmp_path: Path) -> None:
    agreement = run(tmp_path, case(), case(id="other", method="table.unheard_of"))
    assert agreement.not_implemented == ("table.unheard_of",)
    assert (agreement.totals.not_implemented, agreement.totals.passed, agreement.ok) == (1, 1, False)
    assert "table.unheard_of" in table_text(agreement)


def made(expected: dict[str, Any], note: str = "") -> dict[str, Any]:
    return case(method="made", expected=expected, tolerance_hint={"rtol": 1e-9, "atol": 0, "note": note})


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        (EstimationError("no"), {"error": "R stopped"}, {"error": "refused"}),
        (EstimationError("no"), {"x": 1}, {"all": "failed"}),
        (ValueError("a bug"), {"error": "R stopped"}, {"all": "failed"}),
        ({"x": 2.0}, {"error": "R stopped", "x": None}, {"error": "failed", "x": "failed"}),
        ({"x": 2.0, "notes": ("R stopped",)}, {"error": "R stopped", "x": None}, {"error": "better", "x": "better"}),
        ({"x": 1.0}, {"warnings": HORSE, "x": 1}, {"warnings": "failed", "x": "passed"}),
        ({"x": 1.0, "notes": ("a cart",)}, {"warnings": HORSE, "x": 1}, {"warnings": "failed", "x": "passed"}),
        ({"x": 2.0, "notes": ("a cart",)}, {"error": "a horse", "x": None}, {"error": "failed", "x": "failed"}),
        (EstimationError("no horse here"), {"warnings": HORSE, "x": 1}, {"warnings": "refused"}),
        (EstimationError("no cart here"), {"warnings": HORSE, "x": 1}, {"all": "failed"}),
        ({"x": None, "notes": HORSE}, {"warnings": HORSE, "x": 1}, {"warnings": "better", "x": "failed"}),
        ({"gone": None, "notes": HORSE}, {"warnings": HORSE, "gone": 1}, {"warnings": "better", "gone": "failed"}),
        ({"gone": None}, {"converged": False, "gone": 1}, {"converged": "failed", "gone": "kept"}),
        ({"gone": 2.0}, {"converged": False, "gone": 1}, {"converged": "failed", "gone": "failed"}),
        ({"x": 3.0, "notes": HORSE}, {"warnings": HORSE, "x": 1}, {"warnings": "better", "x": "failed"}),
        ({"x": None}, {"x": 1}, {"x": "failed"}),
        ({"odd": 3.0}, {"odd": 1}, {"odd": "kept"}),
        ({"odd": 1.0}, {"odd": 1}, {"odd": "passed"}),
        ({"odd": 7.0}, {"odd": 1}, {"odd": "failed"}),
        ({"x": 3.0, "kept": {"x": "on purpose"}}, {"x": 1}, {"x": "failed"}),
        ({"x": 3.0, "imitated": {"x": 1.0}}, {"x": 1}, {"x": "failed"}),
        ({"imitable": 3.0, "imitated": {"imitable": 1.0}}, {"imitable": 1}, {"imitable": "kept"}),
        ({"imitable": 3.0, "imitated": {"imitable": 1.1}}, {"imitable": 1}, {"imitable": "failed"}),
        ({"imitable": 3.0}, {"imitable": 1}, {"imitable": "failed"}),
        ({"coef": 1.5}, {"coef": 1.4, "tight": {"coef": 1.5}}, {"coef": "passed"}),
        ({"coef": 1.4, "tight": {"coef": 1.5}}, {"coef": 1.4, "tight": {"coef": 1.5}}, {"coef": "passed"}),
        ({"coef": 1.4, "tight": {"coef": 1.5}}, {"coef": 1.4}, {"coef": "passed"}),
        ({"coef": 1.4}, {"coef": 1.4, "tight": {"coef": 1.5}}, {"coef": "failed"}),
        ({"coef": 1.4}, {"coef": 1.4, "loglik": -9, "tight": {"coef": 1.5, "loglik": -8.99}}, {"coef": "failed", "loglik": "failed"}),  # noqa: E501
        ({"coef": 1.4, "loglik": -9.0}, {"coef": 1.4, "loglik": -9, "tight": {"coef": 1.5, "loglik": -9}}, {"coef": "kept", "loglik": "passed"}),  # noqa: E501
        ({"rough": 1.05}, {"rough": 1.0}, {"rough": "failed"}),
        ({"g": [{"v": 1.0}, {"v": 2.0}]}, {"g": [{"label": "x=1", "v": 1}]}, {"g[x=1].label": "failed", "g[x=1].v": "failed"}),  # noqa: E501
        ({"yes": True, "names": ["a", "b"]}, {"yes": True, "names": ["a", "c"]}, {"yes": "passed", "names": "failed"}),
        ({"v": []}, {"v": []}, {"v": "passed"}),
    ],
)  # fmt: skip
def test_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, expected: dict[str, Any], verdict: dict[str, str]
) -> None:
    answering(monkeypatch, answer)
    assert verdicts(run(tmp_path, made(expected))) == verdict


def test_a_noted_tolerance_holds_only_where_the_hint_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"rough": 1.05, "fine": 1.05})
    agreement = run(tmp_path, made({"rough": 1.0, "fine": 1.0}, note="this is rough to a tenth, no more"))
    assert verdicts(agreement) == {"rough": "passed", "fine": "failed"}


def test_a_difference_on_purpose_is_no_failure_and_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"odd": 3.0})
    agreement = run(tmp_path, made({"odd": 1}))
    assert agreement.ok
    assert (agreement.totals.passed, agreement.totals.kept) == (0, 1)
    assert "for a reason" in markdown(agreement)


def test_nothing_of_an_unexpected_error_but_its_kind_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ValueError("Patient-4711"))
    text = table_text(run(tmp_path, made({"x": 1})))
    assert "ValueError" in text
    assert "4711" not in text


def test_the_last_line_says_whether_the_installation_agrees(tmp_path: Path) -> None:
    """A long list of statistics ends in its totals and one sentence."""
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = table_text(run(tmp_path / "good", case())).splitlines()
    assert good[-1] == "Result: this installation agrees with the reference."
    assert good[-3].startswith("Cases: 1; 1 passed")
    bad = table_text(run(tmp_path / "bad", case(expected={"uncorrected": {"stat": 9.0}}))).splitlines()
    assert bad[-1] == "Result: no agreement with the reference in 1 of 1 cases, which are listed above."


def test_json_has_the_totals_and_every_statistic(tmp_path: Path) -> None:
    agreement = run(tmp_path, case(expected={"uncorrected": {"stat": None, "df": 1}}))
    found: Any = as_json(agreement)
    assert found["totals"]["failed"] == 1
    assert found["totals"]["not_implemented"] == 0
    first, second = found["statistics"]
    assert (first["statistic"], first["expected"], first["passed"], first["verdict"]) == (
        "uncorrected.stat",
        None,
        False,
        "failed",
    )
    assert first["relative_difference"] == "Inf"
    assert second["tolerance"] == {"rtol": 1e-9, "atol": 1e-12}
