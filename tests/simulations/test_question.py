"""Shares are counted, judged and told as they should be, and every question agrees with what its module says of it."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterable

import numpy as np
import pytest
from simulations.__main__ import PAGE
from simulations.draws import Draws, open_draws
from simulations.page import page
from simulations.question import Claim, Kind, Method, Outcome, Question, Row, Simulated, Summed, answer, held
from simulations.questions import QUESTIONS, firth_logistic, proportions

from atrisk.compare.proportions.proportion import clopper_pearson


def row(share: float, kind: Kind = "coverage", trials: int | None = 1000, claim: Claim | None = None) -> Row:
    return Row("setting", Method("method", kind, claim), share, 0.0, trials)


@pytest.mark.parametrize(
    ("share", "kind", "verdict"),
    [
        # sqrt(0.05 * 0.95 / 1000) = 0.00689, three times that 0.0207.
        (0.930, "coverage", "nominal"),
        (0.929, "coverage", "anti-conservative"),
        (0.971, "coverage", "conservative"),
        (0.070, "size", "nominal"),
        (0.071, "size", "anti-conservative"),
        (0.029, "size", "conservative"),
        (0.600, "power", ""),
    ],
)
def test_a_verdict_says_on_which_side_of_three_errors_a_share_lies(share: float, kind: Kind, verdict: str) -> None:
    assert row(share, kind).verdict == verdict
    assert row(0.95).error == pytest.approx(0.0068920, abs=1e-7)


def test_a_sum_over_all_outcomes_has_no_error_and_is_judged_by_half_a_point() -> None:
    assert row(0.9549, trials=None).verdict == "nominal"
    assert row(0.9551, trials=None).verdict == "conservative"
    assert row(0.9551, trials=None).error == 0


def test_a_claim_is_kept_within_four_errors_of_its_bounds() -> None:
    claim = Claim(0.90, 1.0, "few events")
    # sqrt(0.9 * 0.1 / 1000) = 0.00949, four times that 0.0379.
    assert row(0.863, claim=claim).as_claimed
    assert not row(0.861, claim=claim).as_claimed
    assert row(1.0, claim=claim).as_claimed
    assert not row(1.0).as_claimed
    assert not row(math.nan, claim=claim).as_claimed
    # Half of the trials without an answer: the error of the others is larger by the root of two.
    silent = Row("setting", Method("method", claim=claim), 0.861, 0.5, 1000)
    assert silent.as_claimed


def test_trials_are_counted_and_those_without_an_answer_left_out() -> None:
    given = iter([True, None, False, True, True, None])

    def trial(_draws: Draws) -> Outcome:
        return {"method": next(given)}

    asked = Question("key", "Title", "Text.", (Simulated("setting", 6, (Method("method"),), trial),))
    (found,) = answer(asked)
    assert (found.share, found.trials) == (0.75, 6)
    assert found.unanswered == pytest.approx(1 / 3)


def test_outcomes_are_summed_with_their_probabilities() -> None:
    """Of 10 patients at risk 1/2 the exact limits miss at 0, 1, 9 and 10 events: 1 - 22/1024."""

    def outcomes() -> Iterable[tuple[float, Outcome]]:
        for count in range(11):
            limits = clopper_pearson(count, 10)
            yield math.comb(10, count) / 1024, {"exact": held(limits.lower, limits.upper, 0.5)}

    (found,) = answer(Question("key", "Title", "Text.", (Summed("setting", (Method("exact"),), outcomes),)))
    assert found.share == pytest.approx(1 - 22 / 1024, abs=1e-12)
    assert found.trials is None


def test_the_page_gives_the_reason_where_a_method_is_not_nominal() -> None:
    claim = Claim(0.8, 0.95, "The variance is too small.")
    asked = Question("key", "Title", "Text.", ())
    text = page([(asked, [row(0.85, claim=claim)])])
    assert "| setting | method | coverage | 0.850 | 0.95 | 0.007 | 1,000 |  | anti-conservative |" in text
    assert "- **method**: anti-conservative (setting). The variance is too small." in text
    assert "too small" not in page([(asked, [row(0.95, claim=claim)])])


def test_a_seed_means_the_same_and_settings_have_numbers_of_their_own() -> None:
    assert np.array_equal(open_draws("key", 0).uniform(5), open_draws("key", 0).uniform(5))
    assert not np.array_equal(open_draws("key", 0).uniform(5), open_draws("key", 1).uniform(5))
    assert not np.array_equal(open_draws("key", 0).uniform(5), open_draws("other", 0).uniform(5))
    drawn = open_draws("key", 0).exponential(np.repeat([0.5, 4.0], 20_000)).reshape(2, -1)
    np.testing.assert_allclose(drawn.mean(axis=1), [2.0, 0.25], rtol=4 / math.sqrt(20_000))


def test_every_method_is_answered_in_every_setting_and_stands_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len({question.key for question in QUESTIONS}) == len(QUESTIONS)
    for question in QUESTIONS:
        assert f"## {question.title}\n" in text
        for setting in question.settings:
            for method in setting.methods:
                assert f"| {setting.name} | {method.name} | {method.kind} |" in text
            if isinstance(setting, Simulated):
                once = setting.trial(open_draws(question.key, 0))
                assert set(once) == {method.name for method in setting.methods}


def test_the_program_answers_one_question_and_writes_none_but_the_whole() -> None:
    start = [sys.executable, "-m", "simulations", "--only", "location", "--at-most", "3"]
    done = subprocess.run(start, capture_output=True, text=True, cwd=PAGE.parents[1], check=False)
    assert "## Hodges-Lehmann shift and relative effect" in done.stdout
    assert done.returncode == 0
    refused = subprocess.run([*start, "--write"], capture_output=True, text=True, cwd=PAGE.parents[1], check=False)
    assert refused.returncode == 2
    assert "leave --only and --at-most out" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_shares_are_what_is_said_of_them(question: Question) -> None:
    """200 trials a setting: within four Monte Carlo errors of the nominal share, or of the bounds a module states."""
    for found in answer(question, at_most=200):
        assert found.as_claimed, f"{found.setting}, {found.method.name}: {found.share:.3f}"


# tests/simulations/r/exact_coverage.R, R 4.2.2: coverage by setting and method.
BY_R = {
    "32 patients, risk 0.03": {"Clopper-Pearson": 0.9850987, "Wilson": 0.9297349},
    "32 patients, risk 0.1": {"Clopper-Pearson": 0.9883145, "Wilson": 0.9641511},
    "32 patients, risk 0.3": {"Clopper-Pearson": 0.9672811, "Wilson": 0.9483973},
    "490 patients, risk 0.03": {"Clopper-Pearson": 0.9656144, "Wilson": 0.9548880},
    "32 against 32, risks 0.1 and 0.1": {"Newcombe": 0.9713568, "Miettinen-Nurminen": 0.9441364, "Wald": 0.9429743},
    "32 against 32, risks 0.5 and 0.2": {"Newcombe": 0.9508713, "Miettinen-Nurminen": 0.9478407, "Wald": 0.9405918},
    "32 against 490, risks 0.1 and 0.03": {"Newcombe": 0.9601317, "Miettinen-Nurminen": 0.9601317, "Wald": 0.8607169},
    "32 against 490, risks 0.3 and 0.3": {"Newcombe": 0.9501834, "Miettinen-Nurminen": 0.9502960, "Wald": 0.9336620},
}
FIRTH_BY_R = {
    "20 against 20, risk 0.3, odds ratio 3": {firth_logistic.PROFILE: 0.9477600, firth_logistic.WALD: 0.9536352},
    "15 against 15, risk 0.05, odds ratio 6": {firth_logistic.PROFILE: 0.9679880, firth_logistic.WALD: 0.9447124},
    "490 against 32, risk 0.03, odds ratio 2": {firth_logistic.PROFILE: 0.9659200, firth_logistic.WALD: 0.9615256},
}


@pytest.mark.parametrize(
    ("question", "by_r"),
    [
        pytest.param(proportions.QUESTION, BY_R, id="proportions"),
        pytest.param(firth_logistic.QUESTION, FIRTH_BY_R, id="firth_logistic", marks=pytest.mark.slow),
    ],
)
def test_coverage_of_counts_is_that_of_the_same_limits_in_r(
    question: Question, by_r: dict[str, dict[str, float]]
) -> None:
    found: dict[str, dict[str, float]] = {}
    for one in answer(question):
        found.setdefault(one.setting, {})[one.method.name] = one.share
    assert found.keys() == by_r.keys()
    for setting, shares in by_r.items():
        assert found[setting] == pytest.approx(shares, abs=2e-7)
