"""Which phrases of the vocabulary a text mentions, counted in whole words, many texts at once.

Texts become lower-case words with one space around each, so that finding a phrase is finding a
substring, whatever the spacing and punctuation. Each language is read with its own phrases
("brand" is a fire in Dutch and a make in English); other languages with both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import polars as pl

from pipeline.text import terms

_NOT_A_WORD = r"[^\p{L}\p{N}']+"


def words(text: pl.Expr) -> pl.Expr:
    """A text as lower-case words, one space before, between and behind them."""
    plain = text.fill_null("").str.to_lowercase().str.replace_all("’", "'", literal=True)
    return pl.concat_str(pl.lit(" "), plain.str.replace_all(_NOT_A_WORD, " "), pl.lit(" "))


def phrases(listed: Iterable[str]) -> list[str]:
    """Phrases in the form in which `words` holds them."""
    plain = (re.sub(r"[^\w']+|_", " ", one.lower().replace("’", "'")).strip() for one in listed)
    return sorted({f" {one} " for one in plain if one})


def mentions(group: str, name: str, column: str = "words") -> pl.Expr:
    """Whether a text mentions a phrase of the list `[group] name`.

    Reads the columns `language` and `column`, which holds `words` of the text.
    """
    return _by_language(
        lambda language: pl.col(column).str.contains_any(phrases(terms(group, name, language)))
    )


def mentions_in_either(group: str, name: str) -> pl.Expr:
    """Whether a text mentions a phrase of the list in Dutch or English, whatever its language.

    For lists without false friends: short texts and mixed ones are easily taken for the other.
    """
    return pl.col("words").str.contains_any(phrases(terms(group, name)))


def count(group: str, name: str, column: str = "words") -> pl.Expr:
    """Number of different phrases of the list `[group] name` that a text mentions."""
    return _by_language(
        lambda language: (
            pl.col(column)
            .str.extract_many(phrases(terms(group, name, language)), overlapping=True)
            .list.n_unique()
        )
    )


def where(rows: pl.DataFrame, holds: pl.Expr, **columns: pl.Expr) -> pl.DataFrame:
    """Add columns that are worked out only where `holds`, and null elsewhere.

    A quick test for words spares most texts the slow search for what stands between them.
    `message_id` must be unique.
    """
    found = rows.filter(holds).select("message_id", **columns)
    return rows.join(found, on="message_id", how="left", maintain_order="left")


def _by_language(of: Callable[[str | None], pl.Expr]) -> pl.Expr:
    spoken = pl.col("language")
    return (
        pl.when(spoken == "nl")
        .then(of("nl"))
        .when(spoken == "en")
        .then(of("en"))
        .otherwise(of(None))
    )
