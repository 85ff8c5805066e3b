"""The generator follows the laws that its specification states, in a large cohort without selection."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.simulate.baseline import Baseline, draw_baseline
from atrisk.simulate.progression import draw_progression
from atrisk.simulate.roster import Roster, draw_roster
from atrisk.simulate.spec import Spec
from atrisk.simulate.spec_file import read_spec
from atrisk.simulate.stream import open_stream
from atrisk.simulate.surgery import draw_surgery
from atrisk.simulate.survival import draw_survival

EXAMPLE = Path(__file__).parents[2] / "examples" / "netlm" / "spec.yaml"
MONTH = 365.25 / 12
EVEN = {"age_per_decade": 1.0, "ki67_per_doubling": 1.0, "extrahepatic": 1.0, "ten_or_more_metastases": 1.0}


def changed(part: Any, changes: dict[str, Any]) -> Any:
    """The specification with some values replaced, named by their path."""
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        part = part.model_copy(update={first: changed(getattr(part, first), {rest: value}) if rest else value})
    return part


@pytest.fixture(scope="module")
def large() -> tuple[Spec, Roster, Baseline]:
    """12,000 patients whose hazards depend on the group alone, none of whom die early or are lost."""
    example = read_spec(EXAMPLE).spec
    changes: dict[str, Any] = {f"patients.eligible.{group}": 4000 for group in ("UP", "SI", "P")}
    changes |= {f"survival.hazard_ratios.{name}": value for name, value in EVEN.items()}
    changes |= {f"hepatic_progression.hazard_ratios.{name}": value for name, value in EVEN.items()}
    changes |= {"survival.perioperative.probability": 0.0, "survival.lost_per_year.rate": 0.0002}
    spec = changed(example, changes)
    roster = draw_roster(spec, open_stream(5, "roster", 0))
    return spec, roster, draw_baseline(spec, roster, open_stream(5, "baseline", 0))


def test_late_survival_is_weibull(large: tuple[Spec, Roster, Baseline]) -> None:
    """Dead by day 91 + t among those whose follow-up can only end later: 1 - exp(-(t / scale)^shape)."""
    spec, roster, baseline = large
    survival = draw_survival(spec, roster, baseline, open_stream(5, "survival", 0))
    long_ago = roster.op_day < roster.op_day.max() - 13 * 365
    for group, scale in enumerate(spec.survival.late.scale_months.each()):
        who = long_ago & (roster.group == group) & roster.eligible
        who &= ~roster.lost_early
        for months in (12, 60, 120):
            share = 1 - math.exp(-((months / scale) ** spec.survival.late.shape))
            dead = (survival.died & (survival.end <= 91 + months * MONTH))[who].mean()
            # 0.003: the few who are lost all the same
            assert dead == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / who.sum()) + 0.003)


def test_hazards_multiply(large: tuple[Spec, Roster, Baseline]) -> None:
    """A hazard ratio of 3 for extrahepatic disease: the cumulative hazards of the two halves are as 1 to 3."""
    spec, roster, baseline = large
    spec = changed(spec, {"survival.hazard_ratios.extrahepatic": 3.0})
    survival = draw_survival(spec, roster, baseline, open_stream(5, "survival", 1))
    who = roster.eligible & (roster.group == 1) & (roster.op_day < roster.op_day.max() - 8 * 365)
    alive = ~(survival.died & (survival.end <= 91 + 60 * MONTH))
    spread = baseline.extrahepatic != "none"
    with_it, without = (-math.log(alive[who & half].mean()) for half in (spread, ~spread))
    assert with_it / without == pytest.approx(3, rel=0.2)


def test_progression_is_weibull_and_tied_to_survival(large: tuple[Spec, Roster, Baseline]) -> None:
    """Latent time by its distribution; Spearman's correlation of a Gaussian copula is 6/π asin(ρ/2)."""
    spec, roster, baseline = large
    survival = draw_survival(spec, roster, baseline, open_stream(5, "survival", 0))
    drawn = draw_progression(spec, roster, baseline, survival, open_stream(5, "hepatic progression", 0))
    rules = spec.hepatic_progression
    for group, scale in enumerate(rules.latent.scale_months.each()):
        latent = drawn.latent_day[roster.group == group]
        for months in (6, 24, 60):
            share = 1 - math.exp(-((months / scale) ** rules.latent.shape))
            error = math.sqrt(share * (1 - share) / len(latent))
            assert (latent <= months * MONTH).mean() == pytest.approx(share, abs=4 * error)
    who = roster.group == 2
    ranks = [np.argsort(np.argsort(x[who])) for x in (drawn.latent_day, survival.score)]
    rho = 6 / math.pi * math.asin(rules.correlation_with_survival.value / 2)
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(rho, abs=0.05)


def test_progression_is_seen_at_the_first_scan_after_it(large: tuple[Spec, Roster, Baseline]) -> None:
    spec, roster, baseline = large
    survival = draw_survival(spec, roster, baseline, open_stream(5, "survival", 0))
    drawn = draw_progression(spec, roster, baseline, survival, open_stream(5, "hepatic progression", 0))
    for i in range(0, roster.size, 40):
        scans = drawn.scan_day[i][drawn.taken[i]]
        assert (np.diff(scans) > 0).all()
        assert (scans <= survival.end[i]).all()
        later = [day for day in scans if day >= drawn.latent_day[i]]
        assert drawn.seen_day[i] == (later[0] if later else 0)
        assert drawn.last_scan[i] == max(scans)


def test_visits_come_at_the_stated_interval(large: tuple[Spec, Roster, Baseline]) -> None:
    """First planned interval of the era and group, on average (clipped jitter has mean 0)."""
    spec, roster, baseline = large
    survival = draw_survival(spec, roster, baseline, open_stream(5, "survival", 0))
    drawn = draw_progression(spec, roster, baseline, survival, open_stream(5, "hepatic progression", 0))
    visits = spec.hepatic_progression.visits
    followed = survival.end > 300  # others may have had their first scan moved into follow-up
    for era, schedule in ((False, visits.before_2010), (True, visits.from_2010)):
        for group, months in enumerate(schedule.first_two_years.each()):
            first = drawn.scan_day[(roster.late_era == era) & (roster.group == group) & followed, 0]
            error = visits.jitter * months * MONTH / math.sqrt(len(first))
            assert first.mean() == pytest.approx(months * MONTH, abs=4 * error)


def test_surgery_follows_the_group(large: tuple[Spec, Roster, Baseline]) -> None:
    """Without an effect of size the shares of major hepatectomy are those stated; unknown primaries stay unresected."""
    spec, roster, baseline = large
    spec = changed(spec, {"surgery.major_hepatectomy.odds_ratio_per_size_doubling": 1.0})
    survival = draw_survival(spec, roster, baseline, open_stream(5, "survival", 0))
    drawn = draw_surgery(spec, roster, baseline, survival, open_stream(5, "surgical", 0))
    for group, share in enumerate(spec.surgery.major_hepatectomy.probability.each()):
        who = (roster.group == group) & roster.eligible
        assert drawn.major[who].mean() == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / who.sum()))
    assert set(drawn.simultaneous[roster.group == 0]) == {"none"}
    assert not drawn.major[roster.fate == "aborted"].any()
