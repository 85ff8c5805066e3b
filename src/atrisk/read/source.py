"""A data file as it lies, before anything is known of what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atrisk.read.contents import Contents
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding
from atrisk.study.table import Variable


@dataclass(frozen=True, slots=True)
class Source:
    """The cells of one file in the engine.

    ``relation`` (SQL text of ``name``) has the columns of the file in order and ``__row``, the line on which the row
    begins. Cells are text, except where the file itself has types (``native``). ``decimal_comma`` says that 3,5 may be
    a number. ``contents`` is the hash of the bytes these cells were read from. ``findings`` name the file and the row,
    not yet a table. ``described`` is what the file itself says of its columns (labels, levels, codes for "not
    recorded"). ``iso_dates``: a cell that is a date in the file is written YYYY-MM-DD, however dates typed as text are
    written beside it. ``typed_points``, in a file that knows numbers from text (None: it does not): for columns
    with a comma in a text cell, the rows whose number with a point was typed as text.
    """

    name: str
    relation: str
    columns: tuple[str, ...]
    n_rows: int
    contents: Contents
    findings: tuple[Finding, ...] = ()
    native: Mapping[str, ColumnType] = field(default_factory=dict)
    decimal_comma: bool = False
    described: Mapping[str, Variable] = field(default_factory=dict)
    iso_dates: bool = False
    typed_points: Mapping[str, frozenset[int]] | None = None
