"""What every derived variable may say about itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from atrisk.study.part import Part
from atrisk.study.quantity import Code
from atrisk.study.text import ReaderText


class Derived(Part):
    """What every derived variable may say about itself.

    ``COLUMNS`` are the keys under which a subclass names columns or derived variables; ``DATES`` and ``TRUTHS`` are
    those of dates and of true/false among them. ``FIELDS`` are what it yields: "" for the variable itself, else dates
    under its name, for ``name.field``.
    """

    FIELDS: ClassVar[tuple[str, ...]] = ("",)
    COLUMNS: ClassVar[tuple[str, ...]] = ()
    DATES: ClassVar[tuple[str, ...]] = ()
    TRUTHS: ClassVar[tuple[str, ...]] = ()

    label: ReaderText | None = Field(None, description="What readers see.")
    unit: str | None = Field(None, description="Unit shown with the label.")
    levels: dict[Code, ReaderText] | None = Field(None, description="Order and labels of the levels.")

    def columns(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every name of a column or derived variable, with the path of keys under which it stands."""
        for key in self.COLUMNS:
            name = getattr(self, key)
            if name is not None:
                yield (key,), name

    def fields(self) -> tuple[str, ...]:
        """What it yields, as in ``FIELDS``."""
        return self.FIELDS

    def dates(self) -> tuple[str, ...]:
        """The columns that must hold dates."""
        return self._named(self.DATES)

    def truths(self) -> tuple[str, ...]:
        """The columns that must hold true or false."""
        return self._named(self.TRUTHS)

    def _named(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for key in keys if (name := getattr(self, key)) is not None)
