"""Customers' text as text: no mark-up, mention or header of theirs reaches another system."""

from __future__ import annotations

import re
from urllib.parse import quote

from pipeline.console import clean

JOINER = "\u2060"
"""Word joiner: has no width, and no system knows a name with one in it."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>:])")
_URL_KEPT = "!$&'*+,-./:;=?@_~#%"


def line(text: str, most: int = 300) -> str:
    """One line of at most `most` characters, without control or direction signs."""
    flat = clean(text)
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def unmentioned(text: str) -> str:
    """Break every @mention: some systems ring everybody for a bare `@here`."""
    return text.replace("@", f"@{JOINER}").replace("＠", f"＠{JOINER}")


def slack(text: str) -> str:
    """Escape the three signs that Slack reads: `<!channel>`, links and user ids need them."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return unmentioned(escaped)


def markdown(text: str) -> str:
    """Escape Markdown, HTML, emoji codes and mentions."""
    return _MARKDOWN.sub(r"\\\1", unmentioned(text)).replace("&", "&amp;")


def fenced(text: str) -> str:
    """A fenced block, in which neither Markdown nor mentions mean anything."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def url(address: str | None) -> str | None:
    """An address of the web that no mark-up can be hidden in; None for anything else."""
    if not address or not re.match(r"https?://[^\s/]", address):
        return None
    return quote(address, safe=_URL_KEPT).replace("'", "%27").replace("*", "%2A")
