"""The page of results, docs/operating_characteristics.md."""

from __future__ import annotations

from collections.abc import Sequence

from simulations.question import ERRORS, SMALL, Question, Row

_HOW = f"""# Operating characteristics

How often 95% limits hold the true value (coverage) and tests at 5% reject a true hypothesis (size) or a false one
(power): what no reference value can tell. Made by `make simulations` from fixed seeds (`make simulations WRITE=1`
writes this page); one module a question in `simulations/questions/`.

- **MC error**: the Monte Carlo standard error of the share, if the nominal value is the true one (for power, if the
  share found is). `exact`: no trials; every possible outcome was summed with its probability.
- **Verdict**: *nominal* where the share lies within {ERRORS:g} Monte Carlo errors of the nominal value ({SMALL:g} where
  exact). Otherwise *conservative* (limits too wide, a test that rejects too seldom) or *anti-conservative* (the
  reverse), and the sentences below the table say why. No method was changed to look better here.
- **No answer**: the share of trials in which the method gives no limits, and says so. Coverage is of the others, so
  that a method that falls silent in the hard trials looks better than it is. A test without a p value does not reject.
"""


def page(outcome: Sequence[tuple[Question, Sequence[Row]]]) -> str:
    """The whole page."""
    return "\n".join([_HOW, *(_section(question, rows) for question, rows in outcome)])


def _section(question: Question, rows: Sequence[Row]) -> str:
    head = ("setting", "method", "what", "found", "nominal", "MC error", "trials", "no answer", "verdict")
    lines = [head, ["---"] * len(head), *(_cells(row) for row in rows)]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    said = [f"- {reason}" for reason in _reasons(rows)]
    return "\n".join([f"## {question.title}", question.text, "", table, "", *said, *([""] if said else [])])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.setting,
        row.method.name,
        row.method.kind,
        f"{row.share:.3f}",
        "" if row.nominal is None else f"{row.nominal:g}",
        "exact" if row.trials is None else f"{row.error:.3f}",
        "" if row.trials is None else f"{row.trials:,}",
        f"{row.unanswered:.3f}" if row.unanswered >= 0.0005 else "",
        row.verdict,
    )


def _reasons(rows: Sequence[Row]) -> list[str]:
    """Why methods are not nominal, in the words of their claims; settings with the same reason together."""
    settings: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row.verdict not in ("", "nominal"):
            why = row.method.claim.why if row.method.claim else ""
            settings.setdefault((row.method.name, row.verdict, why), []).append(row.setting)
    return [f"**{name}**: {verdict} ({'; '.join(at)}). {why}" for (name, verdict, why), at in settings.items()]
