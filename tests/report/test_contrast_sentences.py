"""What stands beside hazard ratios in words: differences at the last landmark, adjustment, hazards not proportional."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from atrisk.report.claims import GUARDED
from atrisk.report.contrast_sentences import adjusted_sentence, difference_sentence, proportionality_sentence
from atrisk.report.html.table import line_html
from atrisk.report.row_index import Key
from atrisk.report.sections.evidence import evidence_section
from atrisk.report.table_model import Line
from atrisk.report.view import View
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study


def seen(folder: Path, days: dict[str, list[int]], **parts: Any) -> View:
    """Two arms in which everybody has the event, on these days; every third patient is a man."""
    lines = ["id,arm,sex,days,dead"]
    for arm, times in days.items():
        lines += [f"{arm}{at},{arm},{'M' if at % 3 else 'F'},{time},1" for at, time in enumerate(times)]
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": ["A", "B"], "pairs": ["B vs A"]},
        "outcomes": {
            "os": {
                "label": "Survival", "time": {"column": "days"}, "status": {"column": "dead", "event": 1},
                "at": ["10 days", "50 days"], "time_unit": "days",
            }
        },
        **parts,
    }  # fmt: skip
    return View.of(run_study(write_study(folder, {"patient.csv": "\n".join(lines)}, study), lambda _stage: None))


CROSSING = {"A": [*range(1, 21), *range(200, 221)], "B": list(range(60, 101))}
LONGER = {"A": list(range(10, 70, 2)), "B": list(range(15, 105, 3))}


def words(line: Line) -> str:
    return "".join(piece.text for piece in line)


def test_hazards_that_cross_are_said_and_others_are_not(tmp_path: Path) -> None:
    for name, days, said in (("crossing", CROSSING, True), ("longer", LONGER, False)):
        (tmp_path / name).mkdir()
        view = seen(tmp_path / name, days)
        sentence = words(proportionality_sentence(view, view.main, "os"))
        assert sentence.startswith("The test of proportional hazards over all groups has p") is said


def test_the_difference_is_that_of_the_last_landmark(tmp_path: Path) -> None:
    """By 50 days 21 of 30 in A (10, 12, ..., 50) and 12 of 30 in B (15, 18, ..., 48) have had the event."""
    view = seen(tmp_path, LONGER)
    sentence = words(difference_sentence(view, view.main, "os", "B vs A"))
    expected = 100 * ((30 - 12) / 30 - (30 - 21) / 30)
    assert sentence.startswith(
        f"At 50 days the share free of the event, B minus A, differed by {expected:.1f} percentage points (95% CI "
    )


def test_a_landmark_at_which_nothing_is_known_says_so(tmp_path: Path) -> None:
    days = {"A": [1, 2, 3], "B": [4, 5, 6]}
    view = seen(tmp_path, days)
    assert "At 50 days their difference cannot be estimated (" in words(
        difference_sentence(view, view.main, "os", "B vs A")
    )


def test_adjusted_ratios_are_said_by_their_side_of_one_and_claim_nothing(tmp_path: Path) -> None:
    view = seen(tmp_path, LONGER, adjustment={"confounders": ["sex"], "methods": ["regression", "firth"]})
    ratio = view.rows.find(Key(analysis="cox", statistic="hazard_ratio", outcome="os", contrast="B vs A"))
    assert ratio is not None
    sentence = words(adjusted_sentence(view, view.main, ratio))
    assert sentence.startswith("All 2 adjusted hazard ratios, from ")
    section = evidence_section(view)
    assert section is not None
    (paragraph,) = [block for block in section.parts[0].blocks if hasattr(block, "content")]
    assert not GUARDED["en"].search(words(paragraph.content).replace("no difference was shown", ""))
    assert str(line_html(paragraph.content)).startswith("<b>Survival.</b> ")
