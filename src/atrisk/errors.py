"""Everything that can go wrong and is the user's to mend, in one tree.

AtriskError
├── StudyError      the study file: not YAML, an unknown key, a wrong type, an expression outside the allow-list
├── DataError       a data file: missing, unreadable, ragged beyond repair, a column that is not there
├── BlockedError    the data were read, and findings of severity "blocks" stop the study
├── OutputError     the results folder cannot be written or is in use
├── SpecError       the specification of a simulated cohort
├── EstimationError an argument outside an estimator's domain (Python users); a statistic that merely
│                   cannot be estimated is a result row with an error text, never an exception
└── ReconciliationError the numbers of patients in the results disagree: nobody's to mend but the developers'

Messages name file, line, row or column, say what was expected and what to do. They never contain a patient's value:
terminal, log and exceptions are shown to anyone; only the check report, which stays at the site, shows values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AtriskError(Exception):
    """An error the user can mend; its text is shown without a traceback."""

    exit_code = 70


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file the user wrote."""

    file: str
    line: int | None
    column: int | None
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f":{self.line}"
            if self.column is not None:
                place += f":{self.column}"
        text = f"{place}: {self.where}: {self.message}" if self.where else f"{place}: {self.message}"
        return f"{text} {self.hint}".rstrip()


class StudyError(AtriskError):
    """The study file says something impossible; carries every problem found, not only the first."""

    exit_code = 3

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SpecError(StudyError):
    """The specification of a simulated cohort says something impossible."""


class DataError(AtriskError):
    """A data file cannot be used at all."""

    exit_code = 4


class BlockedError(AtriskError):
    """Findings of severity "blocks" stop the study before anything is computed; carries every finding."""

    exit_code = 1

    def __init__(self, findings: Sequence[object]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"{len(self.findings)} findings, of which some block the study; see the check report.")


class OutputError(AtriskError):
    """The results folder cannot be written."""

    exit_code = 5


class EstimationError(AtriskError, ValueError):
    """An argument lies outside an estimator's domain."""

    exit_code = 70


class ReconciliationError(AtriskError):
    """The numbers of patients in the results disagree: an error of the program, never of the data."""

    def __init__(self, words: str) -> None:
        super().__init__(
            f"The numbers of patients disagree: {words}. This is a mistake in atrisk, not in your data or study file: "
            "nothing was written, and earlier results are unchanged. Please send this text to the developers."
        )
