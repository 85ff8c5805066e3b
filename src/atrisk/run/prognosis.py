"""The declared prognostic model: each variable alone and together, and how well its predictions hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.errors import EstimationError, Problem, StudyError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.prognosis.calibration import calibration_curve, calibration_groups
from atrisk.estimate.prognosis.censored_brier_score import censored_brier_score
from atrisk.estimate.prognosis.predictions import Predictions, predicted_at
from atrisk.estimate.prognosis.validated_model import ValidatedModel, validated_model
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_residuals import linear_predictor
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import AnalysisSet, account_rows, of_follow_up
from atrisk.run.adjusted.covariates import Covariate, Design, design
from atrisk.run.adjusted.regression import fit_of, term_rows
from atrisk.run.adjusted.roles import known_afterwards
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.study.load import LoadedStudy
from atrisk.study.prognosis import Prognosis

PROGNOSIS = "prognosis"
# The analysis set of its rows: patients followed of whom every variable is known.
COMPLETE = "prognosis, complete cases"
APPARENT, CORRECTED = "apparent", "corrected for optimism"
ALONE, TOGETHER = "cox, alone", "cox, together"
_EVENTS_PER_PARAMETER = 10.0


def prognostic_variables(loaded: LoadedStudy) -> tuple[str, ...]:
    """The variables of the declared model; none without one.

    Raises StudyError, with the line, for an outcome that it cannot be of and variables known only after time zero.
    """
    declared = loaded.study.prognosis
    if declared is None:
        return ()
    problems: list[Problem] = []
    outcome = loaded.study.outcomes.get(declared.outcome)
    if outcome is None or outcome.competing:
        message = "a prognostic model is of an outcome that takes time and has no competing events"
        problems.append(loaded.problem(("prognosis", "outcome"), message))
    for position, name in enumerate(declared.variables):
        if known_afterwards(loaded.study, name) is not None:
            message = f"'{name}' is known only after time zero"
            hint = "A prediction is made at time zero, with what is known then."
            problems.append(loaded.problem(("prognosis", "variables", position), message, hint))
    if problems:
        raise StudyError(problems)
    return declared.variables


def prognosis_rows(frame: Frame, declared: Prognosis, outcome: FollowUp, values: Mapping[str, Values]) -> Iterator[Row]:
    """Who is in the model; the ratio of every variable alone and together; concordance, Brier score and calibration."""
    of = tuple(Covariate(values[name], declared.splines.get(name)) for name in declared.variables)
    found = of_follow_up(frame, outcome, of)
    for row in account_rows(found, COMPLETE):
        note = Remark("incomplete-for-model") if row.note else ""
        yield replace(row, analysis=PROGNOSIS, note=note)
    matrix = found.design()
    yield from _variables(found, matrix)
    template = replace(found.row(COMPLETE), analysis=PROGNOSIS)
    yield _events_per_parameter(template, matrix)
    assert found.time is not None  # noqa: S101 - an outcome that takes time; for the type checker
    sample = CoxSample(found.time, found.happened, matrix.matrix, entry=found.entry)
    try:
        yield from _performance(sample, declared, template)
    except EstimationError as error:
        yield single(replace(template, method=APPARENT), "concordance", math.nan, str(error))


def _variables(found: AnalysisSet, matrix: Design) -> Iterator[Row]:
    """Every variable's ratio alone and with all others, of the same patients."""
    fit = fit_of(found, penalised=False)
    whole = fit(matrix.matrix)
    for covariate in found.covariates:
        own = design((covariate,), found.used)
        terms = tuple(term for term in matrix.terms if term.variable == covariate.name)
        for words, model, of in ((ALONE, fit(own.matrix), own.terms), (TOGETHER, whole, terms)):
            template = replace(
                found.row(COMPLETE), analysis=PROGNOSIS, variable=covariate.name, method=words,
                convention=Remark("efron-ties"),
            )  # fmt: skip
            yield from term_rows(template, "hazard_ratio", model, of, 0)


def _events_per_parameter(template: Row, matrix: Design) -> Row:
    columns = matrix.matrix.shape[1]
    per = (template.n_event or 0) / columns if columns else math.nan
    few = Remark("few-events-per-parameter", {"per": round(per, 1)}) if per < _EVENTS_PER_PARAMETER else ""
    return replace(
        single(replace(template, conf_level=None, df=float(columns)), "events_per_parameter", per), warning=few
    )


