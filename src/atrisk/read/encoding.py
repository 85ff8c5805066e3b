"""Which encoding a text file is in: what the study file says, else what the bytes show."""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass

from atrisk.errors import DataError

_NAMES = {"utf-8": "UTF-8", "utf-16": "UTF-16", "windows-1252": "Windows-1252", "gb18030": "GB18030"}
# Of a declared encoding: Python's codec where it has another name.
_CODECS = {"utf-8": "utf-8-sig", "windows-1252": "cp1252", "windows-1250": "cp1250", "windows-1251": "cp1251"}
_MARKS = (
    # The mark of UTF-32 begins with that of UTF-16, so it is tried first.
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with byte order mark"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
# Of the characters outside ASCII, the share that must be common Chinese ones for a file to be taken as GB18030.
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, the encoding it was read in, and whether that was inferred from the letters."""

    text: str
    encoding: str
    guessed: bool


def decode(content: bytes, *, file: str, declared: str | None = None) -> Decoded:
    """The text of a file's bytes, without byte order mark.

    A declared encoding is the only one tried. Otherwise, in this order: a byte order mark; UTF-16 without one (NUL
    bytes at every second place only); UTF-8, which other encodings almost never satisfy by accident; then GB18030
    or Windows-1252, whichever gives words: in a Western text read as GB18030 the pairs of bytes fall on rare
    characters, in a Chinese one most are among the 3,755 common characters of GB 2312, level 1.
    ``file`` is the name shown in messages.
    Raises DataError where the bytes are not in the declared encoding, or in none of these.
    """
    if declared is not None:
        name = _NAMES.get(declared, declared.upper())
        return Decoded(_declared(content, file=file, declared=declared), name, guessed=False)
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            text = _attempt(content, codec)
            if text is None:
                raise DataError(
                    f"{file} begins with the mark of {name} but has bytes that are not: the file is damaged. "
                    "Export it again."
                )
            return Decoded(text, name, guessed=False)
    without_mark = _sixteen_bit(content)
    if without_mark is not None:
        text = _attempt(content, without_mark)
        # A stray NUL in a small file looks the same to the count, but then nothing ends a line.
        if text is not None and ("\n" in text or "\r" in text):
            return Decoded(text, "UTF-16", guessed=True)
    if (text := _attempt(content, "utf-8")) is not None:
        return Decoded(text, "UTF-8", guessed=False)
    return _eight_bit(content, file)


def common_han_share(text: str) -> float:
    """Of the characters of ``text`` outside ASCII, the share that are common Chinese characters or punctuation.

    Common is level 1 of GB 2312 (rows 16 to 55), and its rows 1 and 3 of punctuation and full-width letters.
    """
    counts = Counter(character for character in text if character > "\x7f")
    total = sum(counts.values())
    common = sum(count for character, count in counts.items() if _is_common(character))
    return common / total if total else 0.0


def _is_common(character: str) -> bool:
    try:
        lead = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3)


def _attempt(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


def _declared(content: bytes, *, file: str, declared: str) -> str:
    codec = _CODECS.get(declared, declared)
    if declared == "utf-16" and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = _sixteen_bit(content) or "utf-16-le"
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        name = _NAMES.get(declared, declared.upper())
        raise DataError(
            f"{file}, row {row}: a character is not {name}, the encoding that the study file declares. "
            "Correct 'encoding:' or remove it, so that it is recognised."
        ) from None


def _sixteen_bit(content: bytes) -> str | None:
    even, odd = content[0::2].count(0), content[1::2].count(0)
    if len(content) % 2 or max(even, odd) * 20 < len(content) or min(even, odd) > 0:
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _eight_bit(content: bytes, file: str) -> Decoded:
    chinese = _attempt(content, "gb18030")
    western = _attempt(content, "cp1252")
    if chinese is not None and (western is None or common_han_share(chinese) >= _MOSTLY):
        return Decoded(chinese, "GB18030", guessed=True)
    if western is not None:
        return Decoded(western, "Windows-1252", guessed=True)
    raise DataError(
        f"{file} is in none of the encodings UTF-8, UTF-16, GB18030 and Windows-1252. Save it as 'CSV UTF-8', "
        "or is it not a text file?"
    )
