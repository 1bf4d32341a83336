"""Who says what only one person can say of himself: a name, a number, an address.

Personal data is taken out before texts are compared, so the same form filled in by two people
reads alike: "Mijn naam is [name], graag een offerte". That is no copy. The same person on two
sources cannot be known, so between sources such texts are compared as all others.
"""

from __future__ import annotations

import polars as pl

from pipeline.text import any_of, personal

_RETWEET = r"(?i)^\s*rt\s+@"
_TOKENS = r"\[(?:address|card|iban|mail|national number|phone|plate)\]|\[name\]\W*$"


def voices() -> dict[str, pl.Expr]:
    """`place` and `voice`, hashes of the source and of who speaks; null where anyone could.

    Whoever passes it on as a retweet says nothing of himself. Without an author each message is
    somebody else's.
    """
    # Finding a letter is fast, whole words are slow: few texts are looked at.
    text = pl.when(pl.col("text").str.contains("[", literal=True)).then("text")
    introduced = any_of(cue.rstrip(":,") for cue in personal("names", "introductions"))
    is_own_data = text.str.contains(rf"{_TOKENS}|(?:{introduced})[:,]?\s+\[name\]")
    speaks = is_own_data & text.str.contains(_RETWEET).not_()
    voice = pl.coalesce(pl.lit("by ") + pl.col("author_id"), "message_id")
    return {
        "place": pl.when(speaks).then(pl.col("source").hash()),
        "voice": pl.when(speaks).then(voice.hash()),
    }


def printed(name: str) -> pl.Expr:
    """The hash of a text, and of whoever speaks of himself in it.

    Args:
        name: the column of the text, beside `voices`.
    """
    who = pl.col("place").fill_null(0).xor(pl.col("voice").fill_null(0))
    return pl.col(name).hash().xor(who)
