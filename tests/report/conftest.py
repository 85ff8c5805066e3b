"""The report of the example run, written once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.report.figures.side_process import drawing_beside
from atrisk.report.write import begin_figures, write_report
from atrisk.result.run_result import RunResult
from tests.report.example_result import example_result
from tests.report.page_reader import Node, read_page


@pytest.fixture(scope="session")
def result() -> RunResult:
    """The example run."""
    return example_result()


@pytest.fixture(scope="session")
def written(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the example's report was written."""
    out = tmp_path_factory.mktemp("report")
    with drawing_beside() as beside:
        begin_figures(result, beside)
        write_report(result, out, lambda _stage: None, beside)
    return out


@pytest.fixture(scope="session")
def page(written: Path) -> Node:
    """The report's page."""
    return read_page((written / "report.html").read_text(encoding="utf-8"))
