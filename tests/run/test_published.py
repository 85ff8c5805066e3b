"""Published figures against computed ones: each kind of tolerance, judged on both sides of its edge."""

from __future__ import annotations

import pytest

from atrisk.result.row import Row
from atrisk.run.published import judge, select
from atrisk.study.model import Published


def figure(**declared: object) -> Published:
    return Published.model_validate({"what": "a figure", "row": {"statistic": "p"}, **declared})


@pytest.mark.parametrize(
    ("declared", "computed", "agrees"),
    [
        ({"value": "53 %", "within": "2 points"}, 0.55, True),
        ({"value": "53 %", "within": "2 points"}, 0.5501, False),
        ({"value": "26 months", "within": "1.5 months"}, 27.5 * 365.25 / 12, True),
        ({"value": "26 months", "within": "1.5 months"}, 24.4 * 365.25 / 12, False),
        ({"value": 0.463, "factor": 1.5, "same_side_of": 0.05}, 0.6944, True),
        ({"value": 0.463, "factor": 1.5, "same_side_of": 0.05}, 0.6946, False),
        ({"value": 0.04, "factor": 1.5, "same_side_of": 0.05}, 0.051, False),
        ({"value": "< 0.001"}, 0.0009, True),
        ({"value": "< 0.001"}, 0.001, False),
        ({"value": "< 2 %"}, 0.0199, True),
        ({"value": "> 0.05"}, 0.05, False),
        ({"value": 0.67, "within": 0.05}, None, False),
    ],
)
def test_agreement(declared: dict[str, object], computed: float | None, agrees: bool) -> None:
    assert judge(figure(**declared), computed).agrees is agrees


def test_a_selector_takes_the_main_analysis_unless_it_says_otherwise() -> None:
    rows = [
        Row(analysis="survival", statistic="survival", outcome="os", group="UP", time=3652.5, value=0.5),
        Row(analysis="survival", statistic="survival", outcome="os", group="UP", time=1826.25, value=0.7),
        Row(analysis="survival", comparison="procedure", statistic="survival", outcome="os", group="UP", time=3652.5),
    ]
    selector = {"outcome": "os", "statistic": "survival", "group": "UP", "time": "10 years"}
    assert select(rows, selector) == [rows[0]]
    assert select(rows, {**selector, "comparison": "procedure"}) == [rows[2]]
    assert len(select(rows, {"outcome": "os", "statistic": "survival"})) == 2
