"""Asks the estimators what a folder of reference cases asks, and compares the answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from atrisk.errors import AtriskError, EstimationError
from atrisk.verify.agreement import Agreement, CaseAgreement, Line, Shown, Verdict
from atrisk.verify.case import Case, Tolerance
from atrisk.verify.comparison import as_numbers, compare_numbers, is_p_value
from atrisk.verify.folder import read_cases
from atrisk.verify.methods import adapters, kept_differences, noted_tolerances

# Parts of an expected block that are no statistic of the method.
NOT_COMPARED = {
    "iterations": "R's own count at its default stopping rule",
    "r_names": "R's spelling of the coefficients' names; `coef_names` is compared",
    "kkt_excess": "how far R's own iteration stopped from the maximum",
    "n_enter": "survfit 3.5-3 counts nobody who enters after a curve's first row unless it is told an id",
    "published": "figures of the literature that R's own result was checked against",
}
_REMARKS = ("warnings", "error")
_NAMES_OF_AN_ITEM = ("label", "stratum", "group", "cause", "subject", "a", "b")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an adapter gave: the numbers, what the estimators said, and which differences are on purpose."""

    numbers: Mapping[str, object]
    notes: tuple[str, ...]
    kept: Mapping[str, str]


def verify(folder: Path) -> Agreement:
    """Run every case of a folder of reference cases through the estimators and compare.

    A case passes when |a - b| <= atol + rtol |b| for each of its numbers, with its `tolerance_hint`, against the
    `tight` block where there is one, p values below 1e-8 on the log scale. Where the reference recorded an error
    or a warning, an estimator must refuse, or answer and say so. A method without an adapter is not implemented.
    Raises DataError for a folder, a case or a data set that cannot be read.
    """
    cases = read_cases(folder)
    return Agreement(cases=tuple(verify_case(case) for case in cases), files=_hashes(folder, cases))


def verify_case(case: Case) -> CaseAgreement:
    """Compare the estimators' answer to one case with the reference's."""
    adapter = adapters().get(case.method)
    if adapter is None:
        lines = [_line(case, case.method, verdict="not implemented", remark="no such method here")]
        return CaseAgreement(case.id, case.method, case.tolerance.note, tuple(lines))
    try:
        raw = dict(adapter(case))
    except AtriskError as error:
        lines = [_refusal(case, error)]
    # An estimator that fails in any other way has failed this case, not the verification.
    except Exception as error:  # noqa: BLE001
        lines = [_line(case, "all", verdict="failed", remark=f"internal error: {type(error).__name__}")]
    else:
        notes, kept = raw.pop("notes", ()), raw.pop("kept", {})
        answer = _Answer(
            numbers=raw,
            notes=tuple(str(note) for note in notes) if isinstance(notes, Sequence) else (),
            kept={str(key): str(value) for key, value in kept.items()} if isinstance(kept, Mapping) else {},
        )
        lines = list(_compared(case, answer))
    return CaseAgreement(case.id, case.method, case.tolerance.note, tuple(lines))


def _refusal(case: Case, error: AtriskError) -> Line:
    if "error" in case.expected and isinstance(error, EstimationError):
        said = str(case.expected["error"])
        return _line(case, "error", verdict="refused", expected=said, got="refused", remark=str(error))
    return _line(case, "all", verdict="failed", remark=f"refused: {error}")


def _compared(case: Case, answer: _Answer) -> Iterator[Line]:
    for key in _REMARKS:
        if key in case.expected:
            yield _said(case, key, answer)
    for statistic, expected, got, scale in _statistics(_to_compare(case), answer.numbers, ""):
        line = _against(case, statistic, expected, got, scale)
        yield _excused(case, answer, line, expected, got) if line.verdict == "failed" else line


def _to_compare(case: Case) -> Mapping[str, Any]:
    """The expected block without remarks, with the values of the tight fit in place of the default one's."""
    left_out = {*NOT_COMPARED, *_REMARKS, "tight"}
    block = {key: value for key, value in case.expected.items() if key not in left_out}
    tight = case.expected.get("tight")
    return {**block, **tight} if isinstance(tight, Mapping) else block


def _said(case: Case, key: str, answer: _Answer) -> Line:
    said = case.expected[key]
    text = "; ".join(said) if isinstance(said, list) else str(said)
    if answer.notes:
        return _line(case, key, verdict="better", expected=text, got="answered", remark="; ".join(answer.notes))
    return _line(case, key, verdict="failed", expected=text, remark="answered without a word on it")


def _statistics(expected: Any, got: Any, path: str, scale: float = 0.0) -> Iterator[tuple[str, Any, Any, float]]:
    """Every leaf of the expected block (number, text, list or matrix of them), what stands there in ours, its scale."""
    if isinstance(expected, Mapping):
        for key, value in expected.items():
            if key in NOT_COMPARED:
                continue
            found = got.get(key, _Missing) if isinstance(got, Mapping) else _Missing
            yield from _statistics(value, found, f"{path}.{key}" if path else str(key), _scale_of_sum(key, expected))
    elif isinstance(expected, list) and expected and isinstance(expected[0], Mapping):
        same = isinstance(got, Sequence) and not isinstance(got, str) and len(got) == len(expected)
        for i, item in enumerate(expected):
            found = got[i] if same else _Missing
            yield from _statistics(item, found, f"{path}[{_item_name(item, i)}]")
    else:
        yield path, expected, got, scale


