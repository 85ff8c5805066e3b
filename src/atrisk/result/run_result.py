"""Everything a run hands to its writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from atrisk.result.curve import Curve
from atrisk.result.finding import Finding
from atrisk.result.flow import FlowStep
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.study.model import Study
from atrisk.study.text import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ComparisonFrame:
    """Who is compared with whom in one comparison, with the words for it in every language of the study file.

    ``groups`` are the codes in the order shown, ``contrasts`` the texts "A vs B" in order, ``n`` the patients per
    group. ``left_out`` says which strata were left out because a group is empty there.
    """

    name: str
    label: Text
    groups: tuple[str, ...]
    group_labels: Mapping[str, Text]
    contrasts: tuple[str, ...]
    n: Mapping[str, int]
    strata: tuple[str, ...] = ()
    stratum_labels: Mapping[str, Text]
    left_out: tuple[Remark, ...] = ()
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableWords:
    """How readers see a variable: label, unit, kind (number, category, boolean, date) and the labels of its levels."""

    name: str
    label: Text
    kind: str
    unit: str = ""
    levels: Mapping[str, Text]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RunResult:
    """A finished run: what was asked, what was found, the flow, the rows and the curves."""

    study: Study
    findings: tuple[Finding, ...]
    flow: tuple[FlowStep, ...]
    comparisons: tuple[ComparisonFrame, ...]
    variables: Mapping[str, VariableWords]
    rows: tuple[Row, ...]
    curves: tuple[Curve, ...]
    provenance: Mapping[str, object]
