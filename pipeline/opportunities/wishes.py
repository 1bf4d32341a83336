"""What an idea asks for, as weighed terms that Dutch and English share.

Rare terms weigh more than common ones, whole wishes and things more than what is done with them or
what they are like, and words that are in no list least: the wish outweighs the story around it.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import polars as pl

from pipeline.opportunities.lookup import SPELT, kinds, phrases, terms_of
from pipeline.text import any_of, concept_weights, kindred, term_counts, terms

TOTAL = "TOTAL"
KINDS = {"wishes": 1.1, "concept": 1.0, "things": 0.9, "actions": 0.7, "qualities": 0.5}
UNLISTED = 0.3
"""Weight of each kind of term, and of words that are in no list."""
COMMON, RARE = 1.2, 3
"""How strongly the number of messages counts, and the number below which a term is rare."""
_ADDRESS = r"https?://\S+|@\w+|\[\w+\]"
_WORDS = r"[^\W_]+(?:['-][^\W_]+)*"


def wishes(sentences: pl.Series) -> pl.DataFrame:
    """The terms of each sentence.

    Returns:
        `at` (position of the sentence), `term`, `written` (as the text writes it) and `weight`,
        sorted by sentence and term. The length of a sentence's weights tells how much it says.
    """
    said = words(sentences)
    spoken = said["word"].unique().sort()
    rows = [(word, term, share * weight(term)) for word in spoken for term, share in terms_of(word)]
    known = pl.DataFrame(
        rows, {"word": pl.String, "term": pl.String, "weight": pl.Float64}, orient="row"
    )
    return (
        said.join(known, on="word")
        .sort("at", "term", "weight", "word", descending=[False, False, True, False])
        .unique(["at", "term"], keep="first", maintain_order=True)
        .select("at", "term", pl.col("word").str.replace_all("_", " ").alias("written"), "weight")
    )


def reached(found: pl.DataFrame, count: int) -> tuple[pl.DataFrame, np.ndarray]:
    """What each sentence says or nearly says.

    Args:
        found: terms of sentences, as `wishes` gives them.
        count: the number of sentences.

    Returns:
        The terms with those that are kindred, each weighed by how near it is: `at`, `term` and
        `weight`, sorted by the first two; and the length of each sentence among them. The likeness
        of two sentences, 0 to 1, is what the one reaches of what the other says, by both lengths.
    """
    said = found.select("at", "term", "weight")
    near = said.join(_kindred(), on="term", maintain_order="left_right").select(
        "at", term="other", weight=pl.col("weight") * pl.col("nearness")
    )
    met = pl.concat([said, near])
    # Numbers are sorted and summed in a third of the time of words.
    names = met["term"].unique().sort()
    term = met["term"].cast(pl.Enum(names)).to_physical().to_numpy()
    each, place = np.unique(met["at"].to_numpy() * np.int64(len(names)) + term, return_inverse=True)
    weights = np.bincount(place, met["weight"].to_numpy())
    at, term = np.divmod(each, max(len(names), 1))
    all_of_it = pl.DataFrame({"at": at.astype(np.uint32), "term": names[term], "weight": weights})
    squares = said["weight"].to_numpy() * weights[place[: len(said)]]
    return all_of_it, np.sqrt(np.bincount(said["at"].to_numpy(), squares, minlength=count))


@cache
def _kindred() -> pl.DataFrame:
    schema = {"term": pl.String, "other": pl.String, "nearness": pl.Float64}
    return pl.DataFrame(kindred(), schema, orient="row")


def words(sentences: pl.Series) -> pl.DataFrame:
    """The words and known phrases (joined by `_`) of each sentence in order: `at`, `word`."""
    plain = (
        pl.col("sentence")
        .str.to_lowercase()
        .str.replace_all("’", "'", literal=True)
        .str.replace_all(_ADDRESS, " ")
        .str.replace(_command(), " ")
        .str.extract_all(_WORDS)
        .list.join("  ")
    )
    spaced, joined = _apart()
    return (
        pl.DataFrame({"sentence": sentences.cast(pl.String)})
        .with_row_index("at")
        .select("at", word=pl.concat_str(pl.lit(" "), plain, pl.lit(" ")))
        .with_columns(pl.col("word").str.replace_many(spaced, joined, leftmost=True).str.split(" "))
        .explode("word", empty_as_null=True, keep_nulls=False)
        .filter(pl.col("word") != "")
    )


@cache
def _command() -> str:
    """A verb at the beginning that asks, and elsewhere is a thing."""
    verbs = any_of(terms("wish", "commands"))
    return rf"^\W*(?:{verbs})\s"


@cache
def _apart() -> tuple[list[str], list[str]]:
    """The known phrases as they stand in a text, and joined by `_`.

    Each word has a space of its own on both sides, so that phrases can stand side by side.
    """
    spaced = [f" {one.replace(' ', '  ')} " for one in phrases()]
    return spaced, [f" {one.replace(' ', '_')} " for one in phrases()]


@cache
def weight(term: str) -> float:
    """What a term counts, 0 to 1.1: by its kind and by how common it is."""
    kind = UNLISTED if term.startswith(SPELT) else KINDS[kinds()[term]]
    met, total = term_counts().get(term, 0), term_counts()[TOTAL]
    rarity = math.log(total / (met + RARE)) / math.log(total / RARE)
    return concept_weights().get(term, kind) * math.pow(max(0.02, rarity), COMMON)


def lengths(found: pl.DataFrame, count: int) -> np.ndarray:
    """Length of the weights of each of `count` sentences; 0 for one that says nothing."""
    squares = found["weight"].to_numpy() ** 2
    return np.sqrt(np.bincount(found["at"].to_numpy(), squares, minlength=count))
