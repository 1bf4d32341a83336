"""How alike ideas are: by what they say or nearly say, and by the common wishes they resemble.

Ideas that share no word may still resemble the same line of `vocabulary/common_wishes.toml`. Both
parts are vectors whose products add up, so an index from term to ideas finds what is near.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl

from pipeline.opportunities.wishes import lengths, reached, wishes
from pipeline.text import common_wishes

COMMON_SHARE = 0.35
"""What the common wishes count, beside the words."""
EVENNESS = 0.8
"""Power of what two ideas share in a word, below 1: several shared words tell more than one."""
RESEMBLED, FAINT = 5, 0.05
"""To how many common wishes an idea is compared, and the likeness to one that is too little."""
Vector = list[tuple[str, float]]


def vectors(found: pl.DataFrame, count: int) -> tuple[list[Vector], list[Vector]]:
    """What each sentence says, and what it reaches.

    Args:
        found: terms of sentences, as `wishes` gives them.
        count: the number of sentences.

    Returns:
        Two lists of vectors by term, one for each sentence. The likeness of two sentences is the
        product of what the one says and what the other reaches.
    """
    reach, norms = reached(found, count)
    common = resembled(found, count)
    said = (_part(found, norms), common)
    return _listed(pl.concat(said), count), _listed(pl.concat([_part(reach, norms), common]), count)


def resembled(found: pl.DataFrame, count: int) -> pl.DataFrame:
    """The common wishes that each sentence resembles: `at`, `term` and `weight`.

    Args:
        found: terms of sentences, as `wishes` gives them.
        count: the number of sentences.

    Returns:
        A few rows for each sentence, sorted by `at` and `term`. The more a sentence resembles a
        wish, the more it outweighs the others.
    """
    norms = lengths(found, count)
    near = (
        found.select("at", "term", weight=pl.col("weight") / norms[found["at"].to_numpy()])
        .join(_common(), on="term")
        .sort("at", "wish", "term")
        .group_by("at", "wish", maintain_order=True)
        .agg(near=(pl.col("weight") * pl.col("share")).sum())
        .filter(pl.col("near") >= FAINT)
        .sort("at", "near", "wish", descending=[False, True, False])
        .group_by("at", maintain_order=True)
        .head(RESEMBLED)
        .sort("at", "wish")
        .select("at", term="wish", weight=pl.col("near") ** 2)
    )
    norms = lengths(near, count)[near["at"].to_numpy()]
    return near.with_columns(weight=pl.col("weight") / norms * COMMON_SHARE**0.5)


@cache
def _common() -> pl.DataFrame:
    """What each term says in each common wish: `term`, `wish`, `share`; rare terms say most."""
    lines = common_wishes()
    said = wishes(pl.Series(lines))
    met = said.group_by("term").len()
    rarity = (len(lines) / (pl.col("len") + 0.5)).log() / np.log(len(lines))
    weighed = said.join(met, on="term", maintain_order="left").select(
        "at", "term", weight=pl.col("weight") * rarity
    )
    norms = lengths(weighed, len(lines))[weighed["at"].to_numpy()]
    wish = pl.format("wish {}", pl.col("at"))
    return weighed.select("term", wish=wish, share=pl.col("weight") / norms)


def _part(terms: pl.DataFrame, norms: np.ndarray) -> pl.DataFrame:
    """Terms with weights by the length of the sentence, evened out."""
    shares = pl.col("weight") / norms[terms["at"].to_numpy()]
    weight = shares**EVENNESS * (1 - COMMON_SHARE) ** 0.5
    return terms.select("at", "term", weight=weight)


def _listed(terms: pl.DataFrame, count: int) -> list[Vector]:
    ordered = terms.sort("at", maintain_order=True)
    pairs = list(zip(ordered["term"].to_list(), ordered["weight"].to_list(), strict=True))
    ends = np.searchsorted(ordered["at"].to_numpy(), np.arange(count + 1)).tolist()
    return [pairs[begin:end] for begin, end in pairwise(ends)]
