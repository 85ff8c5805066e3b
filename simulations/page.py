"""The page of results, docs/operating_characteristics.md."""

from __future__ import annotations

from collections.abc import Sequence

from simulations.question import ERRORS, SMALL, Question, Row

_HOW = f"""# Operating characteristics

How often 95% limits hold the true value (coverage) and tests at 5% reject a true hypothesis (size) or a false one
(power): what no reference value can tell. Made by `make simulations`, from fixed seeds and so the same everywhere
(`make simulations WRITE=1` writes this page); one module a question in `simulations/questions/`.

- **MC error**: the standard error that the share has by the number of trials, if the nominal value is the true one.
  `exact`: no trials; every possible outcome was summed with its probability.
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
    said = [f"- {row}" for row in dict.fromkeys(_reason(row) for row in rows) if row]
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
        f"{row.unanswered:.3f}" if row.unanswered > 1e-9 else "",
        row.verdict,
    )


def _reason(row: Row) -> str:
    """Why a method is not nominal, in the words of its claim; nothing where it is."""
    if row.method.claim is None or row.verdict in ("", "nominal"):
        return ""
    return f"{row.method.name}, {row.setting}: {row.verdict}. {row.method.claim.why}"
