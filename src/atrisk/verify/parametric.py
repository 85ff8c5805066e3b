"""Reference cases of parametric survival regression and of interval censored curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from atrisk.errors import DataError
from atrisk.estimate.interval_censored.turnbull import TurnbullCurve, turnbull
from atrisk.estimate.parametric_survival.parametric import ParametricFit, parametric
from atrisk.estimate.parametric_survival.parametric_prediction import linear_prediction, quantile_prediction
from atrisk.estimate.parametric_survival.parametric_sample import ParametricSample, bounds_of_follow_up
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.design import Design, design
from atrisk.verify.kept_difference import (
    KeptDifference,
    above,
    at_most,
    below,
    infinite,
    not_given,
    not_given_or_infinite,
    ran_off,
)
from atrisk.verify.question import Level, Question, label, level_text

Floats = NDArray[np.float64]

# The stopping rule of R's survreg, which the figures outside the block `tight` bear.
_DEFAULT_TOLERANCE: Final = 1e-9
_PROBABILITIES: Final = (0.1, 0.5, 0.9)


def _survreg(question: Question) -> Mapping[str, object]:
    complete = _complete(question)
    columns = design(complete)
    strata, levels = complete.codes(complete.names("scale_strata"))
    lower, upper = _bounds(complete)
    sample = ParametricSample(
        lower=lower,
        upper=upper,
        covariates=columns.matrix,
        weight=complete.given("weights"),
        offset=complete.given("offset"),
        stratum=strata if len(levels) > 1 else None,
    )
    distribution, scale = question.options["distribution"], question.options.get("fixed_scale")
    usual = parametric(sample, distribution, fixed_scale=scale, tolerance=_DEFAULT_TOLERANCE)
    best = parametric(sample, distribution, fixed_scale=scale)
    answer: dict[str, object] = {
        "n": usual.n,
        "coef_names": ["intercept", *columns.names],
        "coef": usual.coef,
        # R gives the standard error 0 to a column without a coefficient.
        "se": np.where(np.isnan(usual.coef), 0.0, usual.std_err),
        "scale": usual.scale,
        "log_scale": usual.log_scale,
        "var": _without_nan(usual),
        "loglik_null": usual.loglik_null,
        "loglik": usual.loglik,
        "chisq": usual.likelihood_ratio,
        "df": usual.df,
        "p": usual.p_value,
        "aic": usual.aic,
        "tight": {"coef": best.coef, "scale": best.scale, "var": _without_nan(best), "loglik": best.loglik},
    }
    if not usual.scale_is_fixed:
        answer["se_log_scale"] = usual.std_err_log_scale
    if "new_subjects" in question.options:
        answer["predicted"] = _predicted(complete, usual, levels)
    if distribution == "weibull" and usual.scale.size == 1:
        answer["weibull_ph"] = _hazard_form(usual)
    answer["notes"] = _notes(sample, best)
    redundant = int(np.isnan(usual.coef).sum())
    if redundant:
        df = usual.df + redundant
        tail = float(chdtrc(df, usual.likelihood_ratio))
        answer["imitated"] = {"df": df, "p": tail, "aic": usual.aic + 2 * redundant}
    return answer


def _without_nan(fit: ParametricFit) -> Floats:
    """R gives rows of 0 to a column without a coefficient; one that runs off has no variance."""
    redundant = np.zeros(fit.covariance.shape[0], dtype=bool)
    redundant[: fit.coef.size] = np.isnan(fit.coef)
    return np.where(redundant[:, None] | redundant, 0.0, fit.covariance)


def _notes(sample: ParametricSample, fit: ParametricFit) -> tuple[str, ...]:
    weightless = sample.weight is not None and bool(np.any(sample.weight == 0))
    said = (fit.warning, "rows of weight 0 count for nothing" if weightless else None)
    return tuple(text for text in said if text is not None)


def _complete(question: Question) -> Question:
    """Rows with a value in every column used; the ends of an interval may be missing, but not both."""
    rows = question.complete()
    if "lower" not in question.options:
        return rows
    known = [rows.numbers(str(question.options[end])) for end in ("lower", "upper")]
    return rows.where(~np.isnan(known[0]) | ~np.isnan(known[1]))


def _bounds(question: Question) -> tuple[Floats, Floats]:
    if "lower" in question.options:
        return question.numbers(str(question.options["lower"])), question.numbers(str(question.options["upper"]))
    return bounds_of_follow_up(question.numbers(str(question.options["time"])), question.happened())


def _predicted(question: Question, fit: ParametricFit, levels: tuple[Level, ...]) -> Mapping[str, object]:
    subjects = question.options["new_subjects"]
    new: Design = design(question, subjects=subjects)
    names, stratum = question.names("scale_strata"), None
    if len(levels) > 1:
        wanted = zip(*([_text(value) for value in subjects[name]] for name in names), strict=True)
        stratum = np.array([_place(levels, level) for level in wanted])
    location, location_error = linear_prediction(fit, new.matrix)
    quantile, error = quantile_prediction(fit, new.matrix, _PROBABILITIES, stratum=stratum)
    return {
        "probs": list(_PROBABILITIES),
        "quantile": quantile,
        "se": error,
        "lp": location,
        "lp_se": location_error,
    }


def _text(value: object) -> str:
    return level_text(float(value)) if isinstance(value, int | float) else str(value)


def _place(levels: tuple[Level, ...], level: Level) -> int:
    if level not in levels:
        raise DataError("a new subject belongs to a stratum without patients.")
    return levels.index(level)


def _hazard_form(fit: ParametricFit) -> Mapping[str, object]:
    scale = float(fit.scale[0])
    return {
        "shape": 1 / scale,
        "scale_at_baseline": float(np.exp(fit.coef[0])),
        "hazard_ratio": np.exp(-fit.coef[1:] / scale),
    }


def _turnbull(question: Question) -> Mapping[str, object]:
    rows = _complete(question)
    lower, upper = _bounds(rows)
    weight, names = rows.given("weights"), rows.names("group")
    group, levels = rows.codes(names)
    npmle, survfit, imitated = [], [], []
    for place, level in enumerate(levels):
        mine = group == place
        curve = turnbull(lower[mine], upper[mine], weight=None if weight is None else weight[mine])
        name = {"label": label(names, level)} if names else {}
        npmle.append(
            name
            | {
                "interval_left": curve.left,
                "interval_right": curve.right,
                "mass": curve.mass,
                "surv_after": curve.survival,
                "loglik": curve.log_likelihood,
                "n_candidate_intervals": curve.n_candidates,
            }
        )
        ends = lower[mine], upper[mine]
        survfit.append({**name, **_at_middles(curve, *ends, curve.n * curve.mass)})
        imputed = _imputed_events(curve, *ends, np.ones(mine.sum()) if weight is None else weight[mine])
        at = _at_middles(curve, *ends, imputed)
        # survfit writes 0 for what lies before the first exact time or middle of two ends.
        before = np.asarray(at["time"]) < _survfit_jumps(*ends).min(initial=np.inf)
        imitated.append({"n_event": np.where(before, 0.0, np.asarray(at["n_event"]))})
    return {"npmle": npmle, "survfit": survfit, "imitated": {"survfit": imitated}}


def _imputed_events(curve: TurnbullCurve, lower: Floats, upper: Floats, weight: Floats) -> Floats:
    """Events in each interval of the curve as EM imputes them to those with an event, who are not right censored."""
    left, right = np.nan_to_num(lower, nan=0.0)[:, None], np.where(np.isnan(upper), np.inf, upper)[:, None]
    point, exact = curve.left == curve.right, left == right
    inside = np.where(point & ~exact, curve.left > left, curve.left >= left) & (curve.right <= right)
    share = np.where(np.where(exact, point, True) & inside, curve.mass, 0.0)
    known = share.sum(axis=1) > 0
    had = np.isfinite(right[:, 0]) & known
    imputed: Floats = (weight[had] / share[had].sum(axis=1)) @ share[had]
    return imputed


def _at_middles(curve: TurnbullCurve, lower: Floats, upper: Floats, events: Floats) -> Mapping[str, object]:
    """The curve with every mass and its events in the middle of its interval, at the times of R's survfit."""
    jumps = _survfit_jumps(lower, upper)
    alone = lower[np.isposinf(upper) | np.isnan(upper) | (lower == upper)]
    early = upper[np.isnan(lower) & (upper < jumps.min(initial=np.inf))]
    time = np.unique(np.concatenate((jumps, alone, early)))
    ending = np.isfinite(curve.right)
    # What lies before every beginning has no left end in R, and counts as exact.
    middle = np.where(curve.left > 0, 0.5 * (curve.left + curve.right), curve.right)[ending]
    place = np.minimum(np.searchsorted(time, middle), time.size - 1)
    mass = np.bincount(place, weights=curve.mass[ending], minlength=time.size)
    unknown = np.full(time.size, np.nan)
    return {
        "time": time,
        "surv": 1 - np.cumsum(mass),
        "n_event": np.bincount(place, weights=events[ending], minlength=time.size),
        "std_err": unknown,
        "lower": unknown,
        "upper": unknown,
    }


