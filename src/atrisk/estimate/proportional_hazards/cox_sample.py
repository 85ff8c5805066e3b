"""The patients of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import case_weights, entry_times, follow_up_times
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CoxSample:
    """The patients (or spans of patients) of a Cox model.

    `time` (n,): end of follow-up, not negative; `event` (n,): whether the event happened then; `covariates`
    (n, p), p >= 1, finite; `stratum` (n,): codes from 0; `entry` (n,): at risk on (entry, time]; `weight` (n,):
    case weights, not negative; `offset` (n,): a known part of the linear predictor; `cluster` (n,): codes from 0
    of what the rows belong to (a patient with several spans, a hospital), for the robust variance.
    Times are compared exactly: pass fractional ones through `snap_times` first.
    Raises EstimationError for values outside these domains.
    """

    time: Floats
    event: Flags
    covariates: Floats
    stratum: Codes | None = None
    entry: Floats | None = None
    weight: Floats | None = None
    offset: Floats | None = None
    cluster: Codes | None = None

    def __post_init__(self) -> None:
        time = follow_up_times(self.time)
        given: dict[str, Any] = {"time": time, "event": _happened(self.event, time.size)}
        given["covariates"] = _covariates(self.covariates, time.size)
        given["entry"] = entry_times(self.entry, time)
        given["weight"] = case_weights(self.weight, time.size)
        for name in ("stratum", "cluster"):
            value = getattr(self, name)
            given[name] = None if value is None else codes(name, value, time.size)
        if self.offset is not None:
            offset = np.asarray(self.offset, dtype=np.float64)
            if offset.shape != time.shape or not np.all(np.isfinite(offset)):
                raise EstimationError("offsets must be finite, one for each follow-up time.")
            given["offset"] = offset
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)

    def take(self, rows: Codes) -> CoxSample:
        """The sample of some of the rows, in the order given; a row may be taken more than once."""

        def of(values: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if values is None else values[rows]

        return CoxSample(
            time=self.time[rows],
            event=self.event[rows],
            covariates=self.covariates[rows],
            stratum=of(self.stratum),
            entry=of(self.entry),
            weight=of(self.weight),
            offset=of(self.offset),
            cluster=of(self.cluster),
        )

    @property
    def counted(self) -> Flags:
        """Which rows carry a weight above 0: (n,)."""
        return np.ones(self.time.size, dtype=bool) if self.weight is None else np.asarray(self.weight > 0)


def _happened(event: Any, n: int) -> Flags:
    if isinstance(event, np.ndarray) and event.dtype == np.bool_ and event.shape == (n,):
        return event
    happened = codes("event", event, n)
    if happened.size and happened.max() > 1:
        raise EstimationError("'event' must be true or false (1 or 0).")
    return happened.astype(bool)


def _covariates(covariates: Any, n: int) -> Floats:
    if np.asarray(covariates).dtype.kind in "Mm":
        raise EstimationError("covariates must be numbers, not dates: take differences in days first.")
    try:
        x = np.asarray(covariates, dtype=np.float64)
    except (TypeError, ValueError):
        raise EstimationError("covariates must be numbers; code texts and levels as columns of 0 and 1.") from None
    if x.ndim != 2 or x.shape[0] != n or x.shape[1] == 0:
        raise EstimationError("covariates must have one row for each follow-up time and at least one column.")
    # A sum is finite where every number is (and does not overflow): one pass, and no array of flags.
    with np.errstate(over="ignore", invalid="ignore"):
        finite = bool(np.isfinite(x.sum())) or bool(np.all(np.isfinite(x)))
    if not finite:
        raise EstimationError("covariates must be finite: leave rows with a missing value out, or fill them in.")
    return x
