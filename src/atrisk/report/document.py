"""The report before it has a format: sections of paragraphs, tables and figures, in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from atrisk.report.table_model import Line, Table


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text and numbers."""

    content: Line
    manner: Literal["text", "note", "warning"] = "text"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of short texts."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePlace:
    """Where a drawn figure stands, by its name, with its caption and a description for those who cannot see it."""

    name: str
    caption: str
    description: str


Block = Paragraph | Listing | Table | FigurePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section or subsection; ``identifier`` is its anchor."""

    identifier: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of the report's head: a name and a value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report."""

    language: str
    title: str
    question: str
    banner: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    closing: str

    def tables(self) -> tuple[Table, ...]:
        """Every table in reading order."""
        found: list[Table] = []
        waiting = list(self.sections)
        while waiting:
            section = waiting.pop(0)
            found += [block for block in section.blocks if isinstance(block, Table)]
            waiting = list(section.parts) + waiting
        return tuple(found)
