"""The words that set messages apart from others, and which earlier messages had them already."""

from __future__ import annotations

import polars as pl

from pipeline.text import stop_words

WORD = r"[\p{L}\p{N}][\p{L}\p{N}'’-]{2,}"
_NOT_SAID = r"\[[a-z_]+\]|@\S+|https?://\S+"
"""What stands for personal data, whom it is said to, and links."""
SHOWN = 8
_PRIOR = 0.5


def apart(texts: pl.Series, others: pl.Series) -> list[str]:
    """The words that stand in more of `texts` than `others` make one expect, strongest first.

    A word counts once a text, and must stand in two texts.
    """
    here, there = _counts(texts), _counts(others)
    share_there = (pl.col("count_there").fill_null(0) + _PRIOR) / (len(others) + 2 * _PRIOR)
    share_here = pl.col("count") / max(len(texts), 1)
    found = (
        here.filter(pl.col("count") >= 2)
        .join(there, on="word", how="left", suffix="_there")
        .with_columns(weight=pl.col("count") * (share_here / share_there).log())
        .filter(share_here > share_there)
        .sort("weight", "word", descending=[True, False])
    )
    return found["word"].head(SHOWN).to_list()


def alike(texts: pl.Series, wanted: list[str]) -> pl.Series:
    """How many of the words each text has."""
    return _words(texts).list.set_intersection(wanted).list.len()


def _words(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(_NOT_SAID, " ").str.to_lowercase().str.extract_all(WORD)


def _counts(texts: pl.Series) -> pl.DataFrame:
    words = _words(texts).list.unique().explode(empty_as_null=False, keep_nulls=False)
    return (
        words.alias("word")
        .to_frame()
        .filter(~pl.col("word").is_in(sorted(stop_words())))
        .group_by("word")
        .agg(count=pl.len())
    )
