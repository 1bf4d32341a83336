"""What a lead needs: told by a cue of the detector, by words, or by neither."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.opportunities.mentions import mentions
from pipeline.text import LANGUAGES, any_of, terms

NEEDS = {"quote": 0.6, "demo": 0.5, "switch": 0.5, "renew": 0.5, "recommend": 0.25, "buy": 0.4}
"""Needs, the most telling first, and what a lead with this need is worth by itself."""
_GIVES_WAY = {"renew": ["switch", "demo"], "recommend": ["switch"]}
"""Needs of a cue, and what the vocabulary says instead where it says more."""


def needs_of_cues(detected: pl.DataFrame, needs: Mapping[str, str]) -> pl.DataFrame:
    """The need that the weightiest cue of a message shows, and its words: `need_said`.

    Who asks whom to speak to wants something, but does not want to try it.
    """
    speaks = (pl.col("cue_need") == "demo") & pl.col("need_said").str.contains(
        any_of(one for language in LANGUAGES for one in terms("need", "speaks", language))
    )
    return (
        detected.select("message_id", "evidence")
        .explode("evidence", empty_as_null=False, keep_nulls=False)
        .unnest("evidence")
        .with_columns(
            need_said=pl.col("text"),
            cue_need=pl.col("kind")
            .str.strip_prefix("cue:")
            .replace_strict(dict(needs), default=None, return_dtype=pl.String),
        )
        .filter(pl.col("cue_need").is_not_null() & pl.col("kind").str.starts_with("cue:"))
        .with_columns(cue_need=pl.when(speaks).then(pl.lit("buy")).otherwise("cue_need"))
        .sort("weight", "kind", descending=[True, False])
        .unique("message_id", keep="first", maintain_order=True)
        .select("message_id", "cue_need", "need_said")
    )


def with_need(messages: pl.DataFrame) -> pl.DataFrame:
    """Add `need`: that of the weightiest cue, else of the vocabulary, else to buy.

    A cue that says no more than to buy ("considering", "looking for") gives way to the vocabulary.
    So does a contract that ends, or advice that is asked for, to a switch that is spoken of.
    """
    told = pl.lit(None, pl.String)
    for need in reversed([name for name in NEEDS if name != "buy"]):
        told = pl.when(mentions("need", need)).then(pl.lit(need)).otherwise(told)
    gives_way = pl.col("cue_need").replace_strict(_GIVES_WAY, default=None)
    moves = gives_way.list.contains(told).fill_null(value=False)
    return (
        messages.with_columns(
            need=pl.coalesce(
                pl.when((pl.col("cue_need") != "buy") & ~moves).then("cue_need"), told, "cue_need"
            )
        )
        .with_columns(need_said=pl.when(pl.col("need") == pl.col("cue_need")).then("need_said"))
        .with_columns(is_told=pl.col("need").is_not_null(), need=pl.col("need").fill_null("buy"))
        .drop("cue_need")
    )
