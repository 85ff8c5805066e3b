"""Cox regression over data frames, and what is asked of a fitted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, level_words, stacked
from atrisk.api.complete_rows import Names
from atrisk.api.follow_up_columns import FollowUp, FollowUpColumns, as_terms, read_follow_up
from atrisk.api.level import Level, Levels
from atrisk.api.terms import Design, Term
from atrisk.compare.proportional_hazards import ProportionalHazardsTest, Transform
from atrisk.compare.proportional_hazards import proportional_hazards as _proportional_hazards
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.proportional_hazards import cox_residuals
from atrisk.estimate.proportional_hazards.baseline_hazard import BaselineHazard, Reference
from atrisk.estimate.proportional_hazards.baseline_hazard import baseline_hazard as _baseline_hazard
from atrisk.estimate.proportional_hazards.baseline_hazard import predicted_survival as _predicted_survival
from atrisk.estimate.proportional_hazards.concordance import Concordance
from atrisk.estimate.proportional_hazards.concordance import concordance as _concordance
from atrisk.estimate.proportional_hazards.cox import cox as _cox
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit, Variance
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.firth_cox import FirthCoxFit, FirthTies
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox as _firth_cox
from atrisk.estimate.proportional_hazards.partial_likelihood import Ties
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve

Floats = NDArray[np.float64]
Residual = Literal["martingale", "deviance", "score", "dfbeta", "dfbetas", "schoenfeld", "scaled schoenfeld"]

_TIES = {"efron": "Efron ties", "breslow": "Breslow ties", "exact": "exact ties"}


@dataclass(frozen=True, slots=True, eq=False)
class CoxModel(Answer[CoxFit]):
    """A Cox regression: the fit, the names of its coefficients, and the sample that further questions need."""

    sample: CoxSample | None = None
    design: Design | None = None
    strata: tuple[str, ...] = ()
    at: NDArray[np.int64] | None = None


def cox(
    data: Any,
    *,
    time: str,
    event: str,
    covariates: Term | Sequence[Term],
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    weights: str | None = None,
    cluster: Names | None = None,
    offset: str | None = None,
    timefix: bool = True,
    ties: Ties = "efron",
    variance: Variance | None = None,
    conf_level: float = 0.95,
) -> CoxModel:
    """Cox proportional hazards regression.

    Definition, source and edges: `cox` of the estimators. `covariates`: names of numeric columns, `Factor`, `Spline`,
    and products `"a:b"` of what stands in the list. `entry` makes start-stop rows. `variance`: robust by default
    with clusters and with weights that are not whole numbers, as R. A covariate that is constant or a sum of others,
    and one whose coefficient is infinite, are named in the notes. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        entry=entry,
        strata=strata,
        weights=weights,
        cluster=cluster,
        offset=offset,
        covariates=as_terms(covariates),
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    return _fitted(given, f"Cox regression of '{time}'", (ties, variance, conf_level))


def cause_specific_cox(
    data: Any,
    *,
    time: str,
    event: str,
    event_map: Mapping[Level, str],
    cause: str,
    covariates: Term | Sequence[Term],
    censor: str | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    weights: str | None = None,
    cluster: Names | None = None,
    timefix: bool = True,
    ties: Ties = "efron",
    variance: Variance | None = None,
    conf_level: float = 0.95,
) -> CoxModel:
    """Cox regression of the hazard of one cause, events of the others counting as censorings.

    `event_map`: code -> state, the first state being censoring unless `censor` names another. Otherwise as `cox`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_map=event_map,
        censor=censor,
        entry=entry,
        strata=strata,
        weights=weights,
        cluster=cluster,
        covariates=as_terms(covariates),
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    number = given.cause_number(cause)
    return _fitted(given, f"Cause-specific Cox regression of '{cause}'", (ties, variance, conf_level), number)


def firth_cox(
    data: Any,
    *,
    time: str,
    event: str,
    covariates: Term | Sequence[Term],
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    weights: str | None = None,
    offset: str | None = None,
    timefix: bool = True,
    ties: FirthTies = "efron",
    conf_level: float = 0.95,
) -> Answer[FirthCoxFit]:
    """Cox regression with Firth's penalty and profile limits: finite where the likelihood has no maximum.

    Definition and source: `firth_cox` of the estimators. Columns and errors as in `cox`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        entry=entry,
        strata=strata,
        weights=weights,
        offset=offset,
        covariates=as_terms(covariates),
        timefix=timefix,
    )
    given = read_follow_up(data, columns)
    sample, design = _sample(given, given.event)
    fit = _firth_cox(sample, ties=ties, conf_level=conf_level)
    table = {
        "term": list(design.names),
        "coef": fit.coef,
        "hazard_ratio": fit.hazard_ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "p": [test.p_value for test in fit.tests],
    }
    said = (
        _TIES[fit.ties],
        f"profile likelihood limits of the hazard ratio, {level_words(conf_level)}",
        "penalised likelihood ratio p",
        *given.conventions,
    )
    notes = (*given.notes, *_warned(design, fit.warning))
    return Answer(f"Cox regression of '{time}' with Firth's penalty", fit, table, said, given.rows, notes)


