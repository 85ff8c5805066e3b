"""Ask every question of coverage, size and power; print the page, or write it down.

python -m simulations [--only QUESTION] [--at-most TRIALS] [--write]

Exits with 1 when a share is not what the question's module says of it. `--write` puts the page into
docs/operating_characteristics.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from simulations.page import page
from simulations.question import Question, Row, answer
from simulations.questions import QUESTIONS

PAGE = Path(__file__).parents[1] / "docs" / "operating_characteristics.md"


def main() -> None:
    """The whole run."""
    parser = argparse.ArgumentParser(prog="simulations")
    parser.add_argument("--only", choices=[question.key for question in QUESTIONS], help="one question")
    parser.add_argument("--at-most", type=int, help="no more trials than this in any setting, to try it out")
    parser.add_argument("--write", action="store_true", help="write docs/operating_characteristics.md")
    chosen = parser.parse_args()
    if chosen.write and (chosen.only or chosen.at_most):
        parser.error("the page is written from all trials of all questions: leave --only and --at-most out.")
    outcome: list[tuple[Question, list[Row]]] = []
    for question in QUESTIONS:
        if chosen.only in (None, question.key):
            began = time.process_time()
            outcome.append((question, list(answer(question, at_most=chosen.at_most))))
            print(f"{question.key}: {time.process_time() - began:.0f} s", file=sys.stderr, flush=True)
    text = page(outcome)
    if chosen.write:
        PAGE.write_text(text, encoding="utf-8")
    print(text)
    other = [(question, row) for question, rows in outcome for row in rows if not row.as_claimed]
    for question, row in other:
        said = f"{row.share:.4f} ({row.method.kind})"
        print(f"Not as said: {question.key}, {row.setting}, {row.method.name}: {said}", file=sys.stderr)
    raise SystemExit(1 if other else 0)


if __name__ == "__main__":
    main()
