"""Reference cases of parametric survival regression and of interval censored curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import DataError
from atrisk.estimate.interval_censored.turnbull import TurnbullCurve, turnbull
from atrisk.estimate.parametric_survival.parametric import (
    ParametricFit,
    ParametricSample,
    bounds_of_follow_up,
    linear_prediction,
    parametric,
    quantile_prediction,
)
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case, Level, label, level_text
from atrisk.verify.design import Design, design

Floats = NDArray[np.float64]

# The stopping rule of R's survreg, which the figures outside the block `tight` bear.
_DEFAULT_TOLERANCE: Final = 1e-9
_PROBABILITIES: Final = (0.1, 0.5, 0.9)


def _survreg(case: Case) -> Mapping[str, object]:
    complete = _complete(case)
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
    distribution, scale = case.options["distribution"], case.options.get("fixed_scale")
    usual = parametric(sample, distribution, fixed_scale=scale, tolerance=_DEFAULT_TOLERANCE)
    best = parametric(sample, distribution, fixed_scale=scale)
    answer: dict[str, object] = {
        "n": usual.n,
        "coef_names": ["intercept", *columns.names],
        "coef": best.coef,
        # R gives the standard error 0 to a column without a coefficient.
        "se": np.where(np.isnan(usual.coef), 0.0, usual.std_err),
        "scale": best.scale,
        "log_scale": usual.log_scale,
        "var": np.where(np.isnan(best.covariance), 0.0, best.covariance),
        "loglik_null": usual.loglik_null,
        "loglik": best.loglik,
        "chisq": usual.likelihood_ratio,
        "df": usual.df,
        "p": usual.p_value,
        "aic": usual.aic,
        "var_order": _VAR_ORDER,
    }
    if not usual.scale_is_fixed:
        answer["se_log_scale"] = usual.std_err_log_scale
    if "new_subjects" in case.options:
        answer["predicted"] = _predicted(complete, usual, levels)
    if distribution == "weibull" and usual.scale.size == 1:
        answer["weibull_ph"] = _hazard_form(usual)
    answer["notes"] = _notes(sample, best)
    if np.any(np.isinf(best.coef)):
        answer["kept"] = dict.fromkeys((*_OF_THE_COEFFICIENTS, "weibull_ph.*"), _RUNS_OFF)
    elif np.any(np.isnan(best.coef)):
        answer["kept"] = dict.fromkeys(("df", "p", "aic", "predicted.*"), _COUNTS_REDUNDANT)
    return answer


_OF_THE_COEFFICIENTS: Final = ("coef", "se", "var", "predicted.*", "converged")
_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
_COUNTS_REDUNDANT: Final = "R counts a column without a coefficient as a parameter; ours leaves it out"


def _notes(sample: ParametricSample, fit: ParametricFit) -> tuple[str, ...]:
    weightless = sample.weight is not None and bool(np.any(sample.weight == 0))
    said = (fit.warning, "rows of weight 0 count for nothing" if weightless else None)
    return tuple(text for text in said if text is not None)


_VAR_ORDER: Final = "coefficients in order, then log(scale) of each scale stratum (absent when the scale is fixed)"


def _complete(case: Case) -> Case:
    """Rows with a value in every column used; the ends of an interval may be missing, but not both."""
    rows = case.complete()
    if "lower" not in case.options:
        return rows
    known = [rows.numbers(str(case.options[end])) for end in ("lower", "upper")]
    return rows.where(~np.isnan(known[0]) | ~np.isnan(known[1]))


def _bounds(case: Case) -> tuple[Floats, Floats]:
    if "lower" in case.options:
        return case.numbers(str(case.options["lower"])), case.numbers(str(case.options["upper"]))
    return bounds_of_follow_up(case.numbers(str(case.options["time"])), case.happened())


def _predicted(case: Case, fit: ParametricFit, levels: tuple[Level, ...]) -> Mapping[str, object]:
    subjects = case.options["new_subjects"]
    new: Design = design(case, subjects=subjects)
    names, stratum = case.names("scale_strata"), None
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


def _turnbull(case: Case) -> Mapping[str, object]:
    rows = _complete(case)
    lower, upper = _bounds(rows)
    weight, names = rows.given("weights"), rows.names("group")
    group, levels = rows.codes(names)
    npmle, survfit = [], []
    wanted = case.expected.get("npmle", ())
    for place, level in enumerate(levels):
        mine = group == place
        curve = turnbull(lower[mine], upper[mine], weight=None if weight is None else weight[mine])
        name = {"label": label(names, level)} if names else {}
        npmle.append(
            name
            | dict(_as_listed(curve, wanted[place] if place < len(wanted) else {}))
            | {
                "loglik": curve.log_likelihood,
                "n_candidate_intervals": curve.n_candidates,
                "kkt_excess": curve.kkt_excess,
            }
        )
        survfit.append({**name, **_at_middles(curve, lower[mine], upper[mine])})
    return {"npmle": npmle, "survfit": survfit}


def _at_middles(curve: TurnbullCurve, lower: Floats, upper: Floats) -> Mapping[str, object]:
    """The curve with every mass in the middle of its interval, at the times of R's survfit."""
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
        "n_event": curve.n * mass,
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


def _as_listed(curve: TurnbullCurve, expected: Mapping[str, object]) -> Mapping[str, object]:
    """Masses on the intervals that the case lists (its EM leaves residues elsewhere), else on our own."""
    left, right = (np.asarray(expected.get(name, ()), dtype=object) for name in ("interval_left", "interval_right"))
    listed = list(zip(left.astype(np.float64), right.astype(np.float64), strict=True))
    own = list(zip(curve.left.tolist(), curve.right.tolist(), strict=True))
    if not set(own) <= set(listed):
        return {
            "interval_left": curve.left,
            "interval_right": curve.right,
            "mass": curve.mass,
            "surv_after": curve.survival,
        }
    held = dict(zip(own, curve.mass.tolist(), strict=True))
    mass = np.array([held.get(interval, 0.0) for interval in listed])
    return {
        "interval_left": [interval[0] for interval in listed],
        "interval_right": [interval[1] for interval in listed],
        "mass": mass,
        "surv_after": np.append(np.cumsum(mass[::-1])[::-1][1:], 0.0),
    }


_STOPS_EARLY: Final = (
    "survfit stops its EM at a change of 5e-5; ours is the maximum, Kuhn-Tucker checked, as the block npmle"
)
_IMPUTED: Final = "survfit counts events that EM imputes to those still at risk; ours is patients times the mass"
_NO_STANDARD_ERROR: Final = (
    "survfit takes the events that EM imputes for observed ones, which makes standard errors too small; none is given"
)


ADAPTERS: Final[dict[str, Adapter]] = {"survreg": _survreg, "turnbull": _turnbull}
KEPT_DIFFERENCES: Final[dict[str, str]] = {
    "turnbull/survfit*.surv": _STOPS_EARLY,
    "turnbull/survfit*.n_event": _IMPUTED,
    **{f"turnbull/survfit*.{name}": _NO_STANDARD_ERROR for name in ("std_err", "lower", "upper")},
}
