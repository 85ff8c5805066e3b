"""YAML 1.2 with the line and column of every key and value; a bad file is answered with all its problems.

Only what a person means by it is a number or a truth value: digits, decimals, true and false. Everything else is text:
``no``, ``12:30``, ``2020-01-31`` and ``007`` too. Scalars are judged here and not by the YAML library, whose idea of
them follows the version a file claims to be written in.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

from atrisk.errors import Problem, StudyError
from atrisk.study.places import Path, Places, Spot, in_words

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
_NO_TEXT = "a control character or half a character is no text"
NOTHING_WRITTEN = "nothing is written here"
_ON_A_LINE = "Write a value, or remove the line."
_IN_BRACES = "Write a value; inside { } and [ ] a text with a comma in it stands in quotes."

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|(0|[1-9][0-9]*)(\.[0-9]*)?[eE][-+]?[0-9]{1,3})")
_CONSTANTS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NO_SPACE = re.compile(r"[A-Za-z_]\w*:\S.*")
# What an escape in double quotes can smuggle in: control characters, and halves of characters, which no file can hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_PLAIN_TAGS = ("int", "float", "bool", "null", "timestamp", "merge", "value")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, where each part of it stands, and what is wrong with it as YAML."""

    value: dict[str, Any]
    places: Places
    problems: tuple[Problem, ...]


def read_document(data: bytes, *, file: str) -> Document:
    """The mapping written in ``data``.

    Problems that leave the rest readable (a key twice, a key without value) stand in ``problems``; where nothing can be
    read, StudyError is raised: not UTF-8, not YAML, no mapping, aliases that unfold beyond a bound.
    """
    text = _decoded(data, file=file)
    node = _composed(text, file=file)
    if node is None:
        raise _fatal(file, 1, 1, "the file is empty", "'atrisk new' writes one to start from.")
    reading = _Reading(file=file, spots={}, problems=[])
    if type(node).__name__ != "MappingNode":
        raise _fatal(
            file, *_position(node.start_mark), "expected keys and values, such as 'atrisk: 1' on the first line"
        )
    try:
        value = reading.convert(node, ())
    except RecursionError:
        raise _fatal(file, 1, 1, "the file is nested too deeply") from None
    return Document(value, Places(reading.spots), tuple(reading.problems))


def _fatal(file: str, line: int | None, column: int | None, message: str, hint: str = "") -> StudyError:
    return StudyError([Problem(file, line, column, "", f"{message}." if hint else message, hint)])


