"""Every public estimator's module says how it can be computed; the table of the documentation says the same."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import get_args

import pytest

import atrisk
from atrisk.summary.execution import Execution

SOURCE = Path(atrisk.__file__).parent
PAGE = SOURCE.parents[1] / "docs" / "methods" / "execution.md"

# What estimators are made of: functions of sums, limits and p values that nobody asks for by themselves.
PARTS = {
    "compare.contingency.contingency_table",
    "compare.contingency.exact_table",
    "compare.hazard_ratio_over_time.changing_columns",
    "compare.interval",
    "compare.log_rank_family.joint_normal_tail",
    "compare.multiplicity",
    "compare.square_and_add",
    "compare.weighting.estimated_score",
    "compare.weighting.weighted_difference",
    "estimate.competing_risks.incidence_jackknife",
    "estimate.competing_risks.subdistribution_likelihood",
    "estimate.confidence_limits",
    "estimate.generalized_linear.canonical_family",
    "estimate.generalized_linear.canonical_fit",
    "estimate.generalized_linear.recession",
    "estimate.generalized_linear.regression_sample",
    "estimate.generalized_linear.reweighted_least_squares",
    "estimate.generalized_linear.separation",
    "estimate.imputation.draws",
    "estimate.interpolated_profile",
    "estimate.interval_censored.mixture_maximum",
    "estimate.parametric_survival.location_scale",
    "estimate.parametric_survival.location_scale_model",
    "estimate.parametric_survival.parametric_rows",
    "estimate.profile_limit",
    "estimate.proportional_hazards.cox_fit",
    "estimate.proportional_hazards.cox_maximum",
    "estimate.proportional_hazards.cox_rows",
    "estimate.proportional_hazards.fitted_rows",
    "estimate.proportional_hazards.partial_likelihood",
    "estimate.proportional_hazards.robust_variance",
    "estimate.proportional_hazards.score_residual",
    "estimate.random_stream",
    "estimate.relative_survival.rate_table",
    "estimate.standardisation.cause_specific_course",
    "estimate.survival_curve.hazard_steps",
    "estimate.survival_curve.influence",
    "estimate.survival_curve.restricted_mean_replicates",
    "estimate.survival_curve.weight_derivative",
    "estimate.wald",
}


def modules_with_public_functions() -> dict[str, list[str]]:
    found = {}
    for room in ("compare", "estimate"):
        for path in sorted((SOURCE / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
            if names:
                found[".".join(path.relative_to(SOURCE).with_suffix("").parts)] = names
    return found


MODULES = modules_with_public_functions()
ESTIMATORS = [name for name in MODULES if name not in PARTS]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_module_of_a_public_function_declares_its_execution(name: str) -> None:
    module = importlib.import_module(f"atrisk.{name}")
    assert getattr(module, "EXECUTION", None) in get_args(Execution), f"atrisk.{name} declares no EXECUTION"


def test_the_parts_are_parts() -> None:
    """They exist, declare nothing, and no public function over data frames hands out one of their functions."""
    assert set(MODULES) >= PARTS
    for name in PARTS:
        assert not hasattr(importlib.import_module(f"atrisk.{name}"), "EXECUTION"), name
    for path in (SOURCE / "api").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").removeprefix("atrisk.") in PARTS:
                assert not [alias.name for alias in node.names if alias.name[0].islower()], (path.name, node.module)


def test_the_documented_table_is_that_of_the_modules() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+) \| (\w+) \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    told = {name: (functions, execution) for name, functions, execution in rows}
    expected = {
        name: (
            ", ".join(f"`{function}`" for function in MODULES[name]),
            importlib.import_module(f"atrisk.{name}").EXECUTION,
        )
        for name in ESTIMATORS
    }
    assert told == expected
