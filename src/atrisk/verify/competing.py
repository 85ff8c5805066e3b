"""Reference cases of competing risks: cumulative incidence, Gray's test and Fine-Gray regression."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
from atrisk.verify.case import Case, label
from atrisk.verify.cox import ADAPTERS as COX_ADAPTERS
from atrisk.verify.design import design
from atrisk.verify.time_function import time_function

Floats = NDArray[np.float64]

# The stopping rule of cmprsk::crr, which the figures outside the block `tight` bear.
_CRR_TOLERANCE: Final = 1e-6
_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
_OF_THE_COEFFICIENTS: Final = (
    *("coef", "var", "inverse_information", "se", "z", "p", "shr", "shr_lower", "shr_upper"),
    *("subdistribution_baseline.jump", "predicted.cif"),
)
_OF_THE_COX_MODEL: Final = ("naive_var", "hr", "hr_lower", "hr_upper", "wald.*", "concordance.*")


def _curves(case: Case) -> tuple[Case, tuple[IncidenceCurve, ...]]:
    complete = case.complete()
    time, entry = complete.times()
    cause, states = complete.states()
    group, _ = complete.codes(complete.names("group"))
    cluster = None if "cluster" not in case.options else complete.codes(str(case.options["cluster"]))[0]
    rows = CompetingRisksRows(
        time=time, cause=cause, group=group, entry=entry, weight=complete.given("weights"), cluster=cluster
    )
    return complete, aalen_johansen_of_rows(
        rows,
        n_causes=len(states),
        conf_type=case.options.get("conf_type", "log"),
        conf_level=case.options.get("conf_level", 0.95),
    )


def _aalen_johansen(case: Case) -> Mapping[str, object]:
    complete, curves = _curves(case)
    group, levels = complete.codes(complete.names("group"))
    _, states = complete.states()
    wanted = case.expected.get("curves", [{}] * len(curves))
    answer = []
    for i, curve in enumerate(curves):
        # R's curve has no rows for times at which someone only enters.
        exits = np.flatnonzero((curve.n_event.sum(axis=0) > 0) | (curve.n_censored > 0))
        row = wanted[i].get("row") if i < len(wanted) else None
        kept = exits if row is None else exits[_existing(row, exits.size)]

        def by_state(values: Floats, kept: NDArray[np.int64] = kept) -> dict[str, Floats]:
            return {state: values[k][kept] for k, state in enumerate(states)}

        answer.append(
            {
                **_named(complete, levels[i]),
                "n": int((group == i).sum()),
                "n_rows_total": exits.size,
                "row": np.arange(1, exits.size + 1) if row is None else row,
                "time": curve.time[kept],
                "n_risk": curve.n_at_risk[kept],
                "n_event": by_state(curve.n_event),
                "event_free": curve.event_free[kept],
                "cif": by_state(curve.incidence),
                "std_err": by_state(curve.std_err),
                "lower": by_state(curve.lower),
                "upper": by_state(curve.upper),
            }
        )
    return {"curves": answer}


def _landmarks(case: Case) -> Mapping[str, object]:
    complete, curves = _curves(case)
    _, levels = complete.codes(complete.names("group"))
    _, states = complete.states()
    times = np.sort(np.asarray(case.options["times"], dtype=np.float64))
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


def _gray(case: Case) -> Mapping[str, object]:
    complete = case.complete()
    # cuminc compares times exactly.
    time = complete.numbers(str(case.options["time"]))
    cause, states = complete.states()
    group, levels = complete.codes(complete.names("group"))
    stratum, strata = complete.codes(complete.names("strata"))
    shape = Shape(n_groups=len(levels), n_strata=len(strata), n_causes=len(states))
    counts = EventCounts.of(time, cause, group=group, stratum=stratum, shape=shape)
    times = np.unique(np.asarray(case.options["times"], dtype=np.float64))
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
    tests = [gray(counts, k + 1, rho=case.options.get("rho", 0)) for k in found]
    return {
        "estimates": estimates,
        "gray_test": [
            {"cause": states[test.cause - 1], "stat": test.chi_squared, "df": test.df, "p": test.p_value}
            for test in tests
        ],
    }


def _crr(case: Case) -> Mapping[str, object]:
    complete = case.complete()
    columns = design(complete)
    cause, states = complete.states()
    of_interest = states.index(str(case.options["cause"])) + 1
    names, moving, functions = list(columns.names), None, []
    if "time_varying" in case.options:
        place, function = _time_varying(case)
        moving, functions = columns.matrix[:, [place]], [function]
        # crr numbers the functions of time behind the name of their column.
        names.append(f"{names[place].replace('[', '').replace(']', '')}*tf1")
    groups = complete.names("censoring_group")
    sample = FineGraySample(
        time=complete.numbers(str(case.options["time"])),
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
    tight = best if "tight" in case.expected else usual
    row = case.expected.get("subdistribution_baseline", {}).get("row")
    kept = np.arange(usual.event_time.size) if row is None else _existing(row, usual.event_time.size)
    answer: dict[str, object] = {
        "n": usual.n,
        "coef_names": names,
        "coef": tight.coef,
        "var": tight.covariance,
        "loglik": tight.loglik,
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
        "subdistribution_baseline": {
            "row": kept + 1,
            "time": usual.event_time[kept],
            "jump": usual.jump[kept],
        },
    }
    predicted = case.expected.get("predicted")
    if predicted is not None:
        rows, times = predicted["design_rows"], predicted["time"]
        answer["predicted"] = {
            "time": times,
            "design_rows": rows,
            "cif": predicted_incidence(usual, np.asarray(rows, dtype=np.float64), times),
        }
    if best.warning is not None:
        answer["notes"] = (best.warning,)
    if np.any(np.isinf(best.coef)):
        answer["kept"] = dict.fromkeys(_OF_THE_COEFFICIENTS, _RUNS_OFF)
    return answer


def _expand(case: Case) -> Mapping[str, object]:
    complete, spans = _expanded(case)
    # The case holds the first rows, and sums over all of them.
    first = slice(0, len(case.expected.get("start", ())) or spans.row.size)
    return {
        "n_rows": spans.row.size,
        "subject_row": np.arange(1, complete.n + 1)[spans.row[first]],
        "start": spans.start[first],
        "stop": spans.stop[first],
        "status": spans.event[first].astype(np.float64),
        "weight": spans.weight[first],
        "sum_weight": spans.weight.sum(),
        "sum_weighted_persontime": spans.weight @ (spans.stop - spans.start),
    }


def _expanded(case: Case) -> tuple[Case, ExpandedRows]:
    """The complete rows of a case and their spans; strata have censoring distributions of their own."""
    complete = case.complete()
    time, entry = complete.times()
    cause, states = complete.states()
    strata, _ = complete.codes(complete.names("strata"))
    rows = CompetingRisksRows(time=time, cause=cause, group=strata, entry=entry, weight=complete.given("weights"))
    return complete, expand(rows, states.index(str(case.options["cause"])) + 1)


def _weighted_cox(case: Case) -> Mapping[str, object]:
    complete, spans = _expanded(case)
    sums = {
        "expanded_rows": spans.row.size,
        "sum_weights": spans.weight.sum(),
        "sum_weighted_persontime": spans.weight @ (spans.stop - spans.start),
    }
    answer = dict(COX_ADAPTERS["cox.fit"](_as_cox_case(complete, spans)))
    # R centres start-stop data at plain means of the rows, and right censored data at weighted ones.
    x = design(complete).matrix[spans.row]
    answer["covariate_centers"] = np.where(np.all(np.isin(x, (-1.0, 0.0, 1.0)), axis=0), 0.0, x.mean(axis=0))
    if np.any(np.isinf(np.asarray(answer["coef"], dtype=np.float64))):
        answer["kept"] = dict.fromkeys((*_OF_THE_COEFFICIENTS, *_OF_THE_COX_MODEL), _RUNS_OFF)
    return sums | answer


def _as_cox_case(case: Case, spans: ExpandedRows) -> Case:
    """The spans as a case of Cox regression: weighted, clustered on the patient, without strata (as in fg_case)."""
    own: dict[str, NDArray[np.generic]] = {
        "fgstart": spans.start,
        "fgstop": spans.stop,
        "fgstatus": spans.event.astype(np.int64),
        "fgwt": spans.weight,
        "row_": spans.row,
    }
    columns = {name: tuple(cells[i] for i in spans.row) for name, cells in case.columns.items()}
    columns |= {name: tuple(str(value) for value in values) for name, values in own.items()}
    carried = ("covariates", "terms", "ties", "offset")
    options = {name: case.options[name] for name in carried if name in case.options}
    named = {"entry": "fgstart", "time": "fgstop", "event": "fgstatus", "weights": "fgwt", "cluster": "row_"}
    return replace(
        case,
        options=options | named | {"event_value": 1},
        columns=columns,
        data_row=case.data_row[spans.row],
        numeric=case.numeric | frozenset(own),
    )


def _time_varying(case: Case) -> tuple[int, Callable[[Floats], Floats]]:
    """The place of the column that a function of time multiplies, and the function."""
    text = str(case.options["time_varying"])
    found = re.fullmatch(r"column (\d+) of the design times (.+)", text)
    if found is None:
        raise DataError(f"case {case.id}: '{text}' is not 'column NUMBER of the design times FUNCTION OF t'.")
    return int(found[1]) - 1, time_function(found[2])


def _existing(row: Sequence[int], n: int) -> NDArray[np.int64]:
    """The places of rows numbered from 1, those that exist."""
    return np.array([int(place) - 1 for place in row if int(place) <= n], dtype=np.int64)


def _named(case: Case, level: tuple[str, ...]) -> dict[str, object]:
    """The label and the levels of a group; nothing where there are no groups."""
    names = case.names("group")
    return {"label": label(names, level), "levels": dict(zip(names, level, strict=True))} if names else {}


ADAPTERS: Final[dict[str, Adapter]] = {
    "cif.aalen_johansen": _aalen_johansen,
    "cif.aalen_johansen_landmarks": _landmarks,
    "cif.gray": _gray,
    "finegray.crr": _crr,
    "finegray.expand": _expand,
    "finegray.weighted_cox": _weighted_cox,
}
KEPT_DIFFERENCES: Final[dict[str, str]] = {
    "cif.gray/gray_test*.p": (
        "cuminc takes 1 - pchisq(x), which has lost its digits for tiny p; ours is the upper tail itself"
    ),
}
