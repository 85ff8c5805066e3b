"""Dates that must come in order, as a study file writes them: ``birth_date <= op_date <= death_date``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from atrisk.study.part import wrong

_OPERATOR = re.compile(r"<=|>=|==|<>|!=|[<>=]")


def dates_in(text: str) -> tuple[str, ...]:
    """The columns of a line such as ``birth_date <= op_date <= death_date``, earliest first.

    Raises an error where anything but ``<=`` stands between them or fewer than two are named.
    """
    if any(operator != "<=" for operator in _OPERATOR.findall(text)):
        raise wrong("dates in order are written with <= only, such as 'op_date <= death_date'")
    names = tuple(name.strip().strip('"') for name in text.split("<="))
    if len(names) < 2 or not all(names):
        raise wrong("expected dates in order, such as 'birth_date <= op_date <= death_date'")
    if len(set(names)) != len(names):
        raise wrong("a date stands twice here")
    return names


def _checked(text: str) -> str:
    dates_in(text)
    return text


DateOrder = Annotated[str, AfterValidator(_checked)]
