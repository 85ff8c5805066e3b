"""Reference cases of competing risks: cumulative incidence, Gray's test and Fine-Gray regression."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.cumulative_incidence.gray import gray
from atrisk.errors import DataError
from atrisk.estimate.competing_risks.aalen_johansen import (
    CompetingRisksRows,
    IncidenceCurve,
    aalen_johansen,
    aalen_johansen_of_rows,
    aalen_variance,
    cumulative_incidence_at,
)
from atrisk.estimate.competing_risks.fine_gray import FineGraySample, fine_gray, predicted_incidence
from atrisk.estimate.competing_risks.fine_gray_expansion import ExpandedRows, expand
from atrisk.summary.event_counts import EventCounts, Shape
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.cox import ADAPTERS as COX_ADAPTERS
from atrisk.verify.design import design
from atrisk.verify.kept_difference import (
    KeptDifference,
    digits_lost,
    infinite,
    infinite_ratio,
    not_given,
    not_given_or_infinite,
    ran_off,
    within_share,
)
from atrisk.verify.question import Question, label
from atrisk.verify.time_function import time_function

Floats = NDArray[np.float64]

# The stopping rule of cmprsk::crr, which the figures outside the block `tight` bear.
_CRR_TOLERANCE: Final = 1e-6


def _curves(question: Question, *, clusters: bool = True) -> tuple[Question, tuple[IncidenceCurve, ...]]:
    complete = question.complete()
    time, entry = complete.times()
    cause, states = complete.states()
    group, _ = complete.codes(complete.names("group"))
    cluster = (
        None
        if not clusters or "cluster" not in question.options
        else complete.codes(str(question.options["cluster"]))[0]
    )
    rows = CompetingRisksRows(
        time=time, cause=cause, group=group, entry=entry, weight=complete.given("weights"), cluster=cluster
    )
    return complete, aalen_johansen_of_rows(
        rows,
        n_causes=len(states),
        conf_type=question.options.get("conf_type", "log"),
        conf_level=question.options.get("conf_level", 0.95),
    )


def _aalen_johansen(question: Question) -> Mapping[str, object]:
    return _with_and_without_clusters(question, _whole_curves)


def _with_and_without_clusters(
    question: Question, answer: Callable[[Question, tuple[IncidenceCurve, ...]], Mapping[str, object]]
) -> Mapping[str, object]:
    """The answer, and beside it what R makes of clusters: nothing."""
    found = answer(*_curves(question))
    if "cluster" not in question.options:
        return found
    return {**found, "imitated": answer(*_curves(question, clusters=False))}


def _whole_curves(complete: Question, curves: tuple[IncidenceCurve, ...]) -> Mapping[str, object]:
    group, levels = complete.codes(complete.names("group"))
    _, states = complete.states()
    answer = []
    for i, curve in enumerate(curves):
        # R's curve has no rows for times at which someone only enters.
        exits = np.flatnonzero((curve.n_event.sum(axis=0) > 0) | (curve.n_censored > 0))

        def by_state(values: Floats, exits: NDArray[np.int64] = exits) -> dict[str, Floats]:
            return {state: values[k][exits] for k, state in enumerate(states)}

        answer.append(
            {
                **_named(complete, levels[i]),
                "n": int((group == i).sum()),
                "time": curve.time[exits],
                "n_risk": curve.n_at_risk[exits],
                "n_event": by_state(curve.n_event),
                "event_free": curve.event_free[exits],
                "cif": by_state(curve.incidence),
                "std_err": by_state(curve.std_err),
                "lower": by_state(curve.lower),
                "upper": by_state(curve.upper),
            }
        )
    return {"curves": answer}


def _landmarks(question: Question) -> Mapping[str, object]:
    return _with_and_without_clusters(question, _curves_at_landmarks)


def _curves_at_landmarks(complete: Question, curves: tuple[IncidenceCurve, ...]) -> Mapping[str, object]:
    _, levels = complete.codes(complete.names("group"))
    _, states = complete.states()
    times = np.sort(np.asarray(complete.options["times"], dtype=np.float64))
    answer = []
    for i, curve in enumerate(curves):
        marks = cumulative_incidence_at(curve, times, extend=True)
        exits = (curve.n_event.sum(axis=0) > 0) | (curve.n_censored > 0)
        # Before the first exit R's limits are the starting value, not missing.
        early = marks.time < curve.time[exits].min(initial=np.inf)
        lower, upper = (np.where(early, 0.0, limit) for limit in (marks.lower, marks.upper))
        values = {"cif": marks.estimate, "std_err": marks.std_err, "lower": lower, "upper": upper}
        # R counts those at risk at the next exit, also where others enter before it.
        at_exits = np.concatenate((curve.n_at_risk[exits], [0.0]))
        answer.append(
            {
                **_named(complete, levels[i]),
                "time": marks.time,
                "n_risk": at_exits[np.searchsorted(curve.time[exits], marks.time)],
                "event_free": marks.event_free,
                **{name: {state: value[k] for k, state in enumerate(states)} for name, value in values.items()},
            }
        )
    return {"curves": answer}


def _gray(question: Question) -> Mapping[str, object]:
    complete = question.complete()
    # cuminc compares times exactly.
    time = complete.numbers(str(question.options["time"]))
    cause, states = complete.states()
    group, levels = complete.codes(complete.names("group"))
    stratum, strata = complete.codes(complete.names("strata"))
    shape = Shape(n_groups=len(levels), n_strata=len(strata), n_causes=len(states))
    counts = EventCounts.of(time, cause, group=group, stratum=stratum, shape=shape)
    times = np.unique(np.asarray(question.options["times"], dtype=np.float64))
    found = [k for k in range(len(states)) if np.any(cause == k + 1)]
    curves = aalen_johansen(counts)
    estimates = []
    for k in found:
        for level, curve in zip(levels, curves, strict=True):
            cif = cumulative_incidence_at(curve, times).estimate[k]
            place = np.searchsorted(curve.time, times, side="right")
            variance = np.concatenate(([0.0], aalen_variance(curve)[k]))[place]
            # cuminc ends where follow-up does, also where nobody is left free of events.
            beyond = times > curve.last_time
            estimates.append(
                {
                    **({"group": " ".join(level)} if complete.names("group") else {}),
                    "cause": states[k],
                    "time": times,
                    "cif": np.where(beyond, np.nan, cif),
                    "var": np.where(beyond, np.nan, variance),
                }
            )
    if len(levels) < 2:
        return {"estimates": estimates}
    tests = [gray(counts, k + 1, rho=question.options.get("rho", 0)) for k in found]
    return {
        "estimates": estimates,
        "gray_test": [
            {"cause": states[test.cause - 1], "stat": test.chi_squared, "df": test.df, "p": test.p_value}
            for test in tests
        ],
    }


def _crr(question: Question) -> Mapping[str, object]:
    complete = question.complete()
    columns = design(complete)
    cause, states = complete.states()
    of_interest = states.index(str(question.options["cause"])) + 1
    names, moving, functions = list(columns.names), None, []
    if "time_varying" in question.options:
        place, function = _time_varying(question)
        moving, functions = columns.matrix[:, [place]], [function]
        # crr numbers the functions of time behind the name of their column.
        names.append(f"{names[place].replace('[', '').replace(']', '')}*tf1")
    groups = complete.names("censoring_group")
    sample = FineGraySample(
        time=complete.numbers(str(question.options["time"])),
        cause=cause,
        covariates=columns.matrix,
        moving=moving,
        censoring_group=complete.codes(groups)[0] if groups else None,
    )
    best = fine_gray(sample, of_interest, time_functions=functions, own_events=True)
    usual = best
    # Where the likelihood has no maximum crr stops somewhere on the way, and there is nothing to imitate.
    if not np.any(np.isinf(best.coef)):
        usual = fine_gray(sample, of_interest, time_functions=functions, own_events=True, tolerance=_CRR_TOLERANCE)
    answer: dict[str, object] = {
        "n": usual.n,
        "coef_names": names,
        "coef": usual.coef,
        "var": usual.covariance,
        "loglik": usual.loglik,
        "se": usual.std_err,
        "z": usual.z,
        "p": usual.p_value,
        "shr": usual.hazard_ratio,
        "shr_lower": usual.lower,
        "shr_upper": usual.upper,
        "inverse_information": usual.inverse_information,
        "loglik_null": usual.loglik_null,
        "converged": usual.converged,
        "n_unique_failure_times": usual.event_time.size,
        "subdistribution_baseline": {"time": usual.event_time, "jump": usual.jump},
        "tight": {"coef": best.coef, "var": best.covariance, "loglik": best.loglik},
        "notes": () if best.warning is None else (best.warning,),
    }
    at = question.options.get("predicted_at")
    if at is not None:
        rows = np.asarray(at["design_rows"], dtype=np.float64)
        answer["predicted"] = {"cif": predicted_incidence(usual, rows, at["time"])}
    return answer


def _expand(question: Question) -> Mapping[str, object]:
    complete, spans = _expanded(question)
    # R keeps rows that end at their entry, of weight 1 and without times, at the end of its own.
    empty = int(question.ends_at_entry().sum())
    imitated = {
        "n_rows": spans.row.size + empty,
        "sum_weight": spans.weight.sum() + empty,
        "sum_weighted_persontime": np.nan if empty else spans.weight @ (spans.stop - spans.start),
    }
    return {
        "imitated": imitated,
        "n_rows": spans.row.size,
        "subject_row": np.arange(1, complete.n + 1)[spans.row],
        "start": spans.start,
        "stop": spans.stop,
        "status": spans.event.astype(np.float64),
        "weight": spans.weight,
        "sum_weight": spans.weight.sum(),
        "sum_weighted_persontime": spans.weight @ (spans.stop - spans.start),
    }


def _expanded(question: Question) -> tuple[Question, ExpandedRows]:
    """The complete rows of a case and their spans; strata have censoring distributions of their own."""
    complete = question.complete()
    time, entry = complete.times()
    cause, states = complete.states()
    strata, _ = complete.codes(complete.names("strata"))
    rows = CompetingRisksRows(time=time, cause=cause, group=strata, entry=entry, weight=complete.given("weights"))
    return complete, expand(rows, states.index(str(question.options["cause"])) + 1)


def _weighted_cox(question: Question) -> Mapping[str, object]:
    complete, spans = _expanded(question)
    sums = {
        "expanded_rows": spans.row.size,
        "sum_weights": spans.weight.sum(),
        "sum_weighted_persontime": spans.weight @ (spans.stop - spans.start),
    }
    answer = dict(COX_ADAPTERS["cox.fit"](_as_cox_case(complete, spans)))
    # R centres start-stop data at plain means of the rows, and right censored data at weighted ones.
    x = design(complete).matrix[spans.row]
    answer["covariate_centers"] = np.where(np.all(np.isin(x, (-1.0, 0.0, 1.0)), axis=0), 0.0, x.mean(axis=0))
    return sums | answer


def _as_cox_case(question: Question, spans: ExpandedRows) -> Question:
    """The spans as a case of Cox regression: weighted, clustered on the patient, without strata (as in fg_case)."""
    own: dict[str, NDArray[np.generic]] = {
        "fgstart": spans.start,
        "fgstop": spans.stop,
        "fgstatus": spans.event.astype(np.int64),
        "fgwt": spans.weight,
        "row_": spans.row,
    }
    columns = {name: tuple(cells[i] for i in spans.row) for name, cells in question.columns.items()}
    columns |= {name: tuple(str(value) for value in values) for name, values in own.items()}
    carried = ("covariates", "terms", "ties", "offset")
    options = {name: question.options[name] for name in carried if name in question.options}
    named = {"entry": "fgstart", "time": "fgstop", "event": "fgstatus", "weights": "fgwt", "cluster": "row_"}
    return replace(
        question,
        options=options | named | {"event_value": 1},
        columns=columns,
        data_row=question.data_row[spans.row],
        numeric=question.numeric | frozenset(own),
    )


def _time_varying(question: Question) -> tuple[int, Callable[[Floats], Floats]]:
    """The place of the column that a function of time multiplies, and the function."""
    text = str(question.options["time_varying"])
    found = re.fullmatch(r"column (\d+) of the design times (.+)", text)
    if found is None:
        raise DataError(f"case {question.id}: '{text}' is not 'column NUMBER of the design times FUNCTION OF t'.")
    return int(found[1]) - 1, time_function(found[2])


def _named(question: Question, level: tuple[str, ...]) -> dict[str, object]:
    """The label and the levels of a group; nothing where there are no groups."""
    names = question.names("group")
    return {"label": label(names, level), "levels": dict(zip(names, level, strict=True))} if names else {}


ADAPTERS: Final[dict[str, Adapter]] = {
    "cif.aalen_johansen": _aalen_johansen,
    "cif.aalen_johansen_landmarks": _landmarks,
    "cif.gray": _gray,
    "finegray.crr": _crr,
    "finegray.expand": _expand,
    "finegray.weighted_cox": _weighted_cox,
}
_COMMON: Final = frozenset({"time", "event", "event_map", "censor", "weights", "timefix", "missing"})
_CURVES: Final = _COMMON | {"entry", "group", "cluster", "conf_type", "conf_level", "variance"}
_REGRESSION: Final = _COMMON | {"cause", "covariates", "terms"}
OPTIONS: Final = {
    "cif.aalen_johansen": _CURVES,
    "cif.aalen_johansen_landmarks": _CURVES | {"times"},
    "cif.gray": (_COMMON - {"weights"}) | {"group", "strata", "rho", "times", "variance"},
    "finegray.crr": (_REGRESSION - {"weights"}) | {"censoring_group", "time_varying", "predicted_at"},
    "finegray.expand": _COMMON | {"cause", "entry", "strata"},
    "finegray.weighted_cox": _REGRESSION | {"entry", "strata", "ties", "offset", "variance"},
}

_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
_NO_CLUSTERS: Final = (
    "survfit 3.5-3 takes no account of the clusters of its multi-state curves; ours adds the influences of a cluster's "
    "patients up (tests/api/r)"
)
_EMPTY_ROWS: Final = "finegray keeps rows that end at their entry, without times; ours leaves them out"
_STOPS_SHORT: Final = (
    "crr at gtol = 1e-12 halves its last step where rounding hides the rise of the likelihood, and stops short of the "
    "maximum, which ours reaches"
)
_AT_TIME_0: Final = (
    "crr looks the censoring distribution up at t (1 - 100 eps) in place of just before t, which at t = 0 lies after "
    "the censorings at 0; ours counts them as it counts all others"
)
# How far short crr stops, relatively, and how far the weights of those with a competing event at time 0 take it.
_SHORT: Final = 1e-6
_BY_TIME_0: Final = 0.01
_LOST_DIGITS: Final = "cuminc takes 1 - pchisq(x), which has lost its digits for tiny p; ours is the upper tail itself"
_FIGURES: Final = (
    *("coef", "se", "z", "p", "shr", "shr_lower", "shr_upper", "var", "inverse_information", "loglik", "loglik_null"),
    *("subdistribution_baseline.jump", "predicted.cif"),
)


def _censored_at_0(case: Case) -> bool:
    """Whether a censoring and another event stand at time 0."""
    complete = case.question.complete()
    states, _ = complete.states()
    at_0 = states[complete.numbers(str(complete.options["time"])) == 0]
    return bool(np.any(at_0 == 0) and np.any(at_0 > 0))


KEPT_DIFFERENCES: Final = (
    *(
        KeptDifference(
            f"finegray.expand/{name}", _EMPTY_ROWS, None, lambda case: bool(case.question.ends_at_entry().any())
        )
        for name in ("n_rows", "sum_weight", "sum_weighted_persontime")
    ),
    *(
        KeptDifference(
            f"{method}/curves*.{name}.*", _NO_CLUSTERS, None, lambda case: "cluster" in case.question.options
        )
        for method in ("cif.aalen_johansen", "cif.aalen_johansen_landmarks")
        for name in ("std_err", "lower", "upper")
    ),
    KeptDifference("cif.gray/gray_test*.p", _LOST_DIGITS, digits_lost),
    *(KeptDifference(f"finegray.crr/{name}", _STOPS_SHORT, within_share(_SHORT)) for name in ("coef", "var")),
    *(
        KeptDifference(f"finegray.crr/{name}", _AT_TIME_0, within_share(_BY_TIME_0), _censored_at_0)
        for name in _FIGURES
    ),
    KeptDifference("finegray.crr/coef", _RUNS_OFF, infinite, ran_off),
    KeptDifference("finegray.crr/shr", _RUNS_OFF, infinite_ratio, ran_off),
    *(
        KeptDifference(f"finegray.crr/{name}", _RUNS_OFF, not_given_or_infinite, ran_off)
        for name in ("var", "inverse_information", "se", "z", "p", "shr_lower", "shr_upper")
    ),
    *(
        KeptDifference(f"finegray.crr/{name}", _RUNS_OFF, not_given, ran_off)
        for name in ("subdistribution_baseline.jump", "predicted.cif")
    ),
)
