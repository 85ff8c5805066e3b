"""What the text of a cell says, as SQL: the grammar of whole numbers, numbers, dates, true/false, limits and codes.

Every function takes the SQL text of a cell whose text has no blanks around it, and gives SQL that yields the value,
or NULL where the text is not such a value. NULL in gives NULL out.
"""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.read.session import literal
from atrisk.read.table import ColumnType
from atrisk.study.table import Completion, Variable

BLANKS = " \t\r\n\u00a0\u202f\u3000\ufeff"
INTEGER = r"[+-]?\d{1,18}"
NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
COMMA_NUMBER = r"[+-]?\d+(,\d+)?"
# 1,250 may be one and a quarter, or twelve hundred and fifty with its thousands set apart.
GROUPED_NUMBER = r"[+-]?[1-9]\d{0,2},\d{3}"
LIMIT = r"(<=|>=|≤|≥|<|>|＜|＞)\s*"
# A number that begins with 0 or is longer than a double can hold is somebody's identifier, not a quantity.
IDENTIFIER = r"[+-]?0\d+|[+-]?\d{16,}"

_TIME_OF_DAY = r"([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
_YEAR = r"([1-9]\d{3})"
_PART = r"(\d{1,2})"
_FIRST_GROUP = r"\1-"
ISO = "YYYY-MM-DD"
# Format -> the whole date, the date without its day (its year and month as groups), and how to turn them into ISO.
_FORMATS: dict[str, tuple[str, str, str, str]] = {
    "YYYY-MM-DD": (rf"{_YEAR}-(\d{{2}})-(\d{{2}})", r"\1-\2-\3", rf"{_YEAR}-(\d{{2}})", r"\1-\2"),
    "DD/MM/YYYY": (rf"{_PART}/{_PART}/{_YEAR}", r"\3-\2-\1", rf"{_PART}/{_YEAR}", r"\2-\1"),
    "MM/DD/YYYY": (rf"{_PART}/{_PART}/{_YEAR}", r"\3-\1-\2", rf"{_PART}/{_YEAR}", r"\2-\1"),
    "DD.MM.YYYY": (rf"{_PART}\.{_PART}\.{_YEAR}", r"\3-\2-\1", rf"{_PART}\.{_YEAR}", r"\2-\1"),
    "DD-MM-YYYY": (rf"{_PART}-{_PART}-{_YEAR}", r"\3-\2-\1", rf"{_PART}-{_YEAR}", r"\2-\1"),
    "YYYY/MM/DD": (rf"{_YEAR}/{_PART}/{_PART}", r"\1-\2-\3", rf"{_YEAR}/{_PART}", r"\1-\2"),
    "YYYY.MM.DD": (rf"{_YEAR}\.{_PART}\.{_PART}", r"\1-\2-\3", rf"{_YEAR}\.{_PART}", r"\1-\2"),
    "YYYY年M月D日": (rf"{_YEAR}年{_PART}月{_PART}日", r"\1-\2-\3", rf"{_YEAR}年{_PART}月", r"\1-\2"),
    "YYYYMMDD": (rf"{_YEAR}(\d{{2}})(\d{{2}})", r"\1-\2-\3", rf"{_YEAR}(\d{{2}})", r"\1-\2"),
}
FORMATS = tuple(_FORMATS)
# Two numbers and a year, or a year of two digits: a date, but in which order?
SHORT_YEAR = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}"
_YEAR_FIRST = r"\d{4}[/.]\d{1,2}[/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日"
OTHER_DATE = rf"(\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}|{SHORT_YEAR}|{_YEAR_FIRST}){_TIME_OF_DAY}"
ISO_SHAPE = r"\d{4}-\d{2}-\d{2}"
SPAN = r"\d+([.,]\d+)?\s*(-|–|—|to|bis)\s*\d+([.,]\d+)?\s*%?"
PARTIAL_DATE = rf"{_YEAR}(-\d{{2}})?"


# What a spreadsheet writes into a cell that it could not compute.
SPREADSHEET_ERRORS = (
    *("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"),
    *("#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#EXTERNAL!"),
)

# Words that often stand for "not recorded"; which of them do must be declared.
MISSING_WORDS = (
    *(
        "na",
        "n/a",
        "n.a.",
        "n.a",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        "nd",
        "n.d.",
        "missing",
        "unknown",
        "unk",
        "ukn",
    ),
    *("not recorded", "not available", "not known", "not done", "?", "??", "-", "--", "---", ".", "..", "/", "x"),
    *("k.a.", "keine angabe", "unbekannt", "inconnu", "不详", "未知", "无", "缺失"),
)


