"""Asks the estimators what a folder of reference cases asks, and compares the answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from atrisk.errors import AtriskError, EstimationError
from atrisk.verify.agreement import Agreement, CaseAgreement, Line, Shown, Verdict
from atrisk.verify.alignment import as_recorded
from atrisk.verify.case import Case, Tolerance, UnusableCase
from atrisk.verify.comparison import Comparison, as_numbers, as_plain_numbers, compare_numbers, is_p_value
from atrisk.verify.folder import read_folder
from atrisk.verify.methods import adapters, kept_differences, noted_tolerances, options_of
from atrisk.verify.question import Question
from atrisk.verify.remark import is_answered

# Parts of an expected block that are no statistic of the method.
NOT_COMPARED = {
    "iterations": "R's own count at its default stopping rule",
    "r_names": "R's spelling of the coefficients' names; `coef_names` is compared",
    "kkt_excess": "how far R's own iteration stopped from the maximum",
    "n_enter": "survfit 3.5-3 counts nobody who enters after a curve's first row unless it is told an id",
    "var_order": "a description in words of the order in `var`, which is compared",
    "published": "figures of the literature that R's own result was checked against",
}
_REMARKS = ("warnings", "error")
# What a hint's note grants the values of the tight fit: "the block 'tight' ... bears rtol 1e-8".
_BEARS = re.compile(r"'tight'[^;]*? bears rtol ([0-9.e-]+[0-9])")
_WENT_ON = "the reference stopped with an error where this can be computed"
_STOPPED_SHORT = "the reference's run to full convergence stopped short of its own usual run, with which ours agrees"
_SAME_LIKELIHOOD = 1e-12
_NOT_ESTIMABLE = "not estimable: the reference stopped with an error"
_NAMES_OF_AN_ITEM = ("label", "stratum", "group", "cause", "subject", "a", "b")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What an adapter gave: the numbers, those at full convergence, those under the reference's rules, and words."""

    numbers: Mapping[str, Any]
    tight: Mapping[str, Any]
    imitated: Mapping[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Statistic:
    """A leaf of the expected block (number, text, list or matrix of them), and what stands there in the answer."""

    name: str
    expected: Any
    got: Any
    scale: float


def verify(folder: Path) -> Agreement:
    """Run every case of a folder of reference cases through the estimators and compare.

    A case passes when |a - b| <= atol + rtol |b| for each of its numbers, with its `tolerance_hint`, against the
    `tight` block where there is one, p values below 1e-8 on the log scale. Where the reference recorded an error
    or a warning, an estimator must refuse, or answer and say so. A method without an adapter is not implemented; a
    case that cannot be asked (not JSON, no data set, an option of the wrong kind) has failed.
    Raises DataError for a folder without a case.
    """
    cases = read_folder(folder)
    answers = (_unusable(case) if isinstance(case, UnusableCase) else verify_case(case) for case in cases)
    return Agreement(cases=tuple(answers), files=_hashes(folder, cases))


def verify_case(case: Case) -> CaseAgreement:
    """Ask the estimators the question of one case, and compare their answer with the reference's."""
    adapter = adapters().get(case.method)
    if adapter is None:
        return _agreement(case, _line(case, case.method, verdict="not implemented", remark="no such method here"))
    unknown = sorted(set(case.question.options) - options_of(case.method))
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        told = f"{case.place}: {case.method} has no option {names}"
        return _agreement(case, _line(case, "options", verdict="failed", remark=told))
    try:
        answer = dict(adapter(case.question))
    except AtriskError as error:
        return _agreement(case, _refusal(case, error))
    # An estimator that fails in any other way has failed this case, not the verification.
    except Exception as error:  # noqa: BLE001
        return _agreement(case, _line(case, "all", verdict="failed", remark=f"internal error: {type(error).__name__}"))
    try:
        return compare_answer(case, answer)
    # What a case expects may be of any shape; one that the format does not know is a failure of the case.
    except Exception:  # noqa: BLE001
        told = f"{case.place}: 'expected' is not of the form that the format describes for {case.method}"
        return _agreement(case, _line(case, "expected", verdict="failed", remark=told))


def _unusable(case: UnusableCase) -> CaseAgreement:
    line = Line(case.id, case.method, "all", None, None, None, 0.0, 0.0, "failed", remark=f"not asked: {case.reason}")
    return CaseAgreement(case.id, case.method, "", (line,))


def compare_answer(case: Case, answer: Mapping[str, Any]) -> CaseAgreement:
    """Compare an adapter's answer to a case's question with the reference's."""
    numbers = dict(answer)
    notes, tight, imitated = (numbers.pop(name, {}) for name in ("notes", "tight", "imitated"))
    said = (*map(str, notes), *_of_the_rows(case.question))
    return _agreement(case, *_compared(case, _Answer(numbers, tight, imitated, said)))


def _of_the_rows(question: Question) -> tuple[str, ...]:
    """What there is to say about rows left out, whatever the method."""
    if question.options.get("entry") not in question.columns:
        return ()
    n = int(question.ends_at_entry().sum())
    return (f"{n} rows are left out because their entry is not before their exit",) if n else ()


def _agreement(case: Case, *lines: Line) -> CaseAgreement:
    if not lines:
        lines = (
            _line(case, "all", verdict="failed", remark=f"{case.place}: nothing is expected, and nothing compared"),
        )
    return CaseAgreement(case.id, case.method, case.tolerance.note, lines)


def _refusal(case: Case, error: AtriskError) -> Line:
    """A refusal is in place where the reference stopped, and where it warned of what we refuse."""
    if isinstance(error, EstimationError):
        if "error" in case.expected:
            return _line(case, "error", verdict="refused", expected=case.said, got="refused", remark=str(error))
        if case.remarks and all(is_answered(said, (str(error),)) for said in case.remarks):
            return _line(case, "warnings", verdict="refused", expected=case.said, got="refused", remark=str(error))
    return _line(case, "all", verdict="failed", remark=f"refused: {error}")


def _compared(case: Case, answer: _Answer) -> Iterator[Line]:
    for said in case.remarks:
        yield _said(case, said, answer)
    yield from _stopped_parts(case, answer)
    expected, tight = _to_compare(case)
    numbers = {**answer.numbers, **{key: value for key, value in answer.tight.items() if key in tight}}
    imitated = {item.name: item.got for item in _statistics(expected, answer.imitated, "")}
    for item in _statistics(expected, numbers, ""):
        tolerance = _tolerance(case, item.name, tight=item.name in tight)
        line = _against(case, item, tolerance)
        if line.verdict == "failed" and item.name in tight and _as_by_default(case, item, tolerance):
            yield replace(line, verdict="kept", remark=_STOPPED_SHORT)
            continue
        yield line if line.verdict != "failed" else _excused(case, answer, line, item, imitated[item.name])


def _to_compare(case: Case) -> tuple[Mapping[str, Any], frozenset[str]]:
    """The expected block without remarks, with the values of the tight fit in their places, and the names of these.

    Where the default fit found a redundant column, which the tight one no longer sees, the tight values are not used.
    """
    left_out = {*NOT_COMPARED, *_REMARKS, "tight", "errors_by_transform", *case.expected.get("errors_by_transform", {})}
    block = {key: value for key, value in case.expected.items() if key not in left_out}
    if "error" in case.expected:
        block = {key: value for key, value in block.items() if value != []}
    tight = case.expected.get("tight")
    if not isinstance(tight, Mapping) or _redundant(block) != _redundant(tight):
        return block, frozenset()
    return {**block, **tight}, frozenset(tight)


def _as_by_default(case: Case, item: _Statistic, tolerance: Tolerance) -> bool:
    """Whether the reference's usual run, as likely as its tight one to the last digits, agrees with us as closely.

    Where likelihoods cannot tell the two apart, R's step halving may have stopped the tight run short of the usual.
    """
    likelihoods = [as_numbers(block.get("loglik", [])) for block in (case.expected, case.expected["tight"])]
    if any(one is None or one.size != 1 for one in likelihoods):
        return False
    first, second = (float(one) for one in likelihoods if one is not None)
    usual = case.expected.get(item.name)
    alike = abs(first - second) <= _SAME_LIKELIHOOD * abs(first)
    return alike and usual is not None and _against(case, replace(item, expected=usual), tolerance).verdict == "passed"


def _redundant(block: Mapping[str, Any]) -> list[bool]:
    coefficients = as_numbers(block.get("coef", []))
    return [] if coefficients is None else np.isnan(coefficients).tolist()


def _said(case: Case, said: str, answer: _Answer) -> Line:
    key = "error" if said == case.expected.get("error") else "warnings"
    if not is_answered(said, answer.notes):
        told = f"no word on it in: {'; '.join(answer.notes)}" if answer.notes else "answered without a word on it"
        return _line(case, key, verdict="failed", expected=said, remark=told)
    remark = "; ".join(answer.notes) or "a matter of the reference's arithmetic, which has no counterpart here"
    return _line(case, key, verdict="better", expected=said, got="answered", remark=remark)


def _stopped_parts(case: Case, answer: _Answer) -> Iterator[Line]:
    """Parts of an answer at which the reference stopped with an error (single transforms of a test)."""
    for part, error in case.expected.get("errors_by_transform", {}).items():
        name, block = f"errors_by_transform.{part}", answer.numbers.get(part)
        numbers = [item.got for item in _statistics(block, block, "")] if isinstance(block, Mapping) else []
        found = [values for values in map(as_numbers, numbers) if values is not None]
        if not found:
            yield _line(case, name, verdict="failed", expected=str(error), remark="not computed")
        elif all(np.all(np.isfinite(values) | (values == 0)) for values in found):
            yield _line(case, name, verdict="better", expected=str(error), got="answered", remark=_WENT_ON)
        else:
            yield _line(case, name, verdict="refused", expected=str(error), got="refused", remark=_NOT_ESTIMABLE)


def _statistics(expected: Any, got: Any, path: str, scale: float = 0.0) -> Iterator[_Statistic]:
    """Every leaf of the expected block, with what stands there in the answer, in the shape that was recorded."""
    if isinstance(expected, Mapping):
        mine = as_recorded(expected, got) if isinstance(got, Mapping) else {}
        for key, value in expected.items():
            if key not in NOT_COMPARED:
                name = f"{path}.{key}" if path else str(key)
                yield from _statistics(value, mine.get(key, _Missing), name, _scale_of_sum(key, expected))
    elif isinstance(expected, list) and expected and isinstance(expected[0], Mapping):
        same = isinstance(got, Sequence) and not isinstance(got, str) and len(got) == len(expected)
        for i, item in enumerate(expected):
            yield from _statistics(item, got[i] if same else _Missing, f"{path}[{_item_name(item, i)}]")
    else:
        yield _Statistic(path, expected, got, scale)


def _scale_of_sum(key: str, block: Mapping[str, Any]) -> float:
    """The size of what was added up in a sum that may well be 0: the root of the sum of squares beside it."""
    beside = {"sum": "sumsq", "column_sums": "column_sumsq"}.get(key)
    squares = None if beside is None else as_numbers(block.get(beside))
    return 0.0 if squares is None or not np.any(np.isfinite(squares)) else float(np.sqrt(np.nanmax(squares)))


class _Missing:
    """Stands for a statistic that the answer does not hold."""


def _item_name(item: Mapping[str, Any], place: int) -> str:
    parts = [str(item[key]) for key in _NAMES_OF_AN_ITEM if isinstance(item.get(key), str | int)]
    return ", ".join(parts) or str(place + 1)


def _against(case: Case, item: _Statistic, tolerance: Tolerance) -> Line:
    line = _line(case, item.name, verdict="failed", expected=_shown(item.expected), got=_shown(item.got))
    if item.got is _Missing:
        return replace(line, got=None, remark="not computed")
    wanted = as_numbers(item.expected)
    if wanted is None:
        if _texts(item.expected) == _texts(item.got):
            return replace(line, verdict="passed")
        return replace(line, remark="" if as_numbers(item.got) is None else "a text is expected where a number stands")
    found = as_numbers(item.got)
    if found is None or (found.shape != wanted.shape and not found.size == wanted.size <= 1):
        shape = "not numbers" if found is None else f"shape {found.shape} in place of {wanted.shape}"
        return replace(line, got=None, remark=shape)
    result = compare_numbers(wanted, found, tolerance, p_value=is_p_value(item.name), scale=item.scale)
    worst = result.worst
    line = replace(line, verdict="passed" if bool(np.all(result.within)) else "failed")
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


def _excused(case: Case, answer: _Answer, line: Line, item: _Statistic, imitated: Any) -> Line:
    """A line that disagrees, with the reason where there is one: on purpose, or the reference stopped or ran off."""
    tolerance = Tolerance(line.rtol, line.atol)
    numbers = _compared_numbers(item, tolerance)
    for kept in kept_differences():
        if not _names(kept.pattern, case, line.statistic) or not kept.when(case):
            continue
        if kept.kind is None:
            wide = replace(tolerance, atol=tolerance.atol + kept.slack)
            of_kind = _against(case, replace(item, got=imitated), wide).verdict == "passed"
        else:
            of_kind = numbers is not None and bool(
                np.all(numbers.within | kept.kind(numbers.expected, numbers.got, item.scale))
            )
        if of_kind:
            return replace(line, verdict="kept", remark=kept.reason)
    # Beside an error of the reference's stand no numbers of its own: ours are more than it gives.
    more = numbers is not None and bool(np.all(numbers.within | np.isnan(numbers.expected)))
    if "error" in case.expected and is_answered(str(case.expected["error"]), answer.notes) and more:
        return replace(line, verdict="better", remark="the reference stopped with an error")
    return line


def _compared_numbers(item: _Statistic, tolerance: Tolerance) -> Comparison | None:
    """The numbers of a statistic, yes and no as 1 and 0; None where they are of another kind or shape."""
    wanted, found = as_plain_numbers(item.expected), as_plain_numbers(item.got)
    if wanted is None or found is None or wanted.shape != found.shape:
        return None
    return compare_numbers(wanted, found, tolerance, p_value=is_p_value(item.name), scale=item.scale)


def _tolerance(case: Case, statistic: str, *, tight: bool) -> Tolerance:
    """The tolerance of the case's hint; narrower, or for single statistics wider, where the hint's note says so."""
    hint = case.tolerance
    for pattern, (words, rtol, atol) in noted_tolerances().items():
        if words in hint.note and _names(pattern, case, statistic):
            return Tolerance(max(rtol, hint.rtol), max(atol, hint.atol), hint.note)
    bears = _BEARS.search(hint.note) if tight else None
    if bears is None or not float(bears[1]) < hint.rtol:
        return hint
    # The note speaks of the relative tolerance; the absolute one narrows with it.
    return Tolerance(float(bears[1]), hint.atol * float(bears[1]) / hint.rtol, hint.note)


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
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        text = ", ".join(str(item) for item in value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return type(value).__name__


def _hashes(folder: Path, cases: Sequence[Case | UnusableCase]) -> Mapping[str, str]:
    names = {file.relative_to(folder).as_posix() for file in (folder / "cases").glob("*.json")}
    asked = [case.question for case in cases if isinstance(case, Case)]
    names |= {f"data/{question.dataset}.csv" for question in asked if question.dataset}
    tables = {question.options["rate_table"] for question in asked if question.rate_table}
    names |= {f"data/{name}.csv" for name in tables}
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}
