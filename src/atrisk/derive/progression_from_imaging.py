"""Progression seen on scans: the first positive scan, the last negative one before it, the last scan at all."""

from __future__ import annotations

FIELDS = ("date", "last_negative", "last_scan")


def gathered(date: str, positive: str, *, time_zero: str) -> str:
    """SQL text of the aggregates over a patient's scans.

    ``date``: the first scan after time zero that shows progression. ``last_scan``: the last scan after time zero
    whose status was recorded; outcomes of the organ are censored there, since a later contact says nothing of the
    organ. ``negatives``: the dates of the scans that did not show progression, from which ``last_negative`` takes the
    last one before ``date``. Progression happened in the interval from ``last_negative`` (time zero, where it is
    NULL) to ``date``.

    Only scans strictly after time zero count: one on the day itself was taken before the operation. A scan without a
    date or without a status says nothing and is left out (each is a finding). Of two scans on one day the positive one
    decides. ``date`` and ``time_zero`` are SQL texts of dates, ``positive`` of a truth value, NULL where no status was
    recorded.
    """
    after = f"{date} > {time_zero} AND {positive} IS NOT NULL"
    return (
        f'min({date}) FILTER (WHERE {after} AND {positive}) AS "date",'
        f" max({date}) FILTER (WHERE {after}) AS last_scan,"
        f" list({date}) FILTER (WHERE {after} AND NOT {positive}) AS negatives"
    )


def last_negative(negatives: str, first_positive: str) -> str:
    """SQL text of the last negative scan before the first positive one (of all negative ones, if none is positive)."""
    before = f"list_filter({negatives}, lambda scan: {first_positive} IS NULL OR scan < {first_positive})"
    return f"list_max({before})"