# Yes and no in English, German, French, Spanish, Italian and Chinese, where a column is declared to hold them.
_YES = ("1", "1.0", "yes", "y", "ja", "j", "oui", "sí", "si", "sì", "是")
_NO = ("0", "0.0", "no", "n", "nein", "non", "否")


def matches(cell: str, pattern: str) -> str:
    """Whether the whole text has this form."""
    return f"regexp_full_match({cell}, {literal(pattern)})"


def text_of(column: str, kind: ColumnType | None) -> str:
    """The text of a column that has a type (None: text already); whole numbers have no decimal point."""
    if kind is None:
        return column
    if kind is ColumnType.NUMBER:
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def trimmed(cell: str) -> str:
    """The text without blanks around it; NULL where nothing is left."""
    return f"nullif(trim({cell}, {literal(BLANKS)}), '')"


def is_untidy(cell: str) -> str:
    """Whether there are blanks around the text, or nothing in it."""
    return f"(trim({cell}, {literal(BLANKS)}) <> {cell} OR {cell} = '')"


def missing_codes(variable: Variable, *, undeclared_only: bool = False) -> tuple[str, ...]:
    """The codes that mean "not recorded" in a column: the declared ones, and NA, which R writes for them.

    NA is not among them where it is declared as a level. With ``undeclared_only``, just that NA if nobody declared it.
    """
    implied = () if "NA" in (variable.levels or {}) or "NA" in variable.missing else ("NA",)
    return implied if undeclared_only else (*variable.missing, *implied)


def without_missing(cell: str, codes: Sequence[str], *, numeric: bool) -> str:
    """The text, or NULL where it is one of the codes for "not recorded"; see ``is_code``."""
    return f"CASE WHEN {is_code(cell, codes, numeric=numeric)} THEN NULL ELSE {cell} END" if codes else cell


def is_code(cell: str, codes: Sequence[str], *, numeric: bool) -> str:
    """Whether the text is one of the codes, of which there must be one.

    With ``numeric`` a code that is a number also stands for the same number written otherwise (-1 and -1.0).
    """
    condition = f"{cell} IN ({', '.join(literal(code) for code in codes)})"
    numbers = [code for code in codes if _is_number(code)]
    if numeric and numbers:
        condition += f" OR {number(cell)} IN ({', '.join(literal(float(code)) for code in numbers)})"
    return condition


def number(cell: str, *, decimal_comma: bool = False) -> str:
    """A finite double, the one nearest to the decimal text; with ``decimal_comma`` 3,5 is three and a half."""
    if decimal_comma:
        return f"CASE WHEN {matches(cell, COMMA_NUMBER)} THEN TRY_CAST(replace({cell}, ',', '.') AS DOUBLE) END"
    # The form is checked first because the engine's cast also takes NaN, inf and 1_000.
    value = f"TRY_CAST({cell} AS DOUBLE)"
    return f"CASE WHEN {matches(cell, NUMBER)} AND isfinite({value}) THEN {value} END"


def integer(cell: str) -> str:
    """A whole number of at most 18 digits; 3.0 is one."""
    whole = matches(cell, INTEGER + r"(\.0*)?")
    return f"CASE WHEN {whole} THEN TRY_CAST(split_part({cell}, '.', 1) AS BIGINT) END"


def without_limit(cell: str) -> str:
    """The text without a leading sign of comparison."""
    return f"regexp_replace({cell}, {literal('^' + LIMIT)}, '')"


def limit(cell: str) -> str:
    """The sign of comparison before a number: '<', '<=', '>' or '>='; NULL where there is none."""
    sign = f"regexp_extract({cell}, {literal('^' + LIMIT)}, 1)"
    return (
        f"CASE {sign} WHEN '<' THEN '<' WHEN '＜' THEN '<' WHEN '<=' THEN '<=' WHEN '≤' THEN '<=' "
        f"WHEN '>' THEN '>' WHEN '＞' THEN '>' WHEN '>=' THEN '>=' WHEN '≥' THEN '>=' END"
    )


