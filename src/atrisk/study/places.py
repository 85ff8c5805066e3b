"""Where each key and value of a study file stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """Line and column of a key and of its value, both from 1; an item of a list has its value's place as its key's."""

    key: tuple[int, int]
    value: tuple[int, int]
    is_scalar: bool


@dataclass(frozen=True, slots=True)
class Places:
    """The spot of every path in a file; a path that is not there is looked for further up."""

    spots: Mapping[Path, Spot]

    def of(self, path: Path) -> tuple[int, int]:
        """Line and column to show for ``path``: a single value itself, a mapping or list at its key."""
        spot = self._nearest(path)
        return spot.value if spot.is_scalar else spot.key

    def of_key(self, path: Path) -> tuple[int, int]:
        """Line and column of the key of ``path``."""
        return self._nearest(path).key

    def __contains__(self, path: Path) -> bool:
        return path in self.spots

    def _nearest(self, path: Path) -> Spot:
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots.get(path, Spot((1, 1), (1, 1), False))


def in_words(path: Path) -> str:
    """A path as the user reads it: ``outcomes.os.at[2]``, items of a list counted from 1."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part + 1}]"
        else:
            words += f".{part}" if words else str(part)
    return words
