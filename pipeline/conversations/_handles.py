"""Handles: `@name`, `@name@server`, `u/name`, `t.me/name`; no time or price behind an @."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

import polars as pl

from pipeline.brands import is_public

# What stands before the sign is looked at behind it: Python finds a sign fast, not what is before.
_AT = re.compile(
    r"@(?<![\w/]@)(?<!\w\.@)(?:\w[\w.-]*@[\w-]+(?:\.[\w-]+)+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:social|com|net|org|nl|be|eu|app|me|io)(?![\w.-]*\w)"
    r"|(?=\d*[^\W\d])\w{2,})"
)
_REDDIT = re.compile(r"(?<![\w/.])/?u/[\w-]{3,20}(?!\w)")
# Whom a link to Telegram leads to; invitations and the like name nobody.
_CHAT = re.compile(
    r"(?i)(?<![\w.-])(?:t|telegram)\.me/(?!(?:joinchat|share|proxy|login|add\w+)(?!\w))"
    r"(?P<handle>[a-z]\w{3,31})(?!\w)"
)
_FORMS = (("@", _AT, 0), ("u/", _REDDIT, 0), (".me/", _CHAT, "handle"))
"""What every text with a handle of a form has, its pattern, and the group that is the handle."""
_CLOCK = re.compile(r"(?i)@\d+(?:am|pm|u|h|uur|k|euro|eur|x|hz|fps|p)$")


def handles(texts: pl.DataFrame, public: Set[str]) -> Iterator[tuple[int, str, int, int]]:
    """Yield row, kind and place of each handle, but for those that are public.

    Args:
        texts: `row` and `text`.
        public: as of `brands.public_handles`.
    """
    # A few accounts are spoken to in most messages.
    judged: dict[str, bool] = {}
    for sign, form, group in _FORMS:
        likely = texts.filter(pl.col("text").str.contains(sign, literal=True))
        for row, text in zip(likely["row"].to_list(), likely["text"].to_list(), strict=True):
            for found in form.finditer(text):
                handle = found[group]
                if handle not in judged:
                    judged[handle] = _is_persons(handle, public)
                if judged[handle]:
                    yield row, "handle", *found.span(group)


def _is_persons(handle: str, public: Set[str]) -> bool:
    if handle == "@user" or _CLOCK.match(handle):
        return False
    return not is_public(handle.split("/")[-1].removeprefix("@"), public)
