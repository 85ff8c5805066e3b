"""What a study declares and its data do not bear."""

from __future__ import annotations


class MisfitError(ValueError):
    """A declared name, type or expression does not fit the tables.

    ``field`` is the key below the declaring part of the study file, such as ``sql`` or ``death``, so that whoever knows
    the file can point at the line. ``message`` never contains a patient's value.
    """

    def __init__(self, field: str, message: str, hint: str = "") -> None:
        super().__init__(f"{field}: {message} {hint}".strip())
        self.field = field
        self.message = message
        self.hint = hint
