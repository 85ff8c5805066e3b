"""Margins against their effects, turned round or not; power by Schoenfeld's formula; what the lock unlocks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from atrisk.cli.main import exit_code
from atrisk.errors import StudyError
from atrisk.report.claims import Verdict, judged_margins, margin_sentence
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from atrisk.study.lock import lock_path
from tests.cohort.small_study import write_study

NORMAL = NormalDist()


def patients() -> str:
    """Sixty patients of two arms, of whom every third dies."""
    lines = ["id,arm,days,dead,leak"]
    for number in range(60):
        arm = "A" if number % 2 else "B"
        lines.append(
            f"p{number},{arm},{100 + 37 * number % 900},{int(number % 3 == 0)},{'true' if number % 7 == 0 else 'false'}"
        )
    return "\n".join(lines)


def study(margins: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "variables": {"patient.dead": {"type": "integer"}, "patient.leak": {"type": "boolean"}},
        "groups": {"by": "arm", "order": ["A", "B"], "reference": "A"},
        "outcomes": {
            "os": {
                "label": "Survival",
                "time": {"column": "days"},
                "status": {"column": "dead", "event": 1, "censored": 0},
                "at": ["300 days"],
                "restricted_mean": "500 days",
            }
        },
        "surgical_outcomes": ["leak"],
        "margins": margins,
        **parts,
    }


def run(folder: Path, margins: dict[str, Any], **parts: Any) -> RunResult:
    write_study(folder, {"patient.csv": patients()}, study(margins, **parts))
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None)


def rows_of(result: RunResult, term: str) -> dict[str, Row]:
    found = [row for row in result.rows if (row.analysis, row.term) == ("margin", term)]
    return {row.statistic: row for row in found}


def only(result: RunResult, **wanted: object) -> Row:
    (row,) = [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]
    return row


SURVIVAL = {"outcome": "os", "measure": "survival difference", "at": "300 days", "margin": "30 points"}
HAZARD = {"outcome": "os", "measure": "hazard ratio", "margin": 3}


def test_the_effect_is_that_of_the_main_analysis_as_declared_and_turned_round(tmp_path: Path) -> None:
    """Declared is "B vs A"; a margin of A against B sees the difference with the other sign, the ratio inverted."""
    margins = {
        "same": {**SURVIVAL, "of": "B", "against": "A"},
        "turned": {**SURVIVAL, "of": "A", "against": "B"},
        "ratio": {**HAZARD, "of": "A", "against": "B"},
        "leaks": {"outcome": "leak", "measure": "risk difference", "margin": "20 points", "of": "A", "against": "B"},
    }
    result = run(tmp_path, margins)
    own = only(result, analysis="survival", statistic="survival_difference", contrast="B vs A").value
    low = only(result, analysis="survival", statistic="conf_low", of="survival_difference").value
    high = only(result, analysis="survival", statistic="conf_high", of="survival_difference").value
    assert own is not None
    assert low is not None
    assert high is not None
    same, turned = rows_of(result, "same"), rows_of(result, "turned")
    assert [same[name].value for name in ("survival_difference", "conf_low", "conf_high")] == [own, low, high]
    assert [turned[name].value for name in ("survival_difference", "conf_low", "conf_high")] == [-own, -high, -low]
    assert turned["survival_difference"].contrast == "A vs B"
    ratio = only(result, analysis="cox", statistic="hazard_ratio").value
    assert ratio is not None
    assert rows_of(result, "ratio")["hazard_ratio"].value == pytest.approx(1 / ratio, rel=1e-14)
    leak = only(result, analysis="binary", statistic="risk_difference").value
    assert leak is not None
    assert rows_of(result, "leaks")["risk_difference"].value == -leak
    assert "p" not in rows_of(result, "leaks"), "Newcombe's limits have no standard error"


def test_met_and_p_by_hand(tmp_path: Path) -> None:
    """Survival: met if the lower limit lies above -0.3; p = Phi(-(d + 0.3) / se). Ratio: the same of logarithms."""
    margins = {"s": {**SURVIVAL, "of": "B", "against": "A"}, "h": {**HAZARD, "of": "B", "against": "A"}}
    result = run(tmp_path, margins)
    s, h = rows_of(result, "s"), rows_of(result, "h")
    d, se = s["survival_difference"].value, s["std_error"].value
    assert d is not None
    assert se is not None
    assert s["met"].value == float((s["conf_low"].value or 0) > -0.3)
    assert s["met"].margin == -0.3
    assert s["p"].value == pytest.approx(NORMAL.cdf(-(d + 0.3) / se), rel=1e-9)
    ratio, low, high = (h[name].value for name in ("hazard_ratio", "conf_low", "conf_high"))
    assert ratio is not None
    assert low is not None
    assert high is not None
    log_error = (math.log(high) - math.log(low)) / (2 * NORMAL.inv_cdf(0.975))
    assert h["p"].value == pytest.approx(NORMAL.cdf(-(math.log(3) - math.log(ratio)) / log_error), rel=1e-9)
    assert h["met"].value == float(high < 3)


def test_equivalence_takes_both_margins(tmp_path: Path) -> None:
    wide = {**HAZARD, "margin": 50, "claim": "equivalence", "of": "B", "against": "A"}
    narrow = {**HAZARD, "margin": 1.01, "claim": "equivalence", "of": "B", "against": "A"}
    inverse = {**HAZARD, "margin": 0.02, "claim": "equivalence", "of": "B", "against": "A"}
    result = run(tmp_path, {"wide": wide, "narrow": narrow, "inverse": inverse})
    met = {name: rows_of(result, name)["met"] for name in ("wide", "narrow", "inverse")}
    assert [met[name].value for name in ("wide", "narrow", "inverse")] == [1.0, 0.0, 1.0]
    assert met["wide"].margin == met["inverse"].margin == 50


def test_power_is_schoenfelds(tmp_path: Path) -> None:
    """The power of a test of 60 patients in halves with 20 deaths, by the formula written out here."""
    result = run(tmp_path, {})
    row = only(result, analysis="power", statistic="power", term="2")
    assert (row.n, row.n_event) == (60, 20)
    shift, z = math.log(2) * math.sqrt(20 * 0.25), NORMAL.inv_cdf(0.975)
    assert row.value == pytest.approx(NORMAL.cdf(shift - z) + NORMAL.cdf(-shift - z), rel=1e-12)
    detectable = only(result, analysis="power", statistic="detectable_hazard_ratio").value
    assert detectable == pytest.approx(math.exp((z + NORMAL.inv_cdf(0.8)) / math.sqrt(20 * 0.25)), rel=1e-12)


@pytest.mark.parametrize(
    ("margin", "words"),
    [
        ({**SURVIVAL, "at": "301 days"}, "must be one of the outcome's own times"),
        ({**SURVIVAL, "of": "C"}, "Compared are B vs A"),
        ({"outcome": "os", "measure": "risk difference", "margin": "9 points"}, "another kind of outcome"),
        ({"outcome": "os", "measure": "incidence difference", "margin": "9 points", "at": "300 days"}, "competing"),
    ],
)
def test_a_margin_without_its_effect_is_told_with_its_line(tmp_path: Path, margin: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        run(tmp_path, {"m": {"of": "B", "against": "A", **margin}})


@pytest.mark.parametrize(
    ("margin", "words"),
    [
        ({"outcome": "os", "measure": "survival difference", "margin": "30 points"}, "needs the time"),
        ({**HAZARD, "at": "1 year"}, "has no time of its own"),
        ({**HAZARD, "margin": "3 points"}, "written such as 1.33"),
        ({**HAZARD, "margin": 0.8}, "must lie above 1"),
        ({**HAZARD, "margin": 1}, "not 1"),
        ({**SURVIVAL, "margin": "0 points"}, "leaves no room"),
        ({**SURVIVAL, "margin": "< 9 points"}, "without a sign"),
        ({**SURVIVAL, "outcome": "oz"}, "no outcome 'oz'"),
        ({**SURVIVAL, "comparison": "other"}, "no comparison 'other'"),
        ({**SURVIVAL, "against": "B"}, "with itself"),
    ],
)
def test_a_senseless_margin_is_refused(tmp_path: Path, margin: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        run(tmp_path, {"m": {"of": "B", "against": "A", **margin}})


def locked(folder: Path, margins: dict[str, Any], then: dict[str, Any] | None = None, **parts: Any) -> RunResult:
    """The study locked as first written, then run as changed."""
    write_study(folder, {"patient.csv": patients()}, study(margins))
    assert exit_code(["lock", str(folder / "study.yaml"), "--out", str(folder / "out")]) == 0
    return run(folder, margins if then is None else then, **parts)


WIDE = {**HAZARD, "margin": 50, "of": "B", "against": "A"}


def verdict(result: RunResult) -> tuple[Verdict, str]:
    view = View.of(result)
    (judged,) = judged_margins(view, "main")
    return judged.verdict, "".join(piece.text for piece in margin_sentence(view, judged))


def test_only_a_locked_margin_unlocks_the_word(tmp_path: Path) -> None:
    without, words = verdict(run(tmp_path, {"m": WIDE}))
    assert without is Verdict.WITHIN_BUT_NOT_PRE_SPECIFIED
    assert "non-inferior" not in words
    found, words = verdict(locked(tmp_path, {"m": WIDE}))
    assert found is Verdict.SHOWN
    assert "non-inferior" in words


@pytest.mark.parametrize(
    "changed",
    [
        {"then": {"m": {**WIDE, "margin": 60}}},
        {"outcomes": {"os": {**study({})["outcomes"]["os"], "at": ["300 days", "400 days"]}}},
        {"settings": {"conf_level": 0.9}},
        {"cohort": [{"keep": "days > 101", "otherwise": "Too short"}]},
        {"variables": {"patient.dead": {"type": "integer"}}},
    ],
)
def test_what_was_changed_after_the_lock_is_not_pre_specified(tmp_path: Path, changed: dict[str, Any]) -> None:
    found, _words = verdict(locked(tmp_path, {"m": WIDE}, **changed))
    assert found is Verdict.WITHIN_BUT_NOT_PRE_SPECIFIED


def test_what_does_not_bear_on_the_margin_may_change(tmp_path: Path) -> None:
    found, _words = verdict(locked(tmp_path, {"m": WIDE}, baseline={"show": ["leak"]}))
    assert found is Verdict.SHOWN


def test_what_goes_without_saying_may_be_said(tmp_path: Path) -> None:
    """A default written out changes nothing, so that a later version's new keys leave earlier locks as they are."""
    found, _words = verdict(locked(tmp_path, {"m": WIDE}, settings={"conf_level": 0.95, "conf_type": "log-log"}))
    assert found is Verdict.SHOWN


