"""What a run has to say about a number, a group or a cell: a code with values, and its English words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from atrisk.result.remark_templates import TEMPLATES
from atrisk.study.text import Text

Value = str | int | float | Text | tuple["Value", ...]
_NOTHING: Mapping[str, Value] = MappingProxyType({})


class Speaker(Protocol):
    """A language that puts an English message into its own words."""

    @property
    def code(self) -> str:
        """Its code, such as ``en``."""
        ...

    def say(self, message: str) -> str:
        """The message in this language."""
        ...

    def say_count(self, one: str, many: str, count: int) -> str:
        """The message in the form that ``count`` takes in this language."""
        ...


class _English:
    code = "en"

    def say(self, message: str) -> str:
        return message

    def say_count(self, one: str, many: str, count: int) -> str:
        return one if count == 1 else many


class Remark(str):
    """A text for readers that can be said in any language: the template of its code, filled with its values.

    As a ``str`` it is its English words, which is what ``results.csv``, the terminal and the check's CSV print; the
    report words it anew with `said`. It is a ``str`` because the reasons that estimators give are texts as they stand,
    and both kinds pass through the same fields. Values are texts of the study file in all their languages, other
    remarks, names, numbers, or several of these (joined by commas); never a patient's value.
    """

    __slots__ = ("code", "values")
    code: str
    values: Mapping[str, Value]

    def __new__(cls, code: str, values: Mapping[str, Value] = _NOTHING) -> Remark:
        """The remark of that code; KeyError for a code without template or a template with a value not given."""
        remark = super().__new__(cls, _worded(code, values, _English()))
        remark.code = code
        remark.values = MappingProxyType(dict(values))
        return remark

    def __reduce__(self) -> tuple[type[Remark], tuple[str, dict[str, Value]]]:
        return Remark, (self.code, dict(self.values))


def said(text: str, speaker: Speaker) -> str:
    """A remark in the speaker's language; any other text as the speaker's catalogue has it."""
    return _worded(text.code, text.values, speaker) if isinstance(text, Remark) else speaker.say(text)


def has_code(text: str, code: str) -> bool:
    """Whether a text is the remark of that code."""
    return isinstance(text, Remark) and text.code == code


def both(first: str, second: str) -> str:
    """Two texts as one remark; where one is empty, the other alone."""
    return Remark("both", {"first": first, "second": second}) if first and second else first or second


def _worded(code: str, values: Mapping[str, Value], speaker: Speaker) -> str:
    """The one place where a remark becomes words; a pair of templates is chosen by the value ``count``."""
    template = TEMPLATES[code]
    count = values.get("count", 0)
    if isinstance(template, tuple):
        words = speaker.say_count(*template, count if isinstance(count, int) else 0)
    else:
        words = speaker.say(template)
    return words.format_map({name: _word(value, speaker) for name, value in values.items()})


def _word(value: Value, speaker: Speaker) -> str | int | float:
    if isinstance(value, Text):
        return value.in_language(speaker.code)
    if isinstance(value, Remark):
        return _worded(value.code, value.values, speaker)
    if isinstance(value, tuple):
        return ", ".join(str(_word(each, speaker)) for each in value)
    return value
