"""What a figure of missing values shows: which variables are missing together, and in how many of each group."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.report.tables.missingness import label_of, missingness_of, names_lacking
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame

# More patterns than this are not drawn; the table has all.
MOST_PATTERNS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPattern:
    """One pattern: for each variable of the figure whether it is missing; patients, all and by group, and their row."""

    lacks: tuple[bool, ...]
    n: int
    by_group: tuple[int, ...]
    row_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFigure:
    """The most frequent patterns, the commonest first, of variables of which some are missing."""

    name: str
    title: str
    variables: tuple[str, ...]
    groups: tuple[str, ...]
    patterns: tuple[MissingPattern, ...]
    not_shown: int
    patients_label: str
    footer: str


def missing_figure(view: View, frame: ComparisonFrame) -> MissingFigure | None:
    """The figure of a comparison; None where fewer than two of its variables have missing values."""
    rows = missingness_of(view, frame)
    counts = [row for row in rows if row.statistic == "count"]
    names = tuple(dict.fromkeys(name for row in counts for name in names_lacking(row)))
    # In the order in which the study declares them.
    ordered = tuple(name for name in dict.fromkeys(row.variable or row.outcome for row in rows) if name in names)
    if len(ordered) < 2:
        return None
    patterns = []
    for term in dict.fromkeys(row.term for row in counts):
        by_group = {row.group: row for row in counts if row.term == term}
        lacking = names_lacking(by_group[""])
        patterns.append(
            MissingPattern(
                lacks=tuple(name in lacking for name in ordered),
                n=int(by_group[""].value or 0),
                by_group=tuple(int(by_group[code].value or 0) for code in frame.groups),
                row_id=by_group[""].row_id,
            )
        )
    prefix = "" if frame.name == "main" else f"{frame.name}-"
    return MissingFigure(
        name=f"{prefix}missing-together",
        title=view.say("What is missing together"),
        variables=tuple(label_of(view, name, rows) for name in ordered),
        groups=tuple(view.names.group(frame.name, code) for code in frame.groups),
        patterns=tuple(patterns[:MOST_PATTERNS]),
        not_shown=max(0, len(patterns) - MOST_PATTERNS),
        patients_label=view.say("Patients"),
        footer=view.banner,
    )


def missing_data(figure: MissingFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Each pattern drawn: what is missing (1), how many patients have it, and its result row."""
    header = (*figure.variables, "n", *figure.groups, "row_id")
    rows: list[tuple[object, ...]] = [
        (*(int(lacks) for lacks in pattern.lacks), pattern.n, *pattern.by_group, pattern.row_id)
        for pattern in figure.patterns
    ]
    return header, rows
