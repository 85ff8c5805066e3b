"""The record that a simulation leaves beside its data: how many draws were tried before one was accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from atrisk.errors import DataError
from atrisk.read.contents import Contents

# A record holds a few numbers a block and a line a target; anything longer is another file.
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class SimulationRecord:
    """What a record says, and the bytes it was read from.

    ``draws_tried`` has the number of draws by block of the simulation, in the order of the record; ``file`` is what
    users call it.
    """

    file: str
    draws_tried: Mapping[str, int]
    contents: Contents


def simulation_record(path: Path, file: str) -> SimulationRecord:
    """The record at ``path``, which users call ``file``.

    Raises DataError for a file that cannot be read or is no such record.
    """
    what_to_do = f"Name the simulation.json that 'atrisk simulate' wrote beside the data, or leave '{file}' out."
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"{file} is too long for the record of a simulation. {what_to_do}")
        read = path.read_bytes()
        content = json.loads(read.decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise DataError(f"{file} is not a JSON file that can be read. {what_to_do}") from None
    tries = content.get("tries") if isinstance(content, dict) else None
    if not isinstance(tries, dict) or not tries:
        raise DataError(f"{file} does not say under 'tries' how many draws were tried. {what_to_do}")
    for block, count in tries.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise DataError(
                f"{file}: the number of draws of block '{block}' is not a whole number from 1. {what_to_do}"
            )
    return SimulationRecord(file, dict(tries), Contents.of(read))
