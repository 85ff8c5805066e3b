"""Cox models that respect the centres patients come from, and how much rests on any one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CentreModels:
    """The model of all patients as one, with a baseline hazard for each centre, and with centres as clusters.

    `stratified`: ratios within centres, the centres' hazards free. `clustered`: the coefficients of `pooled`, whose
    limits allow for patients of a centre being alike; `warning` where there are too few centres for it to be trusted.
    """

    pooled: CoxFit
    stratified: CoxFit
    clustered: CoxFit
    n_centres: int
    warning: str


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """The fits without each of K centres: `centre` (K,) their codes, in the order of `fits`."""

    centre: Codes
    fits: tuple[CoxFit, ...]

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


# Below about so many clusters the sandwich is too small, and its limits too narrow.
_FEW = 30


def centre_models(sample: CoxSample, centre: ArrayLike, *, conf_level: float = 0.95) -> CentreModels:
    """One Cox model three ways: centres ignored, as strata (within those given), and as clusters of a robust variance.

    Definition: see `cox`. `centre` (n,): codes from 0.
    Source: Glidden and Vittinghoff 2004, Stat Med 23:369 (strata, clusters and frailties for centres).
    Edges: a stratum in which everybody is of one group says nothing of it. With fewer than 30 centres the robust
    variance is too small on average. Raises EstimationError for codes of another length and as `cox` does.
    """
    code = codes("centre", centre, sample.time.size)
    within = (
        code if sample.stratum is None else np.unique(np.stack((sample.stratum, code)), axis=1, return_inverse=True)[1]
    )
    n_centres = int(np.unique(code).size)
    few = (
        f"{n_centres} centres are few for a variance by clusters: its limits are too narrow" if n_centres < _FEW else ""
    )
    return CentreModels(
        pooled=cox(sample, conf_level=conf_level),
        stratified=cox(replace(sample, stratum=within.reshape(-1)), conf_level=conf_level),
        clustered=cox(replace(sample, cluster=code), conf_level=conf_level, variance="robust"),
        n_centres=n_centres,
        warning=few,
    )


def leave_one_out(sample: CoxSample, centre: ArrayLike, *, conf_level: float = 0.95) -> LeftOut:
    """The Cox model without the patients of each centre in turn.

    Definition: `cox` of the others, with their strata and variance as given. `centre` (n,): codes from 0.
    Edges: where the others determine no coefficient the fit says so. Raises EstimationError for a single centre, and
    codes of another length.
    """
    code = codes("centre", centre, sample.time.size)
    present = np.unique(code)
    if present.size < 2:
        raise EstimationError("leaving out one centre needs at least two.")
    fits = tuple(cox(sample.take(np.flatnonzero(code != one)), conf_level=conf_level) for one in present)
    return LeftOut(present, fits)
