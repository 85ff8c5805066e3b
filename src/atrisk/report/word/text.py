"""Text that a Word file can hold."""

from __future__ import annotations

import re

# Control characters, halves of surrogate pairs and non-characters, which no XML may hold, escaped or not.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """The text without characters that would make the file unreadable; a replacement mark stands for each."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