def _position(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _decoded(data: bytes, *, file: str) -> str:
    save = "Save it as UTF-8 (in most editors under 'Save as')."
    if len(data) > MAX_BYTES:
        raise _fatal(file, None, None, f"larger than {MAX_BYTES // 1000} kB: that is not a study file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _fatal(file, None, None, "the file is in UTF-16", save)
    if b"\0" in data:
        raise _fatal(file, None, None, "not a text file", "A study file is plain text in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _fatal(file, line, None, "not in UTF-8 (perhaps in Windows-1252 or GB18030)", save) from None


def _composed(text: str, *, file: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReusedAnchorWarning)
            # The round-trip reader would leave marks of its own (U+0007) in folded texts.
            return YAML(typ="safe", pure=True).compose(text)
    except ReusedAnchorWarning as error:
        lines = re.findall(r"line: (\d+)", str(error))
        message = "& begins a name for what follows, and this name stands twice"
        hint = "Give each a name of its own. A text with & stands in quotes."
        raise _fatal(file, int(lines[-1]) if lines else None, None, message, hint) from None
    except MarkedYAMLError as error:
        raise _not_yaml(error, file=file) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _fatal(file, line, None, "an invisible control character stands here", "Delete it.") from None
    except RecursionError:
        raise _fatal(file, 1, 1, "the file is nested too deeply") from None
    except (YAMLError, ValueError) as error:
        raise _fatal(file, None, None, f"not YAML: {type(error).__name__}") from None


# What the YAML library says, and what to do about it.
_YAML_WORDS = (
    (r"character '\\t'", "a tab cannot indent", "Indent with spaces."),
    (r"mapping values are not allowed", "a colon where none can stand", "A text with a colon in it stands in quotes."),
    (
        r"expected ',' or '\]'",
        "a list is opened with [ and not closed",
        "Items are separated by commas: one may be missing.",
    ),
    (
        r"expected ',' or '\}', but got ':'",
        "a second colon where none can stand",
        "A comma is missing before this entry, or a text with a colon in it stands without quotes.",
    ),
    (r"expected ',' or '\}'", "a { is opened and not closed", "Entries are separated by commas: one may be missing."),
    (r"unexpected end of stream", "a quote is opened and not closed", ""),
    (r"found undefined alias", "* begins an alias, and there is none of this name", "A text with * stands in quotes."),
    (r"found another document", "a second document begins here", "A study file has one: remove the '---'."),
    (r"found character '(.)'", "no text begins with {sign}", "Put the text in quotes."),
    (r"could not find expected ':'", "expected a key, a colon and a value", "A space follows the colon."),
    (r"expected <block end>", "this line is not indented like those before it", "Align it with its neighbours."),
    (r"unexpected|expected", "something is missing or too much here", "Look at quotes, brackets and indentation."),
)


def _not_yaml(error: Any, *, file: str) -> StudyError:
    mark = error.problem_mark or error.context_mark
    line, column = _position(mark) if mark is not None else (None, None)
    problem = str(error.problem or error.context or "")
    for pattern, message, hint in _YAML_WORDS:
        match = re.search(pattern, problem)
        if match is None:
            continue
        context = error.context_mark
        if "not closed" in message and context is not None:
            line, column = _position(context)
        return _fatal(file, line, column, message.replace("{sign}", match[1] if match.groups() else ""), hint)
    return _fatal(file, line, column, f"not YAML: {problem}")


@dataclass(slots=True)
class _Reading:
    """One walk over the nodes of a file, collecting where each stands and what is wrong."""

    file: str
    spots: dict[Path, Spot]
    problems: list[Problem]
    nodes: int = 0
    hint_if_empty: str = ""
    open_nodes: tuple[int, ...] = ()

    def convert(self, node: Any, path: Path, key: tuple[int, int] | None = None) -> Any:
        """The plain value of ``node``; its spot is noted under ``path``."""
        kind = type(node).__name__
        start = _position(node.start_mark)
        self.spots[path] = Spot(key or start, start, kind == "ScalarNode")
        self.nodes += 1
        if self.nodes > MAX_NODES or id(node) in self.open_nodes:
            raise _fatal(self.file, *start, "aliases (*) unfold without bound here", "Write the values out.")
        if not str(node.tag or "").startswith("tag:yaml.org,2002:"):
            self._problem(start, path, "tags (!) have no meaning in a study file", "Remove the tag, or use quotes.")
        if kind == "ScalarNode":
            return self._scalar(node, path)
        self.open_nodes = (*self.open_nodes, id(node))
        value = self._mapping(node, path) if kind == "MappingNode" else self._sequence(node, path)
        self.open_nodes = self.open_nodes[:-1]
        return value

    def _sequence(self, node: Any, path: Path) -> list[Any]:
        return [self.convert(item, (*path, number)) for number, item in enumerate(node.value)]

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            start = _position(key_node.start_mark)
            if type(key_node).__name__ != "ScalarNode" or (key_node.value == "" and key_node.style is None):
                self._problem(start, path, "expected a key before the colon")
                continue
            key = _key(key_node)
            if _UNPRINTABLE.search(key):
                self._problem(start, path, _NO_TEXT, "Remove the escape (\\).")
                continue
            if key in found:
                self._problem(start, (*path, key), f"'{key}' stands twice here, first on line {lines[key]}")
                continue
            lines[key] = start[0]
            self.hint_if_empty = _IN_BRACES if node.flow_style else _ON_A_LINE
            if _NO_SPACE.fullmatch(key):
                self.hint_if_empty = f"A space follows the colon: {key.replace(':', ': ', 1)}"
            found[key] = self.convert(value_node, (*path, key), start)
        return found

    def _scalar(self, node: Any, path: Path) -> Any:
        value = _plain(node)
        if value is None:
            where = self.spots[path].key
            self._problem(where, path, NOTHING_WRITTEN, self.hint_if_empty)
        if isinstance(value, str) and _UNPRINTABLE.search(value):
            self._problem(self.spots[path].value, path, _NO_TEXT, "Remove the escape (\\).")
        return value

    def _problem(self, place: tuple[int, int], path: Path, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, *place, in_words(path), f"{message}." if hint else message, hint))


def _key(node: Any) -> str:
    """A key is always a text, as written; only the truth values are brought to one spelling."""
    value = _plain(node)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(node.value)


def _plain(node: Any) -> Any:
    """The text, number, truth value or None that a scalar is."""
    text = str(node.value)
    kind = str(node.tag or "").rpartition(":")[2]
    if node.style is not None or kind not in _PLAIN_TAGS:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
