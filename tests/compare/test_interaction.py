"""Interaction of groups with strata in a Cox model against R (oracle: another program; r/interaction.R) and by hand."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.interaction import hazard_ratio_interaction, odds_ratio_interaction
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "interaction.json").read_text(encoding="utf-8"))
COLON = HERE.parents[1] / "examples" / "colon" / "data" / "colon.csv"


def colon(etype: int, group: str, stratum: str) -> CoxSample:
    """The patients of one event type with both columns recorded; an indicator for every group but the first."""
    with COLON.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["etype"] == str(etype)]
    rows = [row for row in rows if row[group] not in ("", "NA") and row[stratum] not in ("", "NA")]
    codes = sorted({row[group] for row in rows})
    strata = sorted({row[stratum] for row in rows})
    return CoxSample(
        np.array([float(row["time"]) for row in rows]),
        np.array([row["status"] == "1" for row in rows]),
        np.array([[float(row[group] == code) for code in codes[1:]] for row in rows]),
        stratum=np.array([strata.index(row[stratum]) for row in rows]),
    )


@pytest.mark.parametrize("entry", R["interaction"])
def test_interaction(entry: dict[str, Any]) -> None:
    sample = colon(entry["etype"], entry["group"], entry["stratum"])
    assert sample.time.size == entry["n"]
    found = hazard_ratio_interaction(sample)
    assert found.test.df == entry["df"]
    assert found.test.statistic == pytest.approx(entry["chi_squared"], rel=1e-9)
    assert found.test.p_value == pytest.approx(entry["p"], rel=1e-9)


def test_mirror_images_by_hand() -> None:
    """In one stratum the patients with x = 1 fail at 1 and 2, those with x = 0 at 3, and at 1.5 first; the other
    stratum has x turned round. The common coefficient is then 0 by symmetry, log-likelihood -log(4 3 2) in each; apart
    they are b and -b with the same log-likelihood l(b), so that the statistic is 4 (l(b) + log 24) with 1 df.
    l(b) = 2b - log(2 + 2r) - log(r + 2) - log(r + 1), r = exp(b), is highest where
    r / (1 + r) + r / (r + 2) + r / (r + 1) = 2."""
    time, event = np.array([1.0, 2.0, 1.5, 3.0]), np.ones(4)
    x = np.array([1.0, 1.0, 0.0, 0.0])
    sample = CoxSample(
        np.tile(time, 2), np.tile(event, 2), np.concatenate([x, 1 - x])[:, None], stratum=np.repeat([0, 1], 4)
    )
    low, high = 0.1, 100.0
    for _ in range(200):
        r = (low + high) / 2
        # At 1 all four are at risk, at 1.5 one of x = 1 and two of x = 0, at 2 one of each, at 3 one of x = 0.
        share = 2 * r / (2 * r + 2) + r / (r + 2) + r / (r + 1)
        low, high = (r, high) if share < 2 else (low, r)
    best = 2 * math.log(r) - math.log(2 * r + 2) - math.log(r + 2) - math.log(r + 1)
    found = hazard_ratio_interaction(sample)
    assert found.test.df == 1
    assert found.test.statistic == pytest.approx(4 * (best + math.log(24)), rel=1e-9)


def test_an_infinite_hazard_ratio_is_refused_where_r_only_warns() -> None:
    """Of the few patients whose tumour stays within the submucosa no one in some arm has a recurrence: coxph warns
    "Loglik converged before variable ...; coefficient may be infinite" and goes on."""
    assert hazard_ratio_interaction(colon(1, "rx", "extent")).reason


def test_what_cannot_be_tested_is_said() -> None:
    time, event, x = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1, 1, 1, 1, 1]), np.array([[0], [1], [0], [1], [0]])
    alone = hazard_ratio_interaction(CoxSample(time, event, x, stratum=np.zeros(5, dtype=int)))
    assert math.isnan(alone.test.p_value)
    assert "one stratum" in alone.reason
    monotone = hazard_ratio_interaction(CoxSample(time, event, x, stratum=np.array([0, 0, 0, 1, 1])))
    assert math.isnan(monotone.test.p_value)
    assert "cannot be estimated" in monotone.reason
    with pytest.raises(EstimationError):
        hazard_ratio_interaction(CoxSample(time, event, x))


def test_within_further_strata_both_are_rs() -> None:
    """r/interaction_within_strata.R: interaction with sex, strata of differentiation."""
    with (HERE / "r" / "interaction_within_strata.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["test"]: row for row in csv.DictReader(file)}
    with COLON.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["etype"] == "2" and row["differ"] not in ("", "NA")]
    arms = ["Lev", "Lev+5FU", "Obs"]
    group, sex, differ = (
        np.array([arms.index(row["rx"]) for row in rows]),
        np.array([int(row["sex"]) for row in rows]),
        np.array([int(row["differ"]) for row in rows]),
    )
    sample = CoxSample(
        np.array([float(row["time"]) for row in rows]),
        np.array([row["status"] == "1" for row in rows]),
        (group[:, None] == np.arange(1, 3)).astype(float),
        stratum=differ,
    )
    obstructed = np.array([row["obstruct"] == "1" for row in rows])
    for name, found in (
        ("hazard", hazard_ratio_interaction(sample, sex)),
        ("odds", odds_ratio_interaction(obstructed, group, sex, stratum=differ)),
    ):
        assert found.test.df == int(expected[name]["df"])
        assert found.test.statistic == pytest.approx(float(expected[name]["chi_squared"]), rel=1e-8)


def test_an_odds_ratio_that_is_nothing_in_a_subgroup_leaves_no_test() -> None:
    """Nobody of group 1 has the outcome in part 1: its odds ratio is 0 there, and a reason stands for the test."""
    outcome = [True, False, True, False, True, False, False, False]
    group, part = [0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1]
    found = odds_ratio_interaction(outcome, group, part)
    assert math.isnan(found.test.p_value)
    assert found.reason == "an odds ratio cannot be estimated in every subgroup"
    assert odds_ratio_interaction(outcome, group, [0] * 8).reason.startswith("one subgroup or group alone")
