"""Adjustment: for what groups are to be compared as if they were alike, by which methods, and for which outcomes."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, Tag, model_validator

from atrisk.study.part import TAG, Part, one_of, wrong
from atrisk.study.text import ReaderText

AdjustmentMethod = Literal[
    "regression",
    "firth",
    "ATE weights",
    "ATT weights",
    "overlap weights",
    "matching",
    "standardisation",
    "doubly robust",
]
# Methods that rest on a propensity score, and of two groups at a time.
PROPENSITY_METHODS: Final = ("ATE weights", "ATT weights", "overlap weights", "matching", "doubly robust")


CompleteCases = Literal["complete cases"]


def _missing(value: Any) -> str | None:
    return "cases" if isinstance(value, str) else "imputation" if isinstance(value, dict | Imputation) else None


class Imputation(Part):
    """Missing confounders filled many times, by chained equations that know the groups and the outcomes."""

    method: Literal["imputation"]
    m: Annotated[int, Field(ge=2, le=1000)] = Field(20, description="How many completed data sets.")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(description="Of the random numbers; stands in run.json.")
    iterations: Annotated[int, Field(ge=2, le=1000)] = Field(
        10, description="How many rounds through the variables for each data set."
    )
    auxiliary: tuple[str, ...] = Field(
        (), description="Further columns that help to predict missing values and are not adjusted for."
    )


class Estimand(Part):
    """What the adjusted comparison is of, in the author's words."""

    population: ReaderText | None = Field(None, description="Of whom: such as 'all eligible'.")
    contrast: ReaderText | None = Field(None, description="Of what against what: such as 'as resected'.")
    intercurrent: dict[str, ReaderText] = Field(
        default_factory=dict,
        description="Events that come between, and what is done about each: 'transplant: ignored'.",
    )
    measure: ReaderText | None = Field(None, description="By which number: such as 'hazard ratio'.")


class Gate(Part):
    """What must hold before an estimate by a propensity score may stand alone; computed before any such estimate."""

    smd_below: Annotated[float, Field(gt=0, le=1)] = Field(
        0.1, description="Every standardised difference after weighting or matching is smaller."
    )
    effective_n_at_least: Annotated[float, Field(gt=0)] | None = Field(
        None, description="The effective sample size of each group."
    )
    equipoise_at_least: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="The share of each group with a preference score from 0.3 to 0.7; Walker asks for 0.5."
    )


class MatchingDeclared(Part):
    """How the patients of the smaller group of a pair find partners in the other, without replacement."""

    ratio: Annotated[int, Field(ge=1, le=10)] = Field(1, description="Partners for each patient.")
    caliper: Annotated[float, Field(gt=0)] | Literal["any"] = Field(
        0.2, description="The widest distance, in standard deviations of the logit of the score, or 'any'."
    )
    exact: tuple[str, ...] = Field((), description="Confounders in which partners are the same.")
    order: Literal["optimal", "largest", "smallest", "data"] = Field(
        "optimal", description="The smallest sum of distances, or who chooses first: by the score, or as in the data."
    )


class Bootstrap(Part):
    """Limits of weighted estimates from resamples of the patients, the score estimated anew in each."""

    replicates: Annotated[int, Field(ge=100, le=100_000)] = Field(1000, description="How many resamples.")
    seed: Annotated[int, Field(ge=0)] = Field(description="The same seed gives the same limits.")


class Adjustment(Part):
    """Confounders declared beforehand; none is chosen by its p value."""

    estimand: Estimand | None = None
    confounders: tuple[str, ...] = Field(min_length=1, description="Columns and derived variables known at time zero.")
    splines: dict[str, Annotated[int, Field(ge=3, le=7)]] = Field(
        default_factory=dict, description="Numbers among them that enter as restricted cubic splines, with their knots."
    )
    never: tuple[str, ...] = Field((), description="What must not be adjusted for, such as mediators.")
    outcomes: tuple[str, ...] = Field((), description="The outcomes adjusted; without it all but numbers.")
    methods: tuple[AdjustmentMethod, ...] = Field(
        ("regression",),
        min_length=1,
        description="Cox, logistic or proportional odds regression; the first two also penalised (firth); weights by a "
        "propensity score; standardisation (g-formula); doubly robust survival.",
    )
    pairs: tuple[str, ...] = Field(
        (), description="Declared pairs, such as 'SI vs P', that a propensity score is for; without it all of them."
    )
    gate: Gate = Field(Gate(), description="What must hold before an estimate by a propensity score stands alone.")
    matching: MatchingDeclared = Field(MatchingDeclared(), description="How the method 'matching' matches.")
    bootstrap: Bootstrap | None = Field(None, description="Limits of weighted estimates by resampling.")

    @property
    def by_score(self) -> tuple[str, ...]:
        """The declared methods that rest on a propensity score."""
        return tuple(method for method in self.methods if method in PROPENSITY_METHODS)

    missing: Annotated[
        Annotated[CompleteCases, Tag(TAG + "cases")] | Annotated[Imputation, Tag(TAG + "imputation")],
        one_of(_missing, "expected 'complete cases', or 'method: imputation' with its 'seed:'", "method"),
    ] = Field("complete cases", description="Patients with missing confounders: left out, or imputed besides.")

    @property
    def imputation(self) -> Imputation | None:
        """How missing confounders are imputed; None where they are not."""
        return self.missing if isinstance(self.missing, Imputation) else None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for position, name in enumerate(self.confounders):
            if name in self.confounders[:position]:
                raise wrong(f"'{name}' stands twice here", "confounders", position)
            if name in self.never:
                raise wrong(f"'{name}' is among what must never be adjusted for", "confounders", position)
        for name in self.splines:
            if name not in self.confounders:
                raise wrong(f"'{name}' is not among the confounders", "splines", name, at_key=True)
        for position, name in enumerate(self.imputation.auxiliary if self.imputation is not None else ()):
            if name in self.confounders:
                message = f"'{name}' is a confounder, and helps to impute the others anyway"
                raise wrong(message, "missing", TAG + "imputation", "auxiliary", position)
        for position, method in enumerate(self.methods):
            if method in self.methods[:position]:
                raise wrong(f"'{method}' stands twice here", "methods", position)
        self._score_keys()
        return self

    def _score_keys(self) -> None:
        """Refuse keys that nothing declared here would read."""
        for key in ("pairs", "gate"):
            if key in self.model_fields_set and not self.by_score:
                raise wrong(
                    f"no method declared here rests on a propensity score, which '{key}' is for", key, at_key=True
                )
        if "matching" in self.model_fields_set and "matching" not in self.methods:
            raise wrong("'matching' is not among the methods", "matching", at_key=True)
        for position, name in enumerate(self.matching.exact):
            if name not in self.confounders:
                raise wrong(f"'{name}' is not among the confounders", "matching", "exact", position)
        if self.bootstrap is not None and not any(method.endswith("weights") for method in self.methods):
            raise wrong("no weights are declared here, whose limits 'bootstrap' is for", "bootstrap", at_key=True)