def boolean(cell: str, *, words: bool) -> str:
    """True or false, in any case; with ``words`` also 1/0 and yes/no in several languages."""
    true, false = ("true", *(_YES if words else ())), ("false", *(_NO if words else ()))
    says_true, says_false = (f"lower({cell}) IN ({', '.join(map(literal, said))})" for said in (true, false))
    return f"CASE WHEN {says_true} THEN TRUE WHEN {says_false} THEN FALSE END"


def level(cell: str, codes: Sequence[str]) -> str:
    """The declared code a cell stands for, else the cell's text.

    A cell that is a number stands for the code of the same number (1.0 for 1, as programs write whole numbers in a
    column with gaps); true and false are the same in any case.
    """
    cases = ""
    for code in codes:
        if _is_number(code):
            cases += f" WHEN {number(cell)} = {literal(float(code))} THEN {literal(code)}"
        elif code in ("true", "false"):
            cases += f" WHEN lower({cell}) = {literal(code)} THEN {literal(code)}"
    if not cases:
        return cell
    known = ", ".join(literal(code) for code in codes)
    return f"CASE WHEN {cell} IN ({known}) THEN {cell}{cases} ELSE {cell} END"


def date(cell: str, *, form: str = ISO, partial: Completion | None = None, or_iso: bool = False) -> str:
    """A date of the calendar from the year 1000; a time of day after it is cut off.

    With ``partial``, a year and month, or a year alone, is completed with the declared day and month, or to the first
    or the last day that it can mean. With ``or_iso`` a whole date may also be written YYYY-MM-DD.
    """
    if or_iso and form != ISO:
        return f"coalesce({date(cell, form=form, partial=partial)}, {date(cell)})"
    whole, to_iso, month, month_to_iso = _FORMATS[form]
    cases = f"WHEN {matches(cell, whole + _TIME_OF_DAY)} THEN {_as_date(cell, whole + _TIME_OF_DAY, to_iso)}"
    if partial is not None:
        in_month, in_year = _completed(partial)
        month_date = _as_date(cell, month, f"{month_to_iso}-{in_month}")
        if partial == "latest":
            month_date = f"last_day({month_date})"
        cases += f" WHEN {matches(cell, month)} THEN {month_date}"
        cases += f" WHEN {matches(cell, _YEAR)} THEN {_as_date(cell, _YEAR, _FIRST_GROUP + in_year)}"
    return f"CASE {cases} END"


def date_shape(form: str) -> str:
    """The pattern of a whole date in a format, whether or not the calendar has that day."""
    return _FORMATS[form][0] + _TIME_OF_DAY


def _completed(partial: Completion) -> tuple[str, str]:
    """What follows the year and month, and what follows the year alone; the last day of a month is for the engine."""
    if isinstance(partial, str):
        return "1", "12-31" if partial == "latest" else "1-1"
    return f"{partial.day}", f"{partial.month}-{partial.day}"


def precision(cell: str, *, form: str = ISO, or_iso: bool = False) -> str:
    """How much of a date was recorded: 'day', 'month' or 'year'; NULL where the text is no date in this format."""
    if or_iso and form != ISO:
        return f"coalesce({precision(cell, form=form)}, CASE WHEN {date(cell)} IS NOT NULL THEN 'day' END)"
    whole, _, month, _ = _FORMATS[form]
    return (
        f"CASE WHEN {matches(cell, whole + _TIME_OF_DAY)} THEN 'day' WHEN {matches(cell, month)} THEN 'month' "
        f"WHEN {matches(cell, _YEAR)} THEN 'year' END"
    )


def has_time_of_day(cell: str) -> str:
    """Whether a time other than midnight follows the date."""
    return rf"(regexp_matches({cell}, '[ T]\d{{2}}:\d{{2}}') AND NOT regexp_matches({cell}, '[ T]00:00(:00(\.0+)?)?$'))"


def is_missing_word(cell: str) -> str:
    """Whether the text is one of the words that often stand for "not recorded"."""
    return f"lower({cell}) IN ({', '.join(literal(word) for word in MISSING_WORDS)})"


def _as_date(cell: str, pattern: str, to_iso: str) -> str:
    return f"TRY_CAST(regexp_replace({cell}, {literal('^' + pattern + '$')}, {literal(to_iso)}) AS DATE)"


def _is_number(code: str) -> bool:
    try:
        return code.isascii() and "_" not in code and abs(float(code)) < float("inf")
    except ValueError:
        return False
