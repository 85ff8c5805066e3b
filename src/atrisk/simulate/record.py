"""What is written beside the tables: how they came about, what they were held against, and the basis of each number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atrisk.simulate.agreement import meets
from atrisk.simulate.spec_file import SpecFile, stated_parts
from atrisk.simulate.target import Target

GENERATOR_VERSION = 1


@dataclass(frozen=True, slots=True)
class ReachedTarget:
    """A target and the value that the written rows give."""

    target: Target
    value: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class SimulationRecord:
    """The account of one simulation; `text()` is the content of simulation.json."""

    title: str
    label: str
    agreement: str
    seed: int
    spec_sha256: str
    tries: dict[str, int]
    targets: tuple[ReachedTarget, ...]
    rows: dict[str, int]
    files: dict[str, str]  # name -> SHA-256
    basis: dict[str, list[dict[str, str]]]
    sources: dict[str, str]

    def text(self) -> str:
        """The record as JSON, values to ten significant digits so that the last bits of a platform do not show."""
        content: dict[str, Any] = {
            "label": self.label,
            "agreement": self.agreement,
            "title": self.title,
            "generator": GENERATOR_VERSION,
            "seed": self.seed,
            "spec_sha256": self.spec_sha256,
            "tries": self.tries,
            "targets": [_target_content(reached) for reached in self.targets],
            "rows": self.rows,
            "files": self.files,
            "basis": self.basis,
            "sources": self.sources,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def build_record(
    file: SpecFile,
    tries: Mapping[str, int],
    reached: Mapping[str, float],
    rows: Mapping[str, int],
    files: Mapping[str, str],
) -> SimulationRecord:
    """The record of a simulation from the specification, the tries a block and the values of the written rows."""
    spec = file.spec
    targets = tuple(
        ReachedTarget(target, reached[target.quantity], meets(target, reached[target.quantity]))
        for target in spec.targets
    )
    basis: dict[str, list[dict[str, str]]] = {"published": [], "assumed": [], "invented": []}
    for where, part in stated_parts(spec):
        if not isinstance(part, Target):
            stated = {"where": ".".join(map(str, where)), "source": part.source, "note": part.note}
            basis[part.basis].append({key: text for key, text in stated.items() if text})
    return SimulationRecord(
        title=spec.title,
        label=spec.label,
        agreement=spec.agreement,
        seed=spec.seed,
        spec_sha256=file.sha256,
        tries=dict(tries),
        targets=targets,
        rows=dict(rows),
        files=dict(files),
        basis=basis,
        sources=dict(spec.sources),
    )


def _target_content(reached: ReachedTarget) -> dict[str, Any]:
    content = reached.target.model_dump(exclude_none=True, exclude={"note", "source", "basis"})
    content |= {"reached": float(f"{reached.value:.10g}"), "agrees": reached.agrees}
    content |= {"basis": reached.target.basis, "source": reached.target.source}
    return content | ({"note": reached.target.note} if reached.target.note else {})
