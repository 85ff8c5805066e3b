"""A figure's SVG file made part of a page."""

from __future__ import annotations

import re

from atrisk.report.html.markup import Markup, element

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_OPENING = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_VIEW_BOX = re.compile(r'viewBox="([^"]*)"')
_SPACE = re.compile(r">\s+<")
_IDENTIFIER = re.compile(r'(\bid="|href="#|url\(#)([^")]+)')
_EMPTY_DEFINITIONS = re.compile(r"<defs>\s*</defs>")


def inline_svg(svg: bytes, name: str, *, title: str, description: str) -> Markup:
    """The drawing for a page: scaled by its view box, named and described for screen readers, with ids of its own.

    Comments, metadata and the document-wide style sheet that matplotlib writes are left out; identifiers get the
    figure's name, because two figures on a page must not share them.
    """
    text = svg.decode()
    opening = _OPENING.search(text)
    if opening is None:
        raise ValueError(f"figure {name}: not an SVG file")
    view_box = _VIEW_BOX.search(opening[0])
    inner = text[opening.end() : text.rindex("</svg>")]
    for pattern in (_COMMENT, _METADATA, _TITLE, _STYLE, _EMPTY_DEFINITIONS):
        inner = pattern.sub("", inner)
    inner = inner.replace("xlink:href=", "href=")
    inner = _SPACE.sub("><", inner).strip()
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    inner = _IDENTIFIER.sub(rf"\g<1>{prefix}-\g<2>", inner)
    return element(
        "svg",
        {
            "viewBox": view_box[1] if view_box is not None else "",
            "role": "img",
            "aria-labelledby": f"{prefix}-name {prefix}-words",
            "stroke-linejoin": "round",
            "stroke-linecap": "butt",
        },
        element("title", {"id": f"{prefix}-name"}, title),
        element("desc", {"id": f"{prefix}-words"}, description),
        Markup(inner),
    )