def _survfit_jumps(lower: Floats, upper: Floats) -> Floats:
    """The exact times, and the middles between an end that is none of an interval's right ends and such an end."""
    exact = lower == upper
    open_left = lower[~exact & ~np.isnan(lower)]
    right = upper[~exact & np.isfinite(upper)]
    time = np.concatenate((lower[exact], right, open_left))
    kind = np.repeat([0, 1, 2], [int(exact.sum()), right.size, open_left.size])
    order = np.lexsort((kind, time))
    time, kind = time[order], kind[order]
    pairs = (kind[:-1] != 1) & (kind[1:] == 1)
    return np.concatenate((time[kind == 0], 0.5 * (time[:-1] + time[1:])[pairs]))


# How far the survival of an EM that stops at a change of 5e-5 may be from the maximum.
_EM_STOPS: Final = 0.02
# And how many patients its imputed events may be from those of the maximum.
_EVENTS_OFF: Final = 1.0
_STOPS_EARLY: Final = (
    "survfit stops its EM at a change of 5e-5; ours is the maximum, Kuhn-Tucker checked, as the block npmle"
)
_IMPUTED: Final = (
    "survfit counts the events that EM imputes to those known to have had one; ours is patients times the mass"
)
_NO_STANDARD_ERROR: Final = (
    "survfit takes the events that EM imputes for observed ones, which makes standard errors too small; none is given"
)


