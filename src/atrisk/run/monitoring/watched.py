"""The operations watched in their order, with the risk that each patient had beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.day_of_order import day_number
from atrisk.derive.variable import Values
from atrisk.errors import StudyError
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.result.remark import Remark
from atrisk.run.adjusted.covariates import Covariate, complete, design
from atrisk.run.adjusted.roles import known_afterwards
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study
from atrisk.study.monitoring import Monitoring

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Watched:
    """Operations watched, in order of their day (those of one day in the order of the file).

    ``inside`` (n of the cohort): which patients they are of. Of these, in order: ``event``, ``risk``, ``day`` and
    ``unit`` codes of ``units``. ``why``: why there is no risk; then nothing is charted.
    """

    declared: Monitoring
    inside: Flags
    event: Flags
    risk: Floats
    day: Floats
    unit: NDArray[np.int64]
    units: tuple[str, ...]
    why: str = ""


def monitoring_variables(study: Study) -> tuple[str, ...]:
    """The variables that monitoring needs."""
    declared = study.monitoring
    if declared is None:
        return ()
    outcome = (declared.outcome,) if declared.outcome not in study.outcomes else ()
    return (*outcome, *declared.adjust_for, *([declared.units] if declared.units is not None else []))


def check_monitoring_roles(loaded: LoadedStudy, values: Mapping[str, Values]) -> None:
    """Raise StudyError, with the line of each, for what cannot be watched, or be known before an operation."""
    declared = loaded.study.monitoring
    if declared is None:
        return
    problems = []
    outcome = values.get(declared.outcome)
    if outcome is None or outcome.kind != "boolean":
        problems.append(
            loaded.problem(
                ("monitoring", "outcome"),
                f"'{declared.outcome}' is not true or false",
                "Watch an outcome that is, such as severe morbidity or death within a time.",
            )
        )
    if declared.units is not None and values[declared.units].kind == "number":
        problems.append(
            loaded.problem(
                ("monitoring", "units"), f"'{declared.units}' is a number", "Give its levels under 'variables:'."
            )
        )
    for position, name in enumerate(declared.adjust_for):
        source = known_afterwards(loaded.study, name)
        if source is not None:
            problems.append(
                loaded.problem(
                    ("monitoring", "adjust_for", position),
                    f"'{name}' is known only after time zero",
                    "A risk rests on what was known before the operation: remove it.",
                )
            )
    if problems:
        raise StudyError(problems)


def watched(declared: Monitoring, inside: Flags, day: Floats, values: Mapping[str, Values]) -> Watched:
    """The operations of these patients of whom all that is needed is known.

    Risks are the logistic regression of the outcome on ``adjust_for`` among those operated before ``learned_before``,
    else among those watched themselves; without ``adjust_for``, the share of these with the event.
    """
    outcome = values[declared.outcome]
    of = tuple(Covariate(values[name]) for name in declared.adjust_for)
    known = inside & (outcome.level >= 0) & ~np.isnan(day)
    known &= complete(of) if of else True
    unit = values[declared.units] if declared.units is not None else None
    if unit is not None:
        known &= unit.level >= 0
    later = known if declared.learned_before is None else known & (day >= day_number(declared.learned_before))
    learned = known & ~later if declared.learned_before is not None else known
    event = outcome.level == outcome.levels.index("true")
    risk, why = _risks(of, known, learned, event)
    at = np.flatnonzero(later)
    at = at[np.argsort(day[at], kind="stable")]
    present = sorted(set(unit.level[at].tolist())) if unit is not None else []
    place = {code: position for position, code in enumerate(present)}
    return Watched(
        declared=declared,
        inside=later,
        event=event[at],
        risk=risk[at],
        day=day[at],
        unit=np.array([place[code] for code in unit.level[at]] if unit is not None else [], dtype=np.int64),
        units=tuple(unit.levels[code] for code in present) if unit is not None else (),
        why=why or ("" if at.size else Remark("no-patient")),
    )


def _risks(of: tuple[Covariate, ...], known: Flags, learned: Flags, event: Flags) -> tuple[Floats, str]:
    """The risk of every patient (n,), NaN where unknown, and why there is none."""
    risk = np.full(known.size, np.nan)
    happened = event[learned]
    if not happened.size or happened.all() or not happened.any():
        return risk, Remark("no-risks-to-learn")
    if not of:
        risk[known] = happened.mean()
        return risk, ""
    matrix = np.full((known.size, design(of, known).matrix.shape[1]), 0.0)
    matrix[known] = design(of, known).matrix
    fit = logistic(RegressionSample(outcome=happened.astype(np.float64), covariates=matrix[learned]))
    if not np.isfinite(fit.coef).all() or not np.isfinite(fit.covariance).all():
        return risk, Remark("risks-not-learned")
    risk[known] = 1.0 / (1.0 + np.exp(-(fit.coef[0] + matrix[known] @ fit.coef[1:])))
    return risk, ""
