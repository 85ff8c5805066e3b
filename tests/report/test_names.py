"""What readers call causes, columns and counted quantiles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atrisk.errors import StudyError
from atrisk.report.language import Language
from atrisk.report.names import Names
from atrisk.report.tables.baseline_block import Block
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.study.text import Text
from tests.cohort.small_study import write_study
from tests.report.example_result import example_result

CIF = "hepatic"


def test_a_competing_event_is_named_without_the_event_or_as_declared() -> None:
    """ "Death" alone would be taken for all deaths."""
    result = example_result()
    assert Names(result, Language.of("en")).cause(CIF, "death") == "Death without hepatic progression"
    assert Names(result, Language.of("en")).cause(CIF, "event") == "Hepatic progression"
    outcome = result.study.outcomes[CIF].model_copy(update={"competing_labels": {"death": Text("Dead, liver stable")}})
    study = result.study.model_copy(update={"outcomes": {**result.study.outcomes, CIF: outcome}})
    assert Names(replace(result, study=study), Language.of("en")).cause(CIF, "death") == "Dead, liver stable"


def test_a_label_of_no_competing_event_is_told_with_its_line(tmp_path) -> None:
    outcome = {
        "label": "Relapse", "event": "relapse", "censor": "seen", "competing": {"death": "death"},
        "competing_labels": {"deaht": "Death"},
    }  # fmt: skip
    study = {
        "data": {"patient": {"file": "p.csv", "key": "id"}},
        "groups": {"by": "group", "order": ["x", "y"]},
        "outcomes": {"o": outcome},
        "cohort": [{"time_zero": "zero"}],
    }
    with pytest.raises(StudyError, match="'competing_labels:' names 'deaht'"):
        write_study(tmp_path, {"p.csv": "id,group,zero,relapse,death,seen"}, study)


def test_columns_have_words_and_parts_follow_their_whole() -> None:
    names = Names(example_result(), Language.of("en"))
    assert names.column("last_contact_date") == "last contact date"
    assert names.column("patient.last_contact_date") == "last contact date"


@pytest.mark.parametrize(
    ("quartiles", "most", "printed"),
    [
        pytest.param({"": (3, 8, 10), "A": (2, 3.5, 10)}, 20, ["8 (3 to 10)", "3.5 (2.0 to 10.0)"], id="counts"),
        pytest.param(
            {"": (3, 8, 10), "A": (2, 3.6, 10)}, 20.5, ["8.0 (3.0 to 10.0)", "3.6 (2.0 to 10.0)"], id="measured"
        ),
    ],
)
def test_quantiles_of_counts_are_whole_where_they_are(
    quartiles: dict[str, tuple[float, float, float]], most: float, printed: list[str]
) -> None:
    rows = [
        Row(analysis="baseline", variable="n", group=group, statistic=name, value=value)
        for group, values in quartiles.items()
        for name, value in zip(("q1", "median", "q3", "min", "max"), (*values, 1.0, most), strict=True)
    ]
    block = Block(
        view=View.of(example_result()), label="Number", variable="n", own=rows, codes=("", "A"), beside=lambda _kind: ()
    )
    (median,) = [row for row in block.rows() if row.header == "Median (IQR)"]
    assert [cell.text.replace("\N{NO-BREAK SPACE}", " ") for cell in median.cells] == printed