def proportional_hazards(
    model: CoxModel, *, transform: Transform = "km", by: Literal["term", "coefficient"] = "term"
) -> Answer[ProportionalHazardsTest]:
    """The score test of proportional hazards of each term (or coefficient) and of all together (R's cox.zph).

    Definition and source: `proportional_hazards` of the estimators.
    """
    sample, design = _asked(model)
    test = _proportional_hazards(
        sample, model.result, transform=transform, terms=design.term_of_column.tolist() if by == "term" else None
    )
    names = design.term_names if by == "term" else design.names
    every = [*zip(names, test.terms, strict=True), ("GLOBAL", test.all_terms)]
    table = {
        "term": [name for name, _ in every],
        "chi_squared": [one.statistic for _, one in every],
        "df": [one.df for _, one in every],
        "p": [one.p_value for _, one in every],
    }
    said = (f"score test against g(t) = {transform}", *model.conventions)
    return Answer(f"Proportional hazards: {model.title}", test, table, said, model.rows, model.notes)


def cox_residuals_of(model: CoxModel, kind: Residual = "martingale") -> Answer[Floats]:
    """Residuals of a Cox model, each with the number of its row in the data frame, from 1.

    martingale, deviance: one a row; score, dfbeta, dfbetas: one a row and coefficient; schoenfeld, scaled schoenfeld:
    one an event and coefficient, in order of stratum and time. Definitions and sources: the estimators'
    `cox_residuals`. Raises EstimationError for an unknown kind and for infinite coefficients.
    """
    sample, design = _asked(model)
    fit, at = model.result, np.arange(sample.time.size) if model.at is None else model.at
    if kind not in get_args(Residual):
        raise EstimationError(f"residuals '{kind}' are unknown; use one of {', '.join(get_args(Residual))}.")
    first: dict[str, Any] = {"row": at + 1}
    if kind in ("schoenfeld", "scaled schoenfeld"):
        found = cox_residuals.schoenfeld_residuals(sample, fit)
        values = found.residual if kind == "schoenfeld" else found.scaled
        first = {"row": at[found.row] + 1, "time": found.time}
    elif kind in ("dfbeta", "dfbetas"):
        values = cox_residuals.dfbeta(sample, fit, standardised=kind == "dfbetas")
    elif kind == "score":
        values = cox_residuals.score_residuals(sample, fit)
    else:
        values = (
            cox_residuals.martingale_residuals(sample, fit)
            if kind == "martingale"
            else cox_residuals.deviance_residuals(sample, fit)
        )
    by_column: dict[str, Floats] = (
        {str(kind): values} if values.ndim == 1 else {name: values[:, j] for j, name in enumerate(design.names)}
    )
    said = ("rows of the data frame numbered from 1", *model.conventions)
    return Answer(f"{kind} residuals: {model.title}", values, {**first, **by_column}, said, model.rows, model.notes)


def concordance(model: CoxModel) -> Answer[Concordance]:
    """Harrell's concordance of a model's linear predictor with survival.

    Definition and source: `concordance` of the estimators.
    """
    sample, _ = _asked(model)
    found = _concordance(sample, cox_residuals.linear_predictor(sample, model.result))
    table = {
        "concordance": found.estimate,
        "std_error": found.std_err,
        "concordant": found.concordant,
        "discordant": found.discordant,
        "tied_risk": found.tied_risk,
    }
    said = ("ties of the predictor count one half", "infinitesimal jackknife standard error", *model.conventions)
    return Answer(f"Concordance: {model.title}", found, table, said, model.rows, model.notes)


