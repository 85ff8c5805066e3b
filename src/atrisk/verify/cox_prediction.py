"""Reference cases of the baseline hazard and predicted survival after Cox regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from atrisk.estimate.proportional_hazards.baseline_hazard import BaselineHazard, baseline_hazard, predicted_survival
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, quantile, survival_at
from atrisk.verify.adapter import Adapter
from atrisk.verify.cox import COX_OPTIONS, CoxQuestion, asked_of, fitted, notes_of
from atrisk.verify.design import design
from atrisk.verify.kept_difference import KeptDifference, not_given, ran_off
from atrisk.verify.question import Question

_PROBABILITIES: Final = (0.25, 0.5, 0.75)


def _predict(question: Question) -> Mapping[str, object]:
    asked = asked_of(question)
    fit, sample = fitted(asked), asked.sample
    subjects = design(asked.question, subjects=question.options["new_subjects"]).matrix
    curves = predicted_survival(
        sample,
        fit,
        subjects,
        conf_type=question.options.get("conf_type", "log"),
        conf_level=question.options.get("conf_level", 0.95),
    )
    baseline = [_baseline(asked, found) for found in baseline_hazard(sample, fit)]
    answer: dict[str, object] = {
        "baseline_hazard": baseline,
        "linear_predictor_uncentered": subjects @ np.nan_to_num(fit.coef, nan=0.0),
        "predicted": _predicted(asked, curves),
        "notes": notes_of(asked, fit),
    }
    if len(curves) == 1:
        answer["quantiles"] = _quantiles(curves[0])
    return answer


def _predicted(asked: CoxQuestion, curves: tuple[tuple[SurvivalCurve, ...], ...]) -> list[Mapping[str, object]]:
    """Every subject's curve in every stratum."""
    times = asked.question.options["times"]
    return [
        {**_stratum(stratum), "subject": number, **_at_times(curve, times)}
        for stratum, of_stratum in zip(asked.strata, curves, strict=True)
        for number, curve in enumerate(of_stratum, start=1)
    ]


def _stratum(name: str) -> Mapping[str, str]:
    return {"stratum": name} if name else {}


def _baseline(asked: CoxQuestion, found: BaselineHazard) -> Mapping[str, object]:
    return {**_stratum(asked.strata[found.stratum]), "time": found.time, "cumhaz": found.cumulative_hazard}


def _at_times(curve: SurvivalCurve, times: list[float]) -> Mapping[str, object]:
    rows = survival_at(curve, times, extend=True)
    return {
        "time": rows.time,
        "surv": rows.estimate,
        "std_err": rows.std_err,
        "lower": rows.lower,
        "upper": rows.upper,
    }


def _quantiles(curves: tuple[SurvivalCurve, ...]) -> Mapping[str, object]:
    found = [[quantile(curve, share) for share in _PROBABILITIES] for curve in curves]
    return {
        "probs": _PROBABILITIES,
        "quantile": [[one.estimate for one in row] for row in found],
        "lower": [[one.lower for one in row] for row in found],
        "upper": [[one.upper for one in row] for row in found],
    }


ADAPTERS: Final[dict[str, Adapter]] = {"cox.predict": _predict}
OPTIONS: Final = {"cox.predict": COX_OPTIONS | {"new_subjects", "times", "conf_type", "conf_level"}}

_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
KEPT_DIFFERENCES: Final = (KeptDifference("cox.predict/*", _RUNS_OFF, not_given, ran_off),)
