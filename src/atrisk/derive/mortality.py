"""Death from any cause within so many days of time zero."""

from __future__ import annotations


def mortality(death: str, last_contact: str, *, time_zero: str, within_days: float) -> str:
    """Whether the patient died within ``within_days`` days of time zero (day 0 included).

    True where the date of death lies 0 to ``within_days`` days after time zero. False where death came later, or where
    no death is recorded and the patient was known to be alive on the last day of the window. Unknown (NULL) where no
    death is recorded and follow-up ended earlier: such patients leave the denominator and are counted, never taken for
    survivors. Also unknown for a death before time zero, which the check of the order of dates reports.

    The arguments are SQL texts of dates; the answer is SQL text of a truth value.
    """
    died = f"date_diff('day', {time_zero}, {death})"
    seen = f"date_diff('day', {time_zero}, {last_contact})"
    return (
        f"(CASE WHEN {died} BETWEEN 0 AND {within_days!r} THEN TRUE WHEN {died} > {within_days!r} THEN FALSE"
        f" WHEN {death} IS NULL AND {seen} >= {within_days!r} THEN FALSE END)"
    )
