"""Which phrases of the vocabulary a text mentions, in whole words, many texts and lists at once.

Texts become lower-case words with one space around each, so that finding a phrase is finding a
substring, whatever the spacing and punctuation. One pass (Aho-Corasick) finds the phrases of all
lists. Each language is read with its own phrases ("brand" is a fire in Dutch and a make in
English); other languages with both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.text import LANGUAGES, groups, terms

IN_EITHER = frozenset({"contact", "date", "size", "switch", "timeframe"})
"""Groups without false friends: short texts and mixed ones are easily taken for the other language,
so both languages' phrases are looked for in all."""
SLICE = 20_000
"""Texts that are searched at once: what is found takes more than the texts."""
_NOT_A_WORD = r" [^\p{L}\p{N}']+|[^\p{L}\p{N}' ][^\p{L}\p{N}']*"
"""What stands between words but for one space, which most have between them and which may stay."""


def words(text: pl.Expr) -> pl.Expr:
    """A text as lower-case words, one space before, between and behind them."""
    plain = text.fill_null("").str.to_lowercase().str.replace_all("’", "'", literal=True)
    spaced = pl.concat_str(pl.lit(" "), plain.str.replace_all(_NOT_A_WORD, " "), pl.lit(" "))
    # What "employees' children" begins with are employees.
    return spaced.str.replace_all("' ", " ", literal=True)


def phrases(listed: Iterable[str]) -> list[str]:
    """Phrases in the form in which `words` holds them."""
    plain = (re.sub(r"[^\w']+|_", " ", one.lower().replace("’", "'")).strip() for one in listed)
    return sorted({f" {one} " for one in plain if one})


def with_mentions(
    rows: pl.DataFrame,
    said: pl.Expr,
    wanted: Iterable[str],
    own: Mapping[str, Iterable[str]] | None = None,
    part: str = "",
) -> pl.DataFrame:
    """Add how many different phrases of each list a text mentions, for `count` and `mentions`.

    Args:
        rows: `language`, and what `said` reads.
        said: the text as `words` makes it.
        wanted: groups of lists of the vocabulary.
        own: `group.name` of a list to phrases, in whatever language; more for a list that there
            is, or a list of its own.
        part: what part of the message the text is, where a message is read in several.
    """
    mine = tuple((name, tuple(some)) for name, some in sorted((own or {}).items()))
    names = _names(tuple(wanted), mine)
    counts = np.zeros((len(rows), len(names)), dtype=np.uint8)
    for at in range(0, len(rows), SLICE):
        some = rows.slice(at, SLICE).select(said=said, spoken="language")
        spoken = some["spoken"].to_numpy()
        for language in (*LANGUAGES, None):
            chosen = spoken == language if language else ~np.isin(spoken.astype(str), LANGUAGES)
            places = np.flatnonzero(chosen)
            if len(places):
                _count(
                    some["said"][places],
                    places + at,
                    _Search.of(tuple(wanted), mine, language),
                    counts,
                )
    return rows.with_columns(
        pl.Series(f"{part}{name}", column) for name, column in zip(names, counts.T, strict=True)
    )


def mentions(group: str, name: str, part: str = "") -> pl.Expr:
    """Whether a text mentions a phrase of the list `[group] name`, as `with_mentions` found."""
    return count(group, name, part) > 0


def count(group: str, name: str, part: str = "") -> pl.Expr:
    """Number of different phrases of the list `[group] name` that a text mentions."""
    return pl.col(f"{part}{group}.{name}")


def where(rows: pl.DataFrame, holds: pl.Expr, **columns: pl.Expr) -> pl.DataFrame:
    """Add columns that are worked out only where `holds`, and null elsewhere.

    A quick test for words spares most texts the slow search for what stands between them.
    `message_id` must be unique.
    """
    found = rows.filter(holds).select("message_id", **columns)
    return rows.join(found, on="message_id", how="left", maintain_order="left")


class _Search:
    """The phrases of some lists for one language.

    `lists` has the positions of the lists that hold a phrase, those of phrase i from `first[i]` to
    `first[i + 1]`.
    """

    def __init__(self, listed: Mapping[str, set[int]]) -> None:
        self.phrases = sorted(listed)
        self.known = pa.array(self.phrases, pa.string())
        held = [sorted(listed[one]) for one in self.phrases]
        self.first = np.cumsum([0, *map(len, held)])
        self.lists = np.array([name for names in held for name in names], dtype=np.int64)

    @staticmethod
    @cache
    def of(
        wanted: tuple[str, ...], own: tuple[tuple[str, tuple[str, ...]], ...], language: str | None
    ) -> _Search:
        listed: dict[str, set[int]] = {}
        of_own = dict(own)
        for at, name in enumerate(_names(wanted, own)):
            group, _, short = name.partition(".")
            some = list(of_own.get(name, ()))
            if group in wanted and short in groups(group):
                some += terms(group, short, None if group in IN_EITHER else language)
            for phrase in phrases(some):
                listed.setdefault(phrase, set()).add(at)
        return _Search(listed)


@cache
def _names(
    wanted: tuple[str, ...], own: tuple[tuple[str, tuple[str, ...]], ...]
) -> tuple[str, ...]:
    """Names of the lists: those of the settings first, so that they win a tie."""
    known = [f"{group}.{name}" for group in wanted for name in groups(group)]
    return tuple(dict.fromkeys([*(name for name, _ in own), *known]))


def _count(
    said: pl.Series,
    places: np.ndarray[tuple[int], np.dtype[np.int64]],
    search: _Search,
    counts: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> None:
    """Add to `counts`, rows by lists, the phrases that the texts at some places mention."""
    met = said.str.extract_many(search.phrases, overlapping=True)
    flat = met.explode(empty_as_null=False).to_arrow()
    phrase = pc.index_in(flat.cast(pa.string()), search.known).to_numpy()
    row = np.repeat(places, met.list.len().to_numpy())
    pairs = np.unique(row * len(search.phrases) + phrase)
    row, phrase = np.divmod(pairs, len(search.phrases))
    held = search.first[phrase + 1] - search.first[phrase]
    within = np.arange(held.sum()) - np.repeat(np.cumsum(held) - held, held)
    lists = search.lists[np.repeat(search.first[phrase], held) + within]
    np.add.at(counts, (np.repeat(row, held), lists), 1)