def _performance(sample: CoxSample, declared: Prognosis, template: Row) -> Iterator[Row]:
    """How well the model's risks order patients and meet what happened; corrected where the bootstrap can."""
    level = template.conf_level or 0.95
    landmark = declared.at.days
    fit = cox(sample, conf_level=level)
    validated = validated_model(
        sample, seed=declared.seed, replicates=declared.replicates, landmarks=[landmark], conf_level=level
    )
    risk = concordance(sample, linear_predictor(sample, fit))
    yield from _concordance(replace(template, warning=validated.warning), validated, risk.std_err)
    slope = replace(template, method="bootstrap", conf_level=None, warning=validated.warning)
    yield single(slope, "calibration_slope", validated.slope, Remark("bootstrap-failed"))
    at = replace(template, time=landmark)
    predictions = predicted_at(sample, fit, sample, [landmark])
    yield from _brier(at, predictions, validated)
    yield from _calibration(at, predictions)


def _concordance(template: Row, found: ValidatedModel, error: float) -> Iterator[Row]:
    reach = normal_quantile(found.conf_level) * error
    apparent = Estimate(
        value=found.apparent, low=max(found.apparent - reach, 0.0), high=min(found.apparent + reach, 1.0)
    )
    yield from with_companions(replace(template, method=APPARENT, warning=""), "concordance", apparent)
    why = Remark("bootstrap-failed")
    corrected = Estimate(value=found.corrected, low=found.lower, high=found.upper, reason=why, limit_reason=why)
    yield from with_companions(replace(template, method=CORRECTED), "concordance", corrected)


def _brier(template: Row, predictions: Predictions, validated: ValidatedModel) -> Iterator[Row]:
    """The Brier score and its scaled form; of corrected ones the null is that of the same patients."""
    found = censored_brier_score(predictions, conf_level=template.conf_level or 0.95)
    apparent = replace(template, method=APPARENT)
    why = Remark("beyond-follow-up")
    of_score = Estimate(value=found.score[0], low=found.lower[0], high=found.upper[0], reason=why)
    yield from with_companions(apparent, "brier", of_score)
    of_scaled = Estimate(value=found.scaled[0], low=found.scaled_lower[0], high=found.scaled_upper[0], reason=why)
    yield from with_companions(apparent, "scaled_brier", of_scaled)
    corrected = replace(template, method=CORRECTED, conf_level=None, warning=validated.warning)
    score = float(validated.brier_corrected[0])
    yield single(corrected, "brier", score, Remark("bootstrap-failed"))
    yield single(corrected, "scaled_brier", 1.0 - score / float(found.null[0]), Remark("bootstrap-failed"))


def _calibration(template: Row, predictions: Predictions) -> Iterator[Row]:
    """Predicted beside observed risk in fifths of predicted risk, of all together, and how far apart on average."""
    level = template.conf_level or 0.95
    groups = calibration_groups(predictions, conf_level=level)
    apparent = replace(template, method=APPARENT)
    value, low, high = groups.ratio
    why = Remark("beyond-follow-up")
    ratio = Estimate(value=value, low=low, high=high, reason=why, limit_reason=why)
    yield from with_companions(apparent, "observed_over_predicted", ratio)
    curve = calibration_curve(predictions, conf_level=level)
    yield single(replace(apparent, conf_level=None), "calibration_index", curve.index, curve.reason)
    for number in range(groups.n.size):
        of_group = replace(apparent, term=str(number + 1))
        yield single(replace(of_group, conf_level=None), "group_size", float(groups.n[number]))
        yield single(replace(of_group, conf_level=None), "predicted_risk", float(groups.predicted[number]))
        observed = Estimate(
            value=groups.observed[number], low=groups.lower[number], high=groups.upper[number], reason=why,
            limit_reason=why,
        )  # fmt: skip
        yield from with_companions(of_group, "observed_risk", observed)


def check_delayed_entry(loaded: LoadedStudy, followed: Mapping[str, FollowUp]) -> None:
    """Raise StudyError for a prognostic model of patients who come under observation late: its scores know none."""
    declared = loaded.study.prognosis
    if declared is None:
        return
    entry = followed[declared.outcome].entry
    if entry is not None and bool(np.any(entry > 0)):
        message = "patients of this outcome come under observation after the time from which it counts"
        hint = "Predictions are judged in patients followed from the start: use an outcome from time zero."
        raise StudyError([loaded.problem(("prognosis", "outcome"), message, hint)])
