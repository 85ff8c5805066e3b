"""What the study file says in several languages reaches the report in all of them."""

from __future__ import annotations

from dataclasses import replace

from atrisk.report.view import View
from atrisk.study.text import Text
from tests.report.example_result import VARIABLES, example_result

BOTH = Text({"en": "English", "zh": "中文"})


def test_labels_of_groups_strata_comparisons_variables_and_levels_are_in_the_readers_language() -> None:
    result = example_result()
    frames = tuple(
        replace(
            frame,
            label=BOTH,
            group_labels=dict.fromkeys(frame.groups, BOTH),
            stratum_labels=dict.fromkeys(frame.strata, BOTH),
        )
        for frame in result.comparisons
    )
    variables = {name: replace(words, label=BOTH, levels={"F": BOTH}) for name, words in VARIABLES.items()}
    for language, expected in (("en", "English"), ("zh", "中文"), ("zh-CN", "中文"), ("de", "English")):
        view = View.of(replace(result, comparisons=frames, variables=variables), language=language)
        names = view.names
        assert {names.group("main", code) for code in frames[0].groups} == {expected}
        assert names.stratum("procedure", "SI") == view.text(frames[1].label) == expected
        assert names.variable("sex") == names.level("sex", "F") == expected
        assert expected in names.contrast("main", "SI vs UP")