def test_a_lock_made_after_results_pre_specifies_nothing(tmp_path: Path) -> None:
    write_study(tmp_path, {"patient.csv": patients()}, study({"m": WIDE}))
    out = tmp_path / "out"
    assert exit_code(["run", str(tmp_path / "study.yaml"), "--out", str(out)]) == 0
    assert exit_code(["lock", str(tmp_path / "study.yaml"), "--out", str(out)]) == 0
    found, _words = verdict(run_study(load_study(tmp_path / "study.yaml"), lambda _stage: None))
    assert found is Verdict.WITHIN_BUT_NOT_PRE_SPECIFIED


def test_an_edited_lock_is_none(tmp_path: Path) -> None:
    locked(tmp_path, {"m": WIDE})
    path = lock_path(tmp_path / "study.yaml")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["date"] = "2001-01-01"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(StudyError, match="changed after it was made"):
        run_study(load_study(tmp_path / "study.yaml"), lambda _stage: None)


def test_a_lock_is_not_replaced_unasked(tmp_path: Path) -> None:
    locked(tmp_path, {"m": WIDE})
    before = lock_path(tmp_path / "study.yaml").read_bytes()
    assert exit_code(["lock", str(tmp_path / "study.yaml")]) == 2
    assert lock_path(tmp_path / "study.yaml").read_bytes() == before
    assert exit_code(["lock", str(tmp_path / "study.yaml"), "--again", "--out", str(tmp_path / "none")]) == 0
