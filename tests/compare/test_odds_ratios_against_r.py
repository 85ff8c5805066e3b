"""Mid-p and common exact odds ratios against R to the last digits (oracle: another program; r/odds_ratios.R)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from atrisk.compare.contingency.conditional_odds_ratio import mid_p_odds_ratio
from atrisk.compare.contingency.mantel_haenszel import exact_common_odds_ratio
from atrisk.errors import EstimationError

R = json.loads((Path(__file__).parent / "r" / "odds_ratios.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", R["mid_p"])
def test_mid_p(entry: dict[str, Any]) -> None:
    found = mid_p_odds_ratio(entry["table"], conf_level=entry["conf_level"])
    expected = (entry["estimate"], entry["lower"], entry["upper"])
    assert (found.estimate, found.lower, found.upper) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("entry", R["common"])
def test_common(entry: dict[str, Any]) -> None:
    found = exact_common_odds_ratio(entry["tables"], conf_level=entry["conf_level"]).odds_ratio.effect
    expected = (entry["estimate"], entry["lower"], entry["upper"])
    assert (found.estimate, found.lower, found.upper) == pytest.approx(expected, rel=1e-9)


def test_mid_p_of_one_cell_each_by_hand() -> None:
    """[[1, 1], [1, 1]]: X is 0, 1, 2 with weights 1, 4 psi, psi^2; m(psi) = (1 + 2 psi) / (1 + 4 psi + psi^2) is 1/2
    at psi = 1, and 0.975 at the lower limit: 0.975 psi^2 + 1.9 psi - 0.025 = 0."""
    found = mid_p_odds_ratio([[1, 1], [1, 1]])
    assert found.estimate == pytest.approx(1, rel=1e-12)
    lower = (-1.9 + math.sqrt(1.9**2 + 4 * 0.975 * 0.025)) / (2 * 0.975)
    assert found.lower == pytest.approx(lower, rel=1e-9)
    assert found.upper == pytest.approx(1 / lower, rel=1e-9)


def test_mid_p_at_the_ends_of_the_support() -> None:
    nobody = mid_p_odds_ratio([[0, 5], [4, 3]])
    assert (nobody.estimate, nobody.lower) == (0, 0)
    assert math.isfinite(nobody.upper)
    all_of_them = mid_p_odds_ratio([[5, 0], [3, 4]])
    assert all_of_them.upper == math.inf
    none = mid_p_odds_ratio([[0, 5], [0, 3]])
    assert math.isnan(none.estimate)
    assert none.reason
    with pytest.raises(EstimationError):
        mid_p_odds_ratio([[1, 2, 3], [4, 5, 6]])