def baseline_hazard(model: CoxModel, *, reference: Reference = "zero") -> Answer[tuple[BaselineHazard, ...]]:
    """The cumulative baseline hazard of each stratum, at covariates 0 or at their `center`.

    Definition and source: `baseline_hazard` of the estimators.
    """
    sample, _ = _asked(model)
    curves = _baseline_hazard(sample, model.result, reference=reference)
    table = stacked(
        [
            {
                "stratum": [model.strata[curve.stratum]] * curve.time.size,
                "time": curve.time,
                "cumulative_hazard": curve.cumulative_hazard,
            }
            for curve in curves
        ]
    )
    said = (f"covariates at {reference}", *model.conventions)
    return Answer(f"Baseline hazard: {model.title}", curves, table, said, model.rows, model.notes)


def predicted_survival(
    model: CoxModel, new: Any, *, conf_type: ConfType = "log", conf_level: float = 0.95
) -> Answer[tuple[tuple[SurvivalCurve, ...], ...]]:
    """The survival that a model predicts for the patients of a second data frame, in each stratum.

    Definition and source: `predicted_survival` of the estimators. `new` has the covariates' columns; `patient` counts
    its rows from 1. Raises EstimationError for a missing covariate and a level that the model does not know.
    """
    sample, design = _asked(model)
    curves = _predicted_survival(sample, model.result, design.of_new(new), conf_type=conf_type, conf_level=conf_level)
    table = stacked(
        [
            {
                "stratum": [stratum] * curve.time.size,
                "patient": [patient] * curve.time.size,
                "time": curve.time,
                "survival": curve.survival,
                "std_error": curve.std_err,
                "conf_low": curve.lower,
                "conf_high": curve.upper,
            }
            for stratum, of_stratum in zip(model.strata, curves, strict=True)
            for patient, curve in enumerate(of_stratum, start=1)
        ]
    )
    said = (f"{conf_type} limits, {level_words(conf_level)}", *model.conventions)
    return Answer(f"Predicted survival: {model.title}", curves, table, said, model.rows, model.notes)


def _fitted(
    given: FollowUp, title: str, how: tuple[Ties, Variance | None, float], cause: int | None = None
) -> CoxModel:
    ties, variance, conf_level = how
    sample, design = _sample(given, given.event if cause is None else given.cause == cause)
    fit = _cox(sample, ties=ties, variance=variance, conf_level=conf_level)
    table = {
        "term": list(design.names),
        "coef": fit.coef,
        "hazard_ratio": fit.hazard_ratio,
        "std_error": fit.std_err,
        "conf_low": fit.lower,
        "conf_high": fit.upper,
        "z": fit.z,
        "p": fit.p_value,
    }
    said = (
        _TIES[fit.ties],
        f"{'robust' if fit.variance == 'robust' else 'model-based'} variance",
        f"Wald limits of the hazard ratio, {level_words(conf_level)}",
        "Wald p",
        *((f"{len(given.strata)} strata",) if len(given.strata) > 1 else ()),
        *given.conventions,
    )
    notes = (
        f"{fit.n} rows, {fit.n_event} events",
        *given.notes,
        *_warned(design, fit.warning),
        *_scarce(fit.n_event, len(design.names)),
    )
    return CoxModel(title, fit, table, said, given.rows, notes, None, sample, design, given.strata, given.at)


def _sample(given: FollowUp, event: NDArray[np.bool_]) -> tuple[CoxSample, Design]:
    design = given.design
    if design is None:
        raise EstimationError("covariates: name at least one column.")
    sample = CoxSample(
        time=given.time,
        event=event,
        covariates=design.matrix,
        stratum=given.stratum if len(given.strata) > 1 else None,
        entry=given.entry,
        weight=given.weight,
        offset=given.offset,
        cluster=given.cluster,
    )
    return sample, design


def _asked(model: CoxModel) -> tuple[CoxSample, Design]:
    if model.sample is None or model.design is None:
        raise EstimationError("this question needs a model made by atrisk.cox.")
    return model.sample, model.design


def _warned(design: Design, warning: str | None) -> tuple[str, ...]:
    return () if warning is None else (design.named(warning),)


def _scarce(n_event: int, n_coefficients: int) -> tuple[str, ...]:
    if n_event >= n_coefficients:
        return ()
    return (f"fewer events ({n_event}) than coefficients ({n_coefficients}): the model cannot be trusted",)
