"""How far the estimators agree with a folder of reference cases: one line a statistic, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# passed: within the case's tolerance. refused, better: the reference failed or warned there, and we decline to
# give the number, or give a sound one. kept: a difference on purpose, documented with its reason.
Verdict = Literal["passed", "refused", "better", "kept", "failed", "not implemented"]
Shown = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Line:
    """One statistic of one case; a vector or matrix is one line that shows the value furthest off.

    `n_values` numbers were compared, of which `n_close` agree to 1e-9. `relative_difference` is the largest;
    None where something other than numbers was compared.
    """

    case: str
    method: str
    statistic: str
    expected: Shown
    got: Shown
    relative_difference: float | None
    rtol: float
    atol: float
    verdict: Verdict
    n_values: int = 0
    n_close: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class CaseAgreement:
    """All lines of one case; its verdict is the worst of theirs, refused and better counting as passed."""

    case: str
    method: str
    hint: str
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Literal["passed", "kept", "failed", "not implemented"]:
        """not implemented, else failed if any line failed, else kept if any differs on purpose, else passed."""
        verdicts = {line.verdict for line in self.lines}
        if "not implemented" in verdicts:
            return "not implemented"
        if "failed" in verdicts:
            return "failed"
        return "kept" if "kept" in verdicts else "passed"


@dataclass(frozen=True, slots=True)
class Totals:
    """Cases by verdict, statistics compared, and numbers compared and in agreement to 1e-9."""

    cases: int
    passed: int
    kept: int
    failed: int
    not_implemented: int
    statistics: int
    values: int
    values_to_1e9: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """The result of a verification; `files` gives the SHA-256 of every file of the folder that was used."""

    cases: tuple[CaseAgreement, ...]
    files: Mapping[str, str]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line of every case."""
        return tuple(line for case in self.cases for line in case.lines)

    @property
    def totals(self) -> Totals:
        """The totals over all cases."""
        return totals(self.cases)

    @property
    def not_implemented(self) -> tuple[str, ...]:
        """The methods asked for that do not exist here."""
        return tuple(sorted({case.method for case in self.cases if case.verdict == "not implemented"}))

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is missing."""
        return self.totals.failed == 0 and self.totals.not_implemented == 0


def totals(cases: tuple[CaseAgreement, ...]) -> Totals:
    """The totals over some cases."""
    count = Counter(case.verdict for case in cases)
    lines = [line for case in cases for line in case.lines]
    return Totals(
        cases=len(cases),
        passed=count["passed"],
        kept=count["kept"],
        failed=count["failed"],
        not_implemented=count["not implemented"],
        statistics=sum(line.verdict != "not implemented" for line in lines),
        values=sum(line.n_values for line in lines),
        values_to_1e9=sum(line.n_close for line in lines),
    )
