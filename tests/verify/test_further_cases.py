"""Other data and other options than the reference set: nothing fails, and what differs is what was declared to."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.verify.case import Case
from atrisk.verify.folder import read_cases
from atrisk.verify.verification import verify_case

FOLDER = Path(__file__).parents[1] / "reference_more"
CASES = [pytest.param(case, id=case.id) for case in read_cases(FOLDER)]

# A word of the reason for every case in which a difference is kept.
KEPT = {
    "kmq-kidney-nelson-aalen-robust": "robust standard error of H",
    "lr-alone-era": "nothing to compare",
    "wlr-alone-era": "nothing to compare",
    "lrp-alone": "",
    "lrt-alone": "no degree of freedom",
    "cox-cgd-everything": "robust score test without the offset",
    "crr-transplant-died": "at t = 0",
    "crr-transplant-withdrew": "at t = 0",
    "aj-transplant-clusters": "no account of the clusters",
    "sr-tobin-strata-weibull": "after 20 steps",
    "tb-veteran": "survfit",
    "tb-tobin": "survfit",
    "fisher-birthwt": "root finder",
    "twoprop-0-5-3-44": "log limits do not exist",
    "glm-infert-zero-weights": "rows of weight 0",
    "glm-mtcars-separated": "separation",
    "match-birthwt": "whole parts",
    "match-mtcars-replace": "the same control several times",
}


@pytest.mark.parametrize("case", CASES)
def test_agrees_or_differs_as_declared(case: Case) -> None:
    agreement = verify_case(case)
    wrong = [line for line in agreement.lines if line.verdict in ("failed", "not implemented")]
    assert not wrong, wrong[0]
    kept = [line.remark for line in agreement.lines if line.verdict == "kept"]
    assert (case.id in KEPT) == bool(kept), kept
    assert all(KEPT[case.id] in remark for remark in kept)
