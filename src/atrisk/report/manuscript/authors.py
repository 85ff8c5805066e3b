"""What only the authors can write, marked as theirs."""

from __future__ import annotations

from atrisk.report.document import Paragraph
from atrisk.report.table_model import line
from atrisk.report.view import View


def for_authors(view: View, what: str) -> Paragraph:
    """A place for the authors; ``what`` says, in the reader's language, what belongs there."""
    words = view.say("[For the authors: {what}]").format(what=what)
    return Paragraph(line(words), "note")
