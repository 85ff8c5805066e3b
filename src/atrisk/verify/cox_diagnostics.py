"""Reference cases of residuals and of the test of proportional hazards after Cox regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.proportional_hazards import ProportionalHazardsTest, proportional_hazards
from atrisk.estimate.proportional_hazards import cox_residuals
from atrisk.estimate.proportional_hazards.baseline_hazard import covariate_centers
from atrisk.estimate.proportional_hazards.cox import CoxFit
from atrisk.verify.adapter import Adapter
from atrisk.verify.cox import COX_OPTIONS, CoxQuestion, asked_of, fitted, notes_of
from atrisk.verify.kept_difference import KeptDifference, infinite, not_given, ran_off, rounding_of_zero
from atrisk.verify.question import Question

Floats = NDArray[np.float64]


def _zph(question: Question) -> Mapping[str, object]:
    asked = asked_of(question)
    fit = fitted(asked)
    names = list(dict.fromkeys(asked.columns.terms))
    numbered = [names.index(term) for term in asked.columns.terms]
    answer: dict[str, object] = {"notes": notes_of(asked, fit)}
    for transform in question.options["transforms"]:
        by_term = proportional_hazards(asked.sample, fit, transform=transform, terms=numbered)
        by_column = proportional_hazards(asked.sample, fit, transform=transform)
        answer[transform] = {
            "by_term": _zph_table(by_term, names, fit),
            "by_coefficient": _zph_table(by_column, asked.columns.names, fit),
        }
    return answer


def _zph_table(test: ProportionalHazardsTest, names: list[str] | tuple[str, ...], fit: CoxFit) -> Mapping[str, object]:
    """R leaves out what cannot be tested, but not where a coefficient runs off."""
    gone = bool(np.any(np.isinf(fit.coef)))
    tested = [(name, one) for name, one in zip(names, test.terms, strict=True) if one.df > 0 or gone]
    tested.append(("GLOBAL", test.all_terms))
    return {
        "names": [name for name, _ in tested],
        "chisq": [one.statistic for _, one in tested],
        "df": [one.df if one.df > 0 else np.nan for _, one in tested],
        "p": [one.p_value for _, one in tested],
    }


def _residuals(question: Question) -> Mapping[str, object]:
    asked = asked_of(question)
    fit, sample = fitted(asked), asked.sample
    answer: dict[str, object] = {
        "coef_names": list(asked.columns.names),
        "coef": fit.coef,
        "data_row": asked.question.data_row,
        "notes": notes_of(asked, fit),
    }
    if np.any(np.isinf(fit.coef)):
        return {**answer, **_no_residuals(asked)}
    predictor = cox_residuals.linear_predictor(sample, fit) - _centre_of_predictor(asked, fit)
    answer["linear_predictor"] = {
        "first": predictor,
        "sum": predictor.sum(),
        "sumsq": (predictor**2).sum(),
    }
    of_rows: dict[str, Callable[[], Floats]] = {
        "martingale": lambda: cox_residuals.martingale_residuals(sample, fit),
        "deviance": lambda: cox_residuals.deviance_residuals(sample, fit),
        "score": lambda: cox_residuals.score_residuals(sample, fit),
        "dfbeta": lambda: cox_residuals.dfbeta(sample, fit),
        "dfbetas": lambda: cox_residuals.dfbeta(sample, fit, standardised=True),
    }
    kinds = question.options["types"]
    if fit.ties == "exact" and sample.entry is not None:
        martingale = _first_and_sums(of_rows["martingale"]())
        answer["imitated"] = dict.fromkeys(kinds, martingale)
        kinds = [kind for kind in kinds if kind == "martingale"]
    for kind in kinds:
        if kind in of_rows:
            answer[kind] = _first_and_sums(of_rows[kind]())
        elif kind in ("schoenfeld", "scaledsch"):
            found = cox_residuals.schoenfeld_residuals(sample, fit)
            values = found.residual if kind == "schoenfeld" else found.scaled
            answer[kind] = {**_first_and_sums(values), "event_time": found.time}
    return answer


def _no_residuals(asked: CoxQuestion) -> Mapping[str, object]:
    """The shapes of what does not exist with an infinite coefficient, without a number in them."""
    n, p = asked.columns.matrix.shape
    d = int(asked.sample.event.sum())
    answer: dict[str, object] = {"linear_predictor": {"first": np.full(n, np.nan), "sum": np.nan, "sumsq": np.nan}}
    for kind in asked.question.options["types"]:
        of_events = kind in ("schoenfeld", "scaledsch")
        shape = (d, p) if of_events else (n,) if kind in ("martingale", "deviance") else (n, p)
        answer[kind] = _first_and_sums(np.full(shape, np.nan))
        if of_events:
            answer[kind] = {
                **_first_and_sums(np.full(shape, np.nan)),
                "event_time": np.full(d, np.nan),
            }
    return answer


def _centre_of_predictor(asked: CoxQuestion, fit: CoxFit) -> float:
    """What R takes from a linear predictor: that of its centres, and the mean offset, weights left aside."""
    offset = asked.sample.offset
    mean = 0.0 if offset is None else float(offset.mean())
    return float(covariate_centers(asked.sample) @ np.nan_to_num(fit.coef, nan=0.0)) + mean


def _first_and_sums(values: Floats) -> Mapping[str, object]:
    columns = values[:, None] if values.ndim == 1 else values
    return {
        "first": values,
        "column_sums": columns.sum(axis=0),
        "column_sumsq": (columns**2).sum(axis=0),
        "n_rows": values.shape[0],
    }


ADAPTERS: Final[dict[str, Adapter]] = {"cox.zph": _zph, "cox.residuals": _residuals}
OPTIONS: Final = {"cox.zph": COX_OPTIONS | {"transforms"}, "cox.residuals": COX_OPTIONS | {"types"}}

_ZERO: Final = "a sum that is 0 but for rounding, here and in R"
_LOST_CLASS: Final = "R's exact fit with delayed entry has lost its class: it gives martingale residuals for every type"
_RUNS_OFF: Final = "the likelihood rises without end: ours is infinite and says so, R stops somewhere on the way"
KEPT_DIFFERENCES: Final = (
    *(
        KeptDifference(f"cox.residuals/{kind}.column_sums", _ZERO, rounding_of_zero)
        for kind in ("martingale", "score", "schoenfeld", "dfbeta", "dfbetas")
    ),
    *(
        KeptDifference(f"cox.residuals/{kind}.*", _LOST_CLASS, None)
        for kind in ("deviance", "score", "schoenfeld", "scaledsch", "dfbeta", "dfbetas")
    ),
    KeptDifference("cox.residuals/coef", _RUNS_OFF, infinite, ran_off),
    KeptDifference("cox.residuals/*", _RUNS_OFF, not_given, ran_off),
    KeptDifference("cox.zph/*", _RUNS_OFF, not_given, ran_off),
)
