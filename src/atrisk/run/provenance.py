"""What a run was made from: hashes of the study and its data, versions, settings. No clock: that is in timings.json."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version

from atrisk import __version__
from atrisk.read.table import Table
from atrisk.result.row import MODEL_VERSION
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


def provenance(study: Study, study_text: bytes, tables: Iterable[Table]) -> dict[str, object]:
    """Hashes, versions and settings as plain values for ``run.json``; the hash of a data file is of the bytes read."""
    return {
        "study": {"id": study.study.id, "sha256": hashlib.sha256(study_text).hexdigest(), "format": FORMAT_VERSION},
        "corrections": len(study.corrections),
        "data": {
            table.file: {"sha256": table.contents.sha256, "bytes": table.contents.n_bytes}
            for table in sorted(tables, key=lambda table: table.file)
        },
        "versions": {
            "atrisk": __version__,
            "result_model": MODEL_VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "settings": study.settings.model_dump(mode="json"),
        "seeds": {},
    }