def _scale_of_sum(key: str, block: Mapping[str, Any]) -> float:
    """The size of what was added up in a sum that may well be 0: the root of the sum of squares beside it."""
    beside = {"sum": "sumsq", "column_sums": "column_sumsq"}.get(key)
    squares = None if beside is None else as_numbers(block.get(beside))
    return 0.0 if squares is None or squares.size == 0 else float(np.sqrt(np.nanmax(squares)))


class _Missing:
    """Stands for a statistic that the answer does not hold."""


def _item_name(item: Mapping[str, Any], place: int) -> str:
    parts = [str(item[key]) for key in _NAMES_OF_AN_ITEM if isinstance(item.get(key), str | int)]
    return ", ".join(parts) or str(place + 1)


def _against(case: Case, statistic: str, expected: Any, got: Any, scale: float) -> Line:
    wanted = as_numbers(expected)
    if got is _Missing:
        return _line(case, statistic, verdict="failed", expected=_shown(expected), remark="not computed")
    if wanted is None:
        agrees = _texts(expected) == _texts(got)
        verdict: Verdict = "passed" if agrees else "failed"
        return _line(case, statistic, verdict=verdict, expected=_shown(expected), got=_shown(got))
    found = as_numbers(got)
    if found is None or (found.shape != wanted.shape and not found.size == wanted.size <= 1):
        shape = "not numbers" if found is None else f"shape {found.shape} in place of {wanted.shape}"
        return _line(case, statistic, verdict="failed", expected=_shown(expected), remark=shape)
    tolerance = _tolerance(case, statistic)
    result = compare_numbers(wanted, found, tolerance, p_value=is_p_value(statistic), scale=scale)
    worst = result.worst
    line = _line(case, statistic, verdict="passed" if bool(np.all(result.within)) else "failed")
    line = replace(line, rtol=tolerance.rtol, atol=tolerance.atol)
    if worst < 0:
        return replace(line, expected="empty", got="empty")
    return replace(
        line,
        expected=float(result.expected[worst]),
        got=float(result.got[worst]),
        relative_difference=float(result.relative_difference[worst]),
        n_values=int(wanted.size),
        n_close=int(result.close.sum()),
    )


def _excused(case: Case, answer: _Answer, line: Line, expected: Any, got: Any) -> Line:
    """A line that disagrees, with the reason where there is one: a refusal, a better answer, on purpose."""
    for pattern, reason in (*answer.kept.items(), *kept_differences().items()):
        if _names(pattern, case, line.statistic):
            return replace(line, verdict="kept", remark=reason)
    spoke = bool(answer.notes) and any(key in case.expected for key in _REMARKS)
    wanted, found = as_numbers(expected), None if got is _Missing else as_numbers(got)
    if spoke and wanted is not None and found is not None and wanted.shape == found.shape:
        here, there = np.isnan(found).ravel(), np.isnan(wanted).ravel()
        agree = compare_numbers(
            wanted, found, _tolerance(case, line.statistic), p_value=is_p_value(line.statistic)
        ).within
        if np.all(agree | here):
            return replace(line, verdict="refused", remark="not estimable: the reference warned")
        if "error" in case.expected and np.all(agree | there):
            return replace(line, verdict="better", remark="the reference stopped with an error")
    return line


def _tolerance(case: Case, statistic: str) -> Tolerance:
    """The tolerance of the case's hint, or the one that the hint's note grants this statistic."""
    hint = case.tolerance
    for pattern, (words, rtol, atol) in noted_tolerances().items():
        if words in hint.note and _names(pattern, case, statistic):
            return Tolerance(max(rtol, hint.rtol), max(atol, hint.atol), hint.note)
    return hint


def _names(pattern: str, case: Case, statistic: str) -> bool:
    """Whether a pattern names a statistic, with its case, its method or neither in front."""
    # Brackets are part of a statistic's name, not a set of characters.
    plain = pattern.replace("[", "[[]")
    return any(fnmatchcase(name, plain) for name in (statistic, f"{case.id}/{statistic}", f"{case.method}/{statistic}"))


def _line(
    case: Case, statistic: str, *, verdict: Verdict, expected: Shown = None, got: Shown = None, remark: str = ""
) -> Line:
    return Line(
        case=case.id,
        method=case.method,
        statistic=statistic,
        expected=expected,
        got=got,
        relative_difference=None,
        rtol=case.tolerance.rtol,
        atol=case.tolerance.atol,
        verdict=verdict,
        remark=remark,
    )


def _texts(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        return [_texts(item) for item in value]
    return bool(value) if isinstance(value, bool | np.bool_) else str(value)


def _shown(value: Any) -> Shown:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        text = ", ".join(str(item) for item in value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return type(value).__name__


def _hashes(folder: Path, cases: Sequence[Case]) -> Mapping[str, str]:
    names = {file.relative_to(folder).as_posix() for file in (folder / "cases").glob("*.json")}
    names |= {f"data/{case.dataset}.csv" for case in cases if case.dataset}
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}
