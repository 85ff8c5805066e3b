"""Age at time zero."""

from __future__ import annotations

from atrisk.study.quantity import DAYS_PER_YEAR


def age(birth: str, time_zero: str) -> str:
    """Age in years at time zero: whole days since birth divided by 365.25.

    ``birth`` and ``time_zero`` are SQL texts of dates; so is the answer of a number, never rounded. Unknown (NULL)
    where either date is. A birth after time zero gives a negative age, which ``atrisk.derive.definitions`` reports as
    a finding that blocks.
    """
    return f"(date_diff('day', {birth}, {time_zero}) / {DAYS_PER_YEAR!r})"
