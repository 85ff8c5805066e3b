"""Reads a written page back, for tests: its elements, its text, and every number with the row it claims to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "col", "link", "img", "input"}
DRAWN = {"path", "use", "rect", "g", "defs", "clippath", "line", "polyline"}


@dataclass
class Node:
    """An element with its children; text is kept in order among them."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text below, scripts and styles aside."""
        if self.tag in ("style", "script"):
            return ""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def walk(self) -> list[Node]:
        """This element and all below, in reading order."""
        found = [self]
        for child in self.children:
            if isinstance(child, Node):
                found += child.walk()
        return found

    def all(self, tag: str) -> list[Node]:
        """Every element of a kind."""
        return [node for node in self.walk() if node.tag == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read_page(html: str) -> Node:
    """The page as a tree; fails where an end tag does not close the element that is open."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert [node.tag for node in reader.open] == ["root"], "an element stays open"
    return reader.root
