"""The figures of the synthetic cohort once more, as plainly as possible: loops over rows, no array, no package code.

Written without looking at the estimators; tails of chi-squared for 1 and 2 degrees of freedom have closed forms.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

Row = dict[str, str]
GROUPS = ("UP", "SI", "P")
SEVERE = {"IIIa", "IIIb", "IVa", "IVb", "V"}
MONTH = 365.25 / 12


def read(folder: Path, table: str) -> list[Row]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def days(first: str, second: str) -> int:
    return (date.fromisoformat(second) - date.fromisoformat(first)).days


def eligible(folder: Path) -> dict[str, tuple[Row, Row]]:
    """Patient id -> (patient, index operation)."""
    patients = {row["patient_id"]: row for row in read(folder, "patient")}
    found: dict[str, tuple[Row, Row]] = {}
    for operation in sorted(read(folder, "operation"), key=lambda row: row["op_date"]):
        patient = patients[operation["patient_id"]]
        if (
            "2000-01-01" <= operation["op_date"] <= "2020-12-31"
            and operation["resected"] == "true"
            and patient["differentiation"] == "well"
            and patient["primary_site"] in GROUPS
            and patient["patient_id"] not in found
        ):
            found[patient["patient_id"]] = (patient, operation)
    return found


def overall_survival(folder: Path) -> dict[str, list[tuple[int, bool]]]:
    """Group -> (days, died)."""
    groups: dict[str, list[tuple[int, bool]]] = {name: [] for name in GROUPS}
    for patient, operation in eligible(folder).values():
        died = patient["death_date"] != ""
        end = patient["death_date"] if died else patient["last_contact_date"]
        groups[patient["primary_site"]].append((days(operation["op_date"], end), died))
    return groups


def hepatic_free_survival(folder: Path) -> dict[str, list[tuple[int, bool]]]:
    """Group -> (days to the first scan with progression or death, else to the last scan; event)."""
    groups: dict[str, list[tuple[int, bool]]] = {name: [] for name in GROUPS}
    scans: dict[str, list[Row]] = {}
    for scan in read(folder, "imaging"):
        scans.setdefault(scan["patient_id"], []).append(scan)
    for name, (patient, operation) in eligible(folder).items():
        since = [(days(operation["op_date"], scan["scan_date"]), scan) for scan in scans.get(name, [])]
        seen = [day for day, scan in since if scan["hepatic_status"] in ("progression", "new lesion")]
        ends = seen + ([days(operation["op_date"], patient["death_date"])] if patient["death_date"] else [])
        last = max((day for day, _ in since), default=0)
        groups[patient["primary_site"]].append((min(ends), True) if ends else (last, False))
    return groups


def survival(follow_up: list[tuple[int, bool]], at: float) -> float:
    """Kaplan-Meier at a time, from the definition."""
    result = 1.0
    for time in sorted({time for time, event in follow_up if event and time <= at}):
        at_risk = sum(1 for end, _ in follow_up if end >= time)
        result *= 1 - sum(1 for end, event in follow_up if event and end == time) / at_risk
    return result


def median(follow_up: list[tuple[int, bool]]) -> float:
    """The first day on which survival is below one half."""
    return min(time for time, event in follow_up if event and survival(follow_up, time) < 0.5)


def log_rank(groups: list[list[tuple[int, bool]]]) -> float:
    """p of two or three groups: observed less expected and its hypergeometric covariance, time by time."""
    score = [0.0] * len(groups)
    cover = [[0.0] * len(groups) for _ in groups]
    for time in sorted({time for group in groups for time, event in group if event}):
        n = [sum(1 for end, _ in group if end >= time) for group in groups]
        d = [sum(1 for end, event in group if event and end == time) for group in groups]
        total, deaths = sum(n), sum(d)
        for j in range(len(groups)):
            score[j] += d[j] - deaths * n[j] / total
            for k in range(len(groups)):
                if total > 1:
                    share = n[j] / total * ((j == k) - n[k] / total)
                    cover[j][k] += share * deaths * (total - deaths) / (total - 1)
    if len(groups) == 2:
        return math.erfc(math.sqrt(score[0] ** 2 / cover[0][0] / 2))
    a, b, c = cover[0][0], cover[0][1], cover[1][1]
    chi_squared = (c * score[0] ** 2 - 2 * b * score[0] * score[1] + a * score[1] ** 2) / (a * c - b * b)
    return math.exp(-chi_squared / 2)


def kruskal_wallis(groups: list[list[float]]) -> float:
    """p of three groups: ranks by counting who is below, the tie-corrected H, and exp(-H/2)."""
    pooled = [value for group in groups for value in group]
    n = len(pooled)
    rank = {value: sum(other < value for other in pooled) + (pooled.count(value) + 1) / 2 for value in set(pooled)}
    h = 12 / (n * (n + 1)) * sum(sum(rank[v] for v in group) ** 2 / len(group) for group in groups) - 3 * (n + 1)
    ties = sum(pooled.count(value) ** 3 - pooled.count(value) for value in rank)
    return math.exp(-h / (1 - ties / (n**3 - n)) / 2)


def fisher(happened: list[int], totals: list[int]) -> float:
    """p of three groups: every table with the same margins, summed if no more probable than the observed."""

    def ways(table: tuple[int, ...]) -> int:
        return math.prod(math.comb(n, x) for n, x in zip(totals, table, strict=True))

    observed, everyone, possible = ways(tuple(happened)), sum(happened), 0
    for first, second in product(range(totals[0] + 1), range(totals[1] + 1)):
        third = everyone - first - second
        if 0 <= third <= totals[2] and (w := ways((first, second, third))) <= observed:
            possible += w
    return possible / math.comb(sum(totals), everyone)


def by_group(folder: Path, value: Callable[[Row, Row], float | None]) -> list[list[float]]:
    """The recorded values of the eligible patients in the order UP, SI, P."""
    lists: dict[str, list[float]] = {name: [] for name in GROUPS}
    for patient, operation in eligible(folder).values():
        found = value(patient, operation)
        if found is not None:
            lists[patient["primary_site"]].append(found)
    return [lists[name] for name in GROUPS]


def severe_patients(folder: Path) -> set[str]:
    """Ids of the index operations followed within 90 days by a complication of grade IIIa or more."""
    dates = {operation["op_id"]: operation["op_date"] for _, operation in eligible(folder).values()}
    return {
        event["op_id"]
        for event in read(folder, "complication")
        if event["op_id"] in dates
        and event["cd_grade"] in SEVERE
        and days(dates[event["op_id"]], event["cd_date"]) <= 90
    }
