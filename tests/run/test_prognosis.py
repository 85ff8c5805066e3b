"""The declared prognostic model against R; who is in it; what is refused; that a seed decides the bootstrap."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.report.figures.calibration_figure import calibration_data, calibration_figure
from atrisk.report.sections.prognosis import prognosis_section
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study

ROOT = Path(__file__).parents[2]
R = json.loads((ROOT / "tests" / "estimate" / "r" / "prognosis.json").read_text(encoding="utf-8"))
MODEL: dict[str, Any] = {
    "outcome": "os", "variables": ["age", "nodes", "obstruct"], "at": "1826 days", "replicates": 20, "seed": 5,
}  # fmt: skip


def run(folder: Path, **changes: Any) -> RunResult:
    shutil.copy(ROOT / "examples" / "colon" / "data" / "colon.csv", folder / "colon.csv")
    parts = {key: changes.pop(key) for key in ("derive", "outcomes") if key in changes}
    study = {
        "atrisk": 1,
        "study": {"id": "colon", "title": "Colon"},
        "data": {"patient": {"file": "colon.csv", "key": "id", "where": "etype = 2"}},
        "variables": {"patient.obstruct": {"type": "number"}},
        "cohort": [{"keep": "differ IS NOT NULL", "otherwise": "Differentiation not recorded"}],
        "groups": {"by": "rx", "order": ["Obs", "Lev", "Lev+5FU"]},
        "outcomes": {
            "os": {"label": "Survival", "time": {"column": "time"}, "status": {"column": "status", "event": 1}}
        },
        "prognosis": {**MODEL, **changes},
        **parts,
    }
    path = folder / "study.yaml"
    path.write_text(json.dumps(study), encoding="utf-8")
    return run_study(load_study(path), lambda _stage: None)


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("colon"))


def rows(result: RunResult, **wanted: object) -> list[Row]:
    own = [row for row in result.rows if row.analysis == "prognosis"]
    return [row for row in own if all(getattr(row, name) == value for name, value in wanted.items())]


def test_ratios_and_concordance_are_rs(colon: RunResult) -> None:
    with (ROOT / "tests" / "run" / "r" / "prognosis.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 21
    for row in expected:
        of = {"of": "concordance"} if row["statistic"].startswith("conf") and not row["variable"] else {}
        key = {name: row[name] for name in ("method", "variable", "statistic")}
        (found,) = rows(colon, **key, **of)
        assert found.value == pytest.approx(float(row["value"]), rel=1e-9), row


def test_brier_score_and_calibration_are_rs(colon: RunResult) -> None:
    """Of the landmark 1826 days: `tests/estimate/r/prognosis.R`."""
    (score,) = rows(colon, method="apparent", statistic="brier")
    (scaled,) = rows(colon, method="apparent", statistic="scaled_brier")
    assert score.value == pytest.approx(R["brier"]["score"][2], rel=1e-9)
    assert scaled.value == pytest.approx(1 - R["brier"]["score"][2] / R["brier"]["null"][2], rel=1e-9)
    for statistic, name in (("group_size", "n"), ("predicted_risk", "predicted"), ("observed_risk", "observed")):
        found = [row.value for row in rows(colon, statistic=statistic)]
        assert found == pytest.approx(R["groups"][name], rel=1e-9)
    limits = [row.value for row in rows(colon, statistic="conf_low", of="observed_risk")]
    assert limits == pytest.approx(R["groups"]["lower"], rel=1e-9)
    (ratio,) = rows(colon, statistic="observed_over_predicted")
    assert ratio.value == pytest.approx(R["groups"]["ratio"][0], rel=1e-9)


def test_what_is_corrected_is_worse_and_its_limits_are_moved_with_it(colon: RunResult) -> None:
    (apparent,) = rows(colon, method="apparent", statistic="concordance")
    (corrected,) = rows(colon, method="corrected for optimism", statistic="concordance")
    assert apparent.value is not None
    assert corrected.value is not None
    moved = apparent.value - corrected.value
    for name in ("conf_low", "conf_high"):
        (was,) = rows(colon, method="apparent", statistic=name, of="concordance")
        (now,) = rows(colon, method="corrected for optimism", statistic=name, of="concordance")
        assert was.value is not None
        assert now.value == pytest.approx(was.value - moved, rel=1e-12)
    (slope,) = rows(colon, statistic="calibration_slope")
    assert slope.value is not None
    assert 0.8 < slope.value < 1.1


def test_the_seed_is_recorded_and_decides(colon: RunResult, tmp_path: Path) -> None:
    assert colon.provenance["seeds"] == {"prognosis": 5}
    folders = [tmp_path / name for name in ("same", "other")]
    for folder in folders:
        folder.mkdir()
    same, other = run(folders[0]), run(folders[1], seed=6)
    key = {"method": "corrected for optimism", "statistic": "concordance"}
    values = [rows(result, **key)[0].value for result in (colon, same, other)]
    assert values[0] == values[1]
    assert values[0] != values[2]


def test_who_is_not_in_the_model_is_said(colon: RunResult) -> None:
    """Of 906 patients with a differentiation 18 have no number of nodes (counted in the file)."""
    (left,) = rows(colon, statistic="n_excluded", group="")
    (n,) = rows(colon, statistic="n", group="")
    assert (n.value, left.value) == (888, 18)
    section = prognosis_section(View.of(colon))
    assert section is not None
    notes = "".join(piece.text for table in section.blocks for note in getattr(table, "notes", ()) for piece in note)
    assert "Complete cases: 888 patients with" in notes
    figure = calibration_figure(View.of(colon))
    assert figure is not None
    assert [row[0] for row in calibration_data(figure)[1]] == pytest.approx(R["groups"]["predicted"], rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": "pfs"}, "this study has no outcome 'pfs'"),
        ({"variables": ["age", "age"]}, "'age' stands twice here"),
        ({"splines": {"size": 3}}, "'size' is not among the variables"),
        ({"at": "0 days"}, "the time must be above 0"),
        (
            {
                "variables": ["left"],
                "derive": {"edge": {"sql": "'R0'"}, "left": {"definition": "residual_tumour", "margin": "edge"}},
            },
            "'left' is known only after time zero",
        ),
        (
            {
                "outcomes": {
                    "os": {
                        "label": "Survival",
                        "time": {"column": "time", "entry": "surg"},
                        "status": {"column": "status", "event": 1},
                    }
                }
            },
            "patients of this outcome come under observation after the time from which it counts",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=re.escape(words)) as raised:
        run(tmp_path, **changes)
    assert re.search(r"study\.yaml:\d+:\d+: prognosis", str(raised.value))