ADAPTERS: Final[dict[str, Adapter]] = {"survreg": _survreg, "turnbull": _turnbull}
OPTIONS: Final = {
    "survreg": frozenset(
        {"distribution", "time", "event", "event_value", "lower", "upper", "interval_coding", "covariates", "terms"}
        | {"scale_strata", "fixed_scale", "new_subjects", "weights", "offset", "timefix", "missing"}
    ),
    "turnbull": frozenset({"lower", "upper", "interval_coding", "weights", "group"}),
}

_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
_COUNTS_REDUNDANT: Final = "R counts a column without a coefficient as a parameter; ours leaves it out"
_NULL_STOPPED: Final = (
    "survreg stops the model without covariates after 20 steps, short of its maximum; ours goes there, so that the "
    "likelihood ratio is smaller"
)


def _separate_scales(case: Case) -> bool:
    return bool(case.question.options.get("scale_strata"))


KEPT_DIFFERENCES: Final = (
    KeptDifference("survreg/coef", _RUNS_OFF, infinite, ran_off),
    *(
        KeptDifference(f"survreg/{name}", _RUNS_OFF, not_given_or_infinite, ran_off)
        for name in ("se", "var", "predicted.*", "weibull_ph.*")
    ),
    *(KeptDifference(f"survreg/{name}", _NULL_STOPPED, above, _separate_scales) for name in ("loglik_null", "p")),
    KeptDifference("survreg/chisq", _NULL_STOPPED, below, _separate_scales),
    *(KeptDifference(f"survreg/{name}", _COUNTS_REDUNDANT, None) for name in ("df", "p", "aic")),
    KeptDifference("turnbull/survfit*.surv", _STOPS_EARLY, at_most(_EM_STOPS)),
    KeptDifference("turnbull/survfit*.n_event", _IMPUTED, None, slack=_EVENTS_OFF),
    *(
        KeptDifference(f"turnbull/survfit*.{name}", _NO_STANDARD_ERROR, not_given)
        for name in ("std_err", "lower", "upper")
    ),
)
