"""Days from time zero to discharge."""

from __future__ import annotations


def length_of_stay(discharge: str, death: str | None, *, time_zero: str) -> str:
    """Whole days from time zero to discharge.

    Unknown (NULL) where no discharge is recorded, and for patients who died in hospital: a stay that ended by death is
    censored, not short. Dead on the recorded day of discharge or before it counts as died in hospital, because many
    hospitals record the death as the discharge. A negative stay is reported as a finding that blocks
    (``atrisk.derive.definitions``). The arguments are SQL texts of dates; the answer is SQL text of a whole number.
    """
    days = f"date_diff('day', {time_zero}, {discharge})"
    if death is None:
        return f"({days})"
    return f"(CASE WHEN {death} <= {discharge} THEN NULL ELSE {days} END)"
