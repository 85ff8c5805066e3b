"""What the study file says in several languages reaches the report in all of them."""

from __future__ import annotations

import gettext
import re
from dataclasses import replace

from atrisk.report.language import Language
from atrisk.report.names import Names
from atrisk.report.row_index import RowIndex
from atrisk.report.tables.not_estimated import not_estimated_table
from atrisk.report.tables.table_words import without_number
from atrisk.report.view import View
from atrisk.report.wording import PLAIN, Words
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


class Shouted(gettext.NullTranslations):
    """A catalogue that has every message in capitals, what is filled in aside."""

    def gettext(self, message: str) -> str:
        return re.sub(r"[^{}]+(?![^{}]*\})", lambda found: found[0].upper(), message)


def test_what_a_run_has_to_say_is_worded_by_the_report() -> None:
    """A remark and an estimator's own text are both said in the reader's language, wherever they are printed."""
    result = example_result()
    language = Language("zh", Shouted())
    view = View(result, RowIndex.of(result.rows), Names(result, language), Words(language, PLAIN))
    reached = next(row for row in result.rows if row.error)
    assert without_number(view, reached).text == str(reached.error).upper()
    table = not_estimated_table(view)
    assert table is not None
    said = {cell.text for row in table.rows for cell in row.cells}
    assert "NOT REACHED: THE CURVE STAYS ABOVE THIS LEVEL" in said
