"""Topics by query: which messages of a source are about what the company wants to hear.

A query of `engage.toml` is lists of phrases, not a language to learn: `any` of these, `all` of
those, `none` of others, and `near`: two of them a few words apart. A phrase is whole words in any
case, with or without its accents; a word may end in `*` ("verzeker*"); quotes and dashes of any
sort are the plain ones. A source that no query names is kept whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import normalize

import polars as pl

from pipeline.looks import shown
from pipeline.settings import Near, Query

_MENDS = {
    "any": "add a phrase of the example to `any`",
    "all": "take that phrase out of `all`, or put it into `any`",
    "none": "take the phrase that is in the example out of `none`",
    "near": "raise `within`, or add phrases of the example to `one` and `other`",
}
_WESTERN = bytes(range(0x80, 0x100)).decode("cp1252", "ignore")
# A hundred letters to look for at once take no longer than ten; two hundred do.
_ACCENTED = "".join(letter for letter in _WESTERN if normalize("NFD", letter)[0].isascii())
_ODD = "‘’ʼ′´`‐‑‒–—―−" + _ACCENTED
_USUAL = "''''''-------" + "".join(normalize("NFD", letter)[0] for letter in _ACCENTED)
_MAIL = r"(^|[^\w@.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
"""The provider in somebody's address is no topic; `@name@server` is a handle."""
_UNWANTED = "name in `none` what tells the example apart, or ask for more with `all` or `near`"


@dataclass(frozen=True)
class Failure:
    """An example that a query does not treat as the settings say. Holds no text of it."""

    place: str
    what: str
    mend: str


def is_off_topic(queries: Sequence[Query], source: str, text: pl.Expr) -> pl.Expr:
    """Whether a message matches none of the queries of its source; false where there is none.

    Args:
        queries: all queries of the settings.
        source: the source's name.
        text: what was said, before handles are taken out; null counts as empty.
    """
    own = [one for one in queries if not one.sources or source in one.sources]
    if not own:
        return pl.lit(value=False)
    return ~pl.any_horizontal(matches(one, text) for one in own)


def matches(query: Query, text: pl.Expr) -> pl.Expr:
    """Whether a text holds all that a query asks for: a boolean, never null."""
    return pl.all_horizontal(holds for _, holds in _parts(query, text))


def failures(query: Query) -> Iterator[Failure]:
    """The examples of a query that fail, in the order of the file, each with its mend."""
    for example, text in enumerate(map(_seen, query.must_match), 1):
        held = pl.select(holds.alias(part) for part, holds in _parts(query, pl.lit(text))).row(
            0, named=True
        )
        if missing := [part for part, holds in held.items() if not holds]:
            mend = _MENDS[missing[0].partition("[")[0]]
            yield Failure(
                f"must_match[{example}]", f"does not match: `{missing[0]}` does not hold", mend
            )
    for example, text in enumerate(map(_seen, query.must_not_match), 1):
        if pl.select(matches(query, pl.lit(text))).item():
            yield Failure(f"must_not_match[{example}]", "matches", _UNWANTED)


def _parts(query: Query, text: pl.Expr) -> Iterator[tuple[str, pl.Expr]]:
    """Each condition of a query with its place in the settings, counted from 1."""
    text = text.fill_null("").str.replace_all(_MAIL, "$1 ")
    text = text.str.replace_many(list(_ODD), list(_USUAL))
    if query.any:
        yield "any", text.str.contains(_pattern(query.any))
    for at, phrase in enumerate(query.all, 1):
        yield f"all[{at}]", text.str.contains(_pattern((phrase,)))
    if query.none:
        yield "none", ~text.str.contains(_pattern(query.none))
    for at, near in enumerate(query.near, 1):
        yield f"near[{at}]", text.str.contains(_apart(near))


def _seen(text: str) -> str:
    """A text of the settings as messages are read: a file may write accents apart."""
    return str(shown(pl.Series([text]))[0])


def _apart(near: Near) -> str:
    one, other = (_alternatives(phrases) for phrases in (near.one, near.other))
    # "m'n" and "e-bike" are one word.
    word = r"\w+(?:['-]\w+)*"
    between = rf"(?:\W+{word}){{0,{near.within - 1}}}?\W+"
    return f"(?i)(?:{one}){between}(?:{other})|(?:{other}){between}(?:{one})"


def _pattern(phrases: Sequence[str]) -> str:
    return f"(?i){_alternatives(phrases)}"


def _alternatives(phrases: Sequence[str]) -> str:
    return "|".join(_whole_words(phrase) for phrase in phrases)


def _whole_words(phrase: str) -> str:
    phrase = _seen(phrase).translate(str.maketrans(_ODD, _USUAL))
    words = (
        re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
        for word in phrase.split()
    )
    before = r"\b" if phrase.lstrip()[0].isalnum() else ""
    after = r"\b" if phrase.rstrip("* ")[-1].isalnum() else ""
    return before + r"\s+".join(words) + after
