"""Which study file a folder of results came from, without saying where on a machine it lies."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

# Eight digits tell a person's folders apart (that any two of a thousand are taken for one has a probability of 1e-4);
# so many ways have the same eight that none can be read from them.
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """``name`` of the study file, and a hash of the way to it from the results; both empty where they are not known."""

    name: str = ""
    place: str = ""

    @classmethod
    def of(cls, study_file: Path, out: Path) -> Origin:
        """The origin of results in ``out``, a resolved path, of this study file.

        The way is taken from the results to the study, so that a project that holds both keeps its origin when it is
        moved, or checked out on another machine. Letters' case and their composition do not count: file systems of
        macOS and Windows give one folder back in several.
        """
        study = Path(os.path.abspath(study_file)).resolve()
        try:
            way = Path(os.path.relpath(study, out)).as_posix()
        except ValueError:  # on another drive there is no way from here to there
            way = study.as_posix()
        named = unicodedata.normalize("NFC", way).casefold().encode("utf-8", "surrogateescape")
        # The name also where it is no text in UTF-8.
        name = study_file.name.encode("utf-8", "backslashreplace").decode("utf-8")
        return cls(name, hashlib.sha256(named).hexdigest()[:_DIGITS])

    def is_another_than(self, other: Origin) -> bool:
        """Whether both are known and they differ."""
        return any(
            bool(mine and theirs) and mine != theirs
            for mine, theirs in ((self.name, other.name), (self.place, other.place))
        )
