"""What a run was made from: hashes of the study and its data, versions, settings. No clock: that is in timings.json."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version

from atrisk import __version__
from atrisk.read.simulation_record import SimulationRecord
from atrisk.read.table import Table
from atrisk.result.row import MAIN, MODEL_VERSION
from atrisk.study.model import FORMAT_VERSION, Study

# What can move a digit or a pixel of the results.
_PACKAGES = (
    "numpy",
    "scipy",
    "duckdb",
    "sqlglot",
    "pydantic",
    "ruamel.yaml",
    "matplotlib",
    "python-calamine",
    "pyreadstat",
)


def provenance(
    study: Study, study_text: bytes, tables: Iterable[Table], simulation: SimulationRecord | None = None
) -> dict[str, object]:
    """Hashes, versions and settings as plain values for ``run.json``; the hash of a file is of the bytes read.

    The record of a simulation, from which the draws tried are printed, stands among the data.
    """
    contents = {table.file: table.contents for table in tables}
    if simulation is not None:
        contents[simulation.file] = simulation.contents
    return {
        "study": {"id": study.study.id, "sha256": hashlib.sha256(study_text).hexdigest(), "format": FORMAT_VERSION},
        "synthetic": str(study.study.synthetic or ""),
        "corrections": len(study.corrections),
        "data": {file: {"sha256": found.sha256, "bytes": found.n_bytes} for file, found in sorted(contents.items())},
        "versions": {
            "atrisk": __version__,
            "result_model": MODEL_VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "settings": study.settings.model_dump(mode="json"),
        "seeds": _seeds(study),
    }


def _seeds(study: Study) -> dict[str, int]:
    """The seed of everything random, by what it is for."""
    declared = {MAIN: study.adjustment, **{name: each.adjustment for name, each in study.comparisons.items()}}
    seeds: dict[str, int] = {} if study.prognosis is None else {"prognosis": study.prognosis.seed}
    for name, adjustment in declared.items():
        if adjustment is not None and adjustment.bootstrap is not None:
            seeds[f"{name} adjustment"] = adjustment.bootstrap.seed
        if adjustment is not None and adjustment.imputation is not None:
            seeds[f"{name} imputation"] = adjustment.imputation.seed
    seeds |= {f"tipping point {name}": declared.seed for name, declared in study.tipping_points.items()}
    return seeds
