"""The report as one HTML file: no request leaves it, nothing in it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from atrisk.report.document import Block, Document, FigurePlace, Listing, Paragraph, Section
from atrisk.report.html.markup import Markup, element, joined
from atrisk.report.html.table import line_html, table_html
from atrisk.report.html.vector import inline_svg
from atrisk.report.language import Language
from atrisk.report.table_model import Table

# Nothing may be fetched and no script runs; style attributes are what inline SVG is painted with.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def style_sheet() -> str:
    """The report's style sheet."""
    return files("atrisk.report.html").joinpath("style.css").read_text(encoding="utf-8")


def page(document: Document, figures: Mapping[str, bytes]) -> str:
    """The whole page; ``figures`` holds the SVG of every figure named in the document."""
    return _Page(figures, Language.of(document.language)).whole(document)


@dataclass(slots=True)
class _Page:
    """Numbers tables and figures in the order in which they are met."""

    figures: Mapping[str, bytes]
    language: Language
    n_tables: int = 0
    n_figures: int = 0

    def whole(self, document: Document) -> str:
        say = self.language.say
        sections = [self._section(section, 2, str(number)) for number, section in enumerate(document.sections, start=1)]
        head = element(
            "head",
            {},
            element("meta", {"charset": "utf-8"}),
            element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
            element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            element("meta", {"name": "referrer", "content": "no-referrer"}),
            element("title", {}, document.title),
            element("style", {}, Markup(style_sheet())),
        )
        banner = element("p", {"class": "banner", "role": "note"}, document.banner) if document.banner else Markup("")
        body = element(
            "body",
            {},
            element("a", {"class": "skip", "href": "#content"}, say("Skip to the content")),
            banner,
            self._header(document),
            element(
                "div",
                {"class": "layout"},
                self._contents(document),
                element("main", {"id": "content", "tabindex": "-1"}, joined(sections)),
            ),
            element("footer", {}, element("p", {}, document.closing)),
        )
        return f"<!DOCTYPE html>\n{element('html', {'lang': document.language}, head, body)}\n"

    def _header(self, document: Document) -> Markup:
        facts = [
            element("div", {}, element("dt", {}, fact.name), element("dd", {}, fact.value)) for fact in document.facts
        ]
        question = element("p", {"class": "question"}, document.question) if document.question else Markup("")
        return element(
            "header",
            {},
            element("h1", {}, document.title),
            question,
            element("dl", {"class": "facts"}, joined(facts)),
        )

    def _contents(self, document: Document) -> Markup:
        items = []
        for number, section in enumerate(document.sections, start=1):
            parts = [
                element("li", {}, element("a", {"href": f"#{part.identifier}"}, part.title)) for part in section.parts
            ]
            link = element("a", {"href": f"#{section.identifier}"}, element("span", {}, str(number)), section.title)
            items.append(element("li", {}, link, element("ul", {}, joined(parts)) if parts else ""))
        heading = element("h2", {"id": "contents-title"}, self.language.say("Contents"))
        return element("nav", {"aria-labelledby": "contents-title"}, heading, element("ol", {}, joined(items)))

    def _section(self, section: Section, level: int, number: str) -> Markup:
        before = element("span", {"class": "number"}, number) if level == 2 else Markup("")
        heading = element(f"h{min(level, 6)}", {"id": f"{section.identifier}-title"}, before, section.title)
        own = [self._block(block) for block in section.blocks]
        parts = [self._section(part, level + 1, "") for part in section.parts]
        return element(
            "section",
            {"id": section.identifier, "aria-labelledby": f"{section.identifier}-title"},
            heading,
            *own,
            *parts,
        )

    def _block(self, block: Block) -> Markup:
        if isinstance(block, Table):
            self.n_tables += 1
            return table_html(block, self.language.say("Table {number}.").format(number=self.n_tables))
        if isinstance(block, FigurePlace):
            return self._figure(block)
        if isinstance(block, Listing):
            return element("ul", {}, joined([element("li", {}, item) for item in block.items]))
        return self._paragraph(block)

    def _paragraph(self, block: Paragraph) -> Markup:
        return element("p", {"class": block.manner if block.manner != "text" else ""}, line_html(block.content))

    def _figure(self, place: FigurePlace) -> Markup:
        self.n_figures += 1
        number = self.language.say("Figure {number}.").format(number=self.n_figures)
        drawing = inline_svg(
            self.figures[place.name], place.name, title=f"{number} {place.caption}", description=place.description
        )
        files_named = self.language.say("Also in figures/ as SVG, PDF, PNG and data: {name}").format(name=place.name)
        return element(
            "figure",
            {"id": f"figure-{place.name}".replace(".", "-")},
            element(
                "div",
                {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": number},
                drawing,
            ),
            element(
                "figcaption",
                {},
                element("b", {}, number),
                " ",
                place.caption,
                " ",
                element("span", {"class": "file"}, files_named),
            ),
        )
