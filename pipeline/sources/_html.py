"""HTML as people read it: paragraphs of text, code as it stands, no mark-up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

Element = Any
Reading = Callable[[Element], str | None]
"""What stands for an element and all within it; None when its text is to be read."""

_UNSEEN = {"head", "script", "style", "template", "title", "svg", "noscript"}
_PARAGRAPHS = {"p", "pre", "blockquote", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
_LINES = {"div", "li", "tr", "article", "section", "header", "footer", "aside", "details", "hr"}
_LINES |= {"summary", "dt", "dd", "figure", "figcaption", "center", "address"}
_CELLS = {"td", "th"}
_SPACE = re.compile(r"\s+")
_LINE_ENDS = re.compile(r"(?<![ \t])[ \t]+(?=\n)")


def classes(element: Element) -> set[str]:
    """The classes of an element."""
    return set((element.get("class") or "").split())


def text_of(html: str, reading: Reading) -> str:
    """Read HTML, broken or not.

    Args:
        html: A fragment or a whole page.
        reading: Says what stands for an element; the empty string leaves it out.

    Returns:
        Paragraphs with a blank line between them, without space around.
    """
    # Bytes, because lxml refuses text that declares another encoding.
    data = html.replace("\0", "").encode(errors="replace")
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return ""
    if root is None:
        return ""
    return _read(root, reading)


def _read(root: Element, reading: Reading) -> str:
    page = _Page()
    code_depth = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        page.pause(tag)
        if event == "end":
            code_depth -= tag == "pre"
            page.add(element.tail, is_code=code_depth > 0)
            continue
        code_depth += tag == "pre"
        standing = "" if tag in _UNSEEN else reading(element)
        if standing is None:
            page.add(element.text, is_code=code_depth > 0)
        else:
            page.add(standing, is_code=False)
            walk.skip_subtree()
    return _LINE_ENDS.sub("", "".join(page.parts)).strip()


class _Page:
    """Text as it grows, with no more line breaks than the blocks ask for."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._breaks = 0.0

    def pause(self, tag: str) -> None:
        """Ask for what an element's begin or end puts between texts."""
        if tag in _PARAGRAPHS:
            self._breaks = 2
        elif tag in _LINES:
            self._breaks = max(self._breaks, 1)
        elif tag == "br":
            # It begins and ends: two in a row make a paragraph.
            self._breaks = min(self._breaks + 0.5, 2)
        elif tag in _CELLS:
            self.add(" ", is_code=False)

    def add(self, text: str | None, *, is_code: bool) -> None:
        """Add text; outside code any white space is one space."""
        if text and not is_code:
            text = _SPACE.sub(" ", text)
            if self._breaks >= 1 or not self.parts or self.parts[-1][-1].isspace():
                text = text.lstrip(" ")
        if not text:
            return
        if self._breaks >= 1 and self.parts:
            last = self.parts[-1]
            self.parts.append("\n" * (int(self._breaks) - (last[-1] == "\n")))
        self._breaks = 0
        self.parts.append(text)
