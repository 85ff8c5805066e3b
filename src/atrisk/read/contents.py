"""The bytes that were read: their hash stands in the results, so it must be of these bytes and no others."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from atrisk.errors import DataError


@dataclass(frozen=True, slots=True)
class Contents:
    """SHA-256 (hexadecimal) and number of the bytes of a data file as they were read."""

    sha256: str
    n_bytes: int

    @classmethod
    def of(cls, content: bytes) -> Contents:
        """The hash of bytes held in memory."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))

    def with_(self, other: Contents) -> Contents:
        """The contents of two files that make one table: a hash of both hashes, and all bytes."""
        both = hashlib.sha256(f"{self.sha256}{other.sha256}".encode()).hexdigest()
        return Contents(both, self.n_bytes + other.n_bytes)


@contextlib.contextmanager
def unchanged(path: Path, file: str) -> Iterator[Contents]:
    """The contents of a file that the engine reads by its name, within this block.

    They are hashed before the block and after it, and the file's times are compared, because the bytes do not pass
    through our hands: a copy of them would need their size again. Raises DataError, naming ``file``, where they differ.
    """
    before = _hashed(path, file)
    yield before[0]
    if _hashed(path, file) != before:
        raise changed(file)


def changed(file: str) -> DataError:
    """The words for a file that was not the same throughout."""
    return DataError(f"{file} changed while it was read. Wait until whatever writes it has ended, then run again.")


def _hashed(path: Path, file: str) -> tuple[Contents, int, int]:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            n_bytes = stream.tell()
        state = path.stat()
    except OSError:
        raise DataError(f"{file} cannot be read. Check the rights on it, and that no other program holds it.") from None
    return Contents(digest, n_bytes), state.st_mtime_ns, state.st_ino
