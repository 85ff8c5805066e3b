"""A Cox model of one cause, and the patients' covariates with each group set for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.fitted_rows import require_finite
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeModel:
    """The model of one cause: one row a patient (n,), others' events as censorings, its fit, and G settings (n, p).

    `settings`: the covariates of every patient as the model has them, with the group set to each value in turn;
    interactions and splines are columns like others and follow the group.
    `strata`: the stratum (n,) of every patient under each setting, where the group is a stratum and has a baseline
    hazard of its own; None leaves everybody in theirs.
    Raises EstimationError for settings of another shape or not finite, no setting, strata in which nobody is, a fit of
    another sample, and infinite coefficients, which leave no hazard to average.
    """

    sample: CoxSample
    fit: CoxFit
    settings: tuple[Floats, ...]
    strata: tuple[Codes, ...] | None = None

    def __post_init__(self) -> None:
        require_finite(self.sample, self.fit)
        given = tuple(np.asarray(setting, dtype=np.float64) for setting in self.settings)
        shape = self.sample.covariates.shape
        if not given or any(setting.shape != shape or not np.all(np.isfinite(setting)) for setting in given):
            raise EstimationError("each setting must hold finite covariates, one row a patient and one column each.")
        object.__setattr__(self, "settings", given)
        if self.strata is not None:
            moved = tuple(codes("stratum", stratum, shape[0]) for stratum in self.strata)
            known = np.zeros(1) if self.sample.stratum is None else self.sample.stratum[self.sample.counted]
            if len(moved) != len(given) or not all(np.isin(stratum, known).all() for stratum in moved):
                raise EstimationError("each setting needs a stratum for every patient, one that the sample has.")
            object.__setattr__(self, "strata", moved)
        make_arrays_read_only(self)


def with_columns_set(
    covariates: Floats, columns: Sequence[int], values: Sequence[Sequence[float]]
) -> tuple[Floats, ...]:
    """The covariates (n, p) with some columns set to the same values for everybody: one matrix for each set of values.

    For a group of three levels coded in columns 0 and 1: values ((0, 0), (1, 0), (0, 1)).
    """
    settings = []
    for value in values:
        if len(value) != len(columns):
            raise EstimationError("each setting needs one value for each of the columns that are set.")
        setting = np.array(covariates, dtype=np.float64)
        setting[:, list(columns)] = value
        settings.append(setting)
    return tuple(settings)


def require_same_patients(models: Sequence[OutcomeModel]) -> None:
    """Refuse models that are not of the same patients with the same settings, or count an event twice."""
    if not models:
        raise EstimationError("standardisation needs at least one model.")
    first = models[0].sample
    for model in models:
        mine = model.sample
        names = ("time", "stratum", "entry", "weight", "cluster")
        if not all(_equal(getattr(first, name), getattr(mine, name)) for name in names):
            raise EstimationError("the models of all causes must be of the same patients, in the same order.")
        if len(model.settings) != len(models[0].settings):
            raise EstimationError("the models of all causes must have the same number of settings.")
        moved = [(model.strata or ()) for model in (models[0], model)]
        if len(moved[0]) != len(moved[1]) or not all(map(np.array_equal, *moved)):
            raise EstimationError("the models of all causes must put everybody into the same strata.")
    if np.any(np.sum([model.sample.event for model in models], axis=0) > 1):
        raise EstimationError("an event is counted in the models of two causes.")


def _equal(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
