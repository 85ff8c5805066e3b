"""Answers the cases of survival curves, landmarks, quantiles, follow-up and restricted means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.confidence_limits import pointwise_limits
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, quantile, survival_at
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean, restricted_mean_difference
from atrisk.estimate.survival_curve.survival_curves import survival_curves
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.comparison import as_numbers
from atrisk.verify.kept_difference import KeptDifference, not_given
from atrisk.verify.question import Question, label

Floats = NDArray[np.float64]
_NELSON_AALEN_ROBUST = (
    "survfit of survival 3.5-3 takes the robust standard error of H = -log S for that of S itself when stype = 2 and "
    "ctype = 1 (it multiplies by S under ctype = 2 and without robust); ours is S times that of H throughout"
)
_ROUNDING_ABOVE_ZERO = (
    "where weighted patients all fail before others enter, R's sums of weights leave a survival of some 1e-16, whose "
    "logarithm then has limits; ours is 0 there, and stays 0"
)


def curves(question: Question) -> Mapping[str, object]:
    """km.curve: the whole of each curve, without the rows at which somebody only enters."""
    used = question.complete()
    found = _curves(used)
    answer, imitated = [], []
    for name, curve in found:
        rows = _exits(curve)
        answer.append(
            name
            | {
                "n": curve.n,
                "time": curve.time[rows],
                "n_risk": curve.n_at_risk[rows],
                "n_event": curve.n_event[rows],
                "n_censor": curve.n_censored[rows],
                "surv": curve.survival[rows],
                "std_err": curve.std_err[rows],
                "cumhaz": curve.cumulative_hazard[rows],
                "std_err_cumhaz": curve.std_err_cumulative_hazard[rows],
                "lower": curve.lower[rows],
                "upper": curve.upper[rows],
            }
        )
        errors = curve.std_err_cumulative_hazard[rows]
        imitated.append({"time": curve.time[rows], **_with_errors(curve, curve.survival[rows], errors)})
    return {"n_total": used.n, "curves": answer, "notes": _notes(question.options), "imitated": {"curves": imitated}}


def _with_errors(curve: SurvivalCurve, survival: Floats, errors: Floats) -> dict[str, Any]:
    """Limits by these standard errors of S, which is 0 where nobody is left."""
    errors = np.where(survival == 0, np.nan, errors)
    with np.errstate(over="ignore"):
        lower, upper = pointwise_limits(survival, errors, conf_type=curve.conf_type, conf_level=curve.conf_level)
    return {"std_err": errors, "lower": lower, "upper": upper}


def landmarks(question: Question) -> Mapping[str, object]:
    """km.landmarks: survival at chosen times, sorted as R sorts them."""
    times = np.sort(np.asarray(question.options["times"], dtype=np.float64))
    found = _curves(question.complete())
    answer, imitated = [], []
    for name, curve in found:
        marks = survival_at(curve, times, extend=bool(question.options.get("extend", False)))
        exits = _exits(curve)
        # R counts at risk at the next exit, with those who enter in between; we say so where it differs.
        at_next_exit = np.concatenate((curve.n_at_risk[exits], [0.0]))
        answer.append(
            name
            | {
                "time": marks.time,
                "n_risk": at_next_exit[np.searchsorted(curve.time[exits], times, side="left")],
                "cum_events": marks.n_event,
                "surv": marks.estimate,
                "std_err": marks.std_err,
                "lower": marks.lower,
                "upper": marks.upper,
            }
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            block = _with_errors(curve, marks.estimate, marks.std_err / marks.estimate)
        early = marks.estimate == 1
        ends = {name: np.where(early, getattr(marks, name), block[name]) for name in ("lower", "upper")}
        imitated.append({**block, **ends})
    return {"curves": answer, "notes": _notes(question.options), "imitated": {"curves": imitated}}


def quantiles(question: Question) -> Mapping[str, object]:
    """km.quantiles and km.reverse_followup: times by which shares of the patients have had the event."""
    found = _curves(question.complete())
    probabilities = question.options["probs"]
    answer, imitated = [], []
    for name, curve in found:
        block = _quantiles(curve, probabilities)
        answer.append(name | {"n": curve.n, "events": float(curve.n_event.sum()), **block})
        ends = _with_errors(curve, curve.survival, curve.std_err_cumulative_hazard)
        imitated.append(_quantiles(replace(curve, **ends), probabilities))
    return {"curves": answer, "notes": _notes(question.options), "imitated": {"curves": imitated}}


def _quantiles(curve: SurvivalCurve, probabilities: Sequence[float]) -> dict[str, object]:
    each = [quantile(curve, probability) for probability in probabilities]
    return {
        "quantile": [one.estimate for one in each],
        "lower": [one.lower for one in each],
        "upper": [one.upper for one in each],
    }


def restricted_means(question: Question) -> Mapping[str, object]:
    """km.rmst: the area under each curve up to tau, the last value carried on, and the difference of two."""
    tau = float(question.options["tau"])
    found = _curves(question.complete())
    means = [restricted_mean(curve, tau, extend=True) for _, curve in found]
    answer: dict[str, object] = {
        "curves": [
            name | {"rmst": mean.estimate, "std_err": mean.std_err, "last_time": curve.last_time}
            for (name, curve), mean in zip(found, means, strict=True)
        ],
        "notes": _notes(question.options),
    }
    if len(means) == 2:
        contrast = restricted_mean_difference(means[1], means[0])
        answer["difference_second_minus_first"] = {
            "estimate": contrast.estimate,
            "std_err": contrast.std_err,
            "lower": contrast.lower,
            "upper": contrast.upper,
            "p": contrast.p_value,
        }
    return answer


def _curves(used: Question) -> list[tuple[dict[str, object], SurvivalCurve]]:
    """Each curve with the name and the levels of its group."""
    options = used.options
    names = used.names("group")
    group, levels = used.codes(names)
    time, entry = used.times()
    happened = used.happened()
    rows = FollowUpRows.of(
        time,
        (~happened if options.get("reverse") else happened).astype(np.int64),
        group=group,
        entry=entry,
        weight=used.given("weights"),
        cluster=used.codes(str(options["cluster"]))[0] if _clustered(options) else None,
    )
    found = survival_curves(
        rows,
        conf_type=options.get("conf_type", "log"),
        conf_level=float(options.get("conf_level", 0.95)),
        estimator=options.get("estimator", "kaplan-meier"),
        robust=options.get("robust"),
    )
    named: list[dict[str, object]] = [
        {"label": label(names, level), "levels": dict(zip(names, level, strict=True))} if names else {}
        for level in levels
    ]
    return list(zip(named, found, strict=True))


def _clustered(options: Mapping[str, object]) -> bool:
    return options.get("cluster") is not None and options.get("robust") is not False


def _notes(options: Mapping[str, object]) -> tuple[str, ...]:
    """What there is to say where R warns or stops."""
    if options.get("cluster") is not None and not _clustered(options):
        return ("clusters are left out, because robust is false",)
    if options.get("robust") and options.get("entry") and not options.get("cluster"):
        return ("every row counts as a cluster of its own",)
    return ()


def _exits(curve: SurvivalCurve) -> NDArray[np.int64]:
    """The rows of a curve at which somebody leaves: R has no row for an entry alone."""
    return np.flatnonzero(curve.patients_leaving > 0)


ADAPTERS: Final[Mapping[str, Adapter]] = {
    "km.curve": curves,
    "km.landmarks": landmarks,
    "km.quantiles": quantiles,
    "km.reverse_followup": quantiles,
    "km.rmst": restricted_means,
}

_COMMON: Final = frozenset(
    {"time", "event", "event_value", "entry", "group", "weights", "cluster", "robust", "timefix", "missing"}
    | {"estimator", "conf_type", "conf_level"}
)
OPTIONS: Final = {
    "km.curve": _COMMON,
    "km.landmarks": _COMMON | {"times", "extend"},
    "km.quantiles": _COMMON | {"probs"},
    "km.reverse_followup": _COMMON | {"probs", "reverse"},
    "km.rmst": _COMMON | {"tau"},
}


def _robust_nelson_aalen(case: Case) -> bool:
    options = case.question.options
    weights = case.question.given("weights")
    fractional = weights is not None and bool(np.any(weights != np.floor(weights)))
    robust = options.get("robust", bool(options.get("cluster")) or fractional)
    return options.get("estimator") == "nelson-aalen" and bool(robust)


def _leaves_rounding(case: Case) -> bool:
    """Whether weighted curves of patients who enter late fall to a rounding residue in the reference."""
    if not {"weights", "entry"} <= set(case.question.options):
        return False
    values = [as_numbers(curve.get("surv", [])) for curve in case.expected.get("curves", ())]
    return any(found is not None and bool(np.any((found > 0) & (found < _RESIDUE))) for found in values)


_RESIDUE: Final = 1e-12
KEPT_DIFFERENCES: Final = (
    *(
        KeptDifference(f"km.*/curves*.{name}", _NELSON_AALEN_ROBUST, None, _robust_nelson_aalen)
        for name in ("std_err", "lower", "upper")
    ),
    *(
        KeptDifference(f"km.*/curves*.{name}", _ROUNDING_ABOVE_ZERO, not_given, _leaves_rounding)
        for name in ("std_err", "lower", "upper")
    ),
)
