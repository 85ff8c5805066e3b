"""What a run was made from: hashes of the study and its data, versions, settings. No clock: that is in timings.json."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from atrisk import __version__
from atrisk.result.row import MODEL_VERSION
from atrisk.study.model import FORMAT_VERSION, Study

# What can move a digit or a pixel of the results.
_PACKAGES = ("numpy", "scipy", "duckdb", "sqlglot", "pydantic", "ruamel.yaml", "matplotlib")


def provenance(study: Study, study_text: bytes, files: Mapping[str, Path]) -> dict[str, object]:
    """Hashes, versions and settings as plain values for ``run.json``; ``files`` maps the declared name to its place."""
    return {
        "study": {"id": study.study.id, "sha256": hashlib.sha256(study_text).hexdigest(), "format": FORMAT_VERSION},
        "data": {
            name: {"sha256": _file_hash(path), "bytes": path.stat().st_size} for name, path in sorted(files.items())
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


def _file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
