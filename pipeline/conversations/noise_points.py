"""Points of a message for each kind of noise: the sum of what its words and its shape say.

`vocabulary/noise_points.toml` has the points, for and against; no word is enough by itself. They
are learned from examples: `benchmarks/listening/learning.py`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from pipeline.text import noise_points

LONGEST = 350
"""Characters of a text that is judged by points: a long one has some of every sort."""
NEAR = 60
"""Points that words may be short of: only then are their pairs and the shape looked at."""
EDGE = "^"
"""Stands before the first and after the last word."""
_ADDRESS = (
    r"https?://\S+|\bwww\.\S+"
    r"|[a-z0-9-]+\.(?:com|nl|be|net|org|info|xyz|top|shop|store|example|click|io)\b\S*"
)
_NUMBER = r"\d+(?:[.,:]\d+)*"
_WORD = r"[\p{L}_]+(?:'\p{L}+)?|0|[€£$%?!|:#@–^]"
_SHAPES = {
    "_capitals_": r"\p{Lu}{4}",
    "_shouted_": r"(?:\p{Lu}{3,}.*){3}",
    "_picture_": r"[\x{2600}-\x{27BF}\x{1F300}-\x{1FAFF}]",
    "_dateline_": r"^\p{Lu}[\p{Lu} ]{3,}\b(?: \(\w+\)|, \d+ \w+)? ?[-–:|]",
    "_no_stop_": r"[\p{L}\d'’\"]\s*$",
    "_names_": r"\p{L},? \p{Lu}\p{Ll}+.* \p{Lu}\p{Ll}+",
    "_age_": r"\(\d\d\)|, \d\d\b,",
}
_LENGTHS = [40, 80, 130, 200, 300]
_ROW = 1 << 16
"""More than there are terms."""


def is_judged() -> pl.Expr:
    """Whether a `text` is judged by points: it is not long and ends with no question."""
    text = pl.col("text")
    return (text.str.len_chars() <= LONGEST) & ~text.str.contains(r"\?\W*$")


def words(texts: pl.Series) -> pl.DataFrame:
    """The words of each text in their order: `row` the place of the text, `term` the word.

    In lower case, numbers as `0`, addresses as `_address_`, between two `EDGE`s.
    """
    said = pl.format(f"{EDGE} {{}} {EDGE}", pl.col("text").str.to_lowercase())
    said = said.str.replace_all("’", "'", literal=True).str.replace_all(_ADDRESS, " _address_ ")
    said = said.str.replace_all(_NUMBER, " 0 ").str.extract_all(_WORD)
    frame = texts.alias("text").to_frame().with_row_index("row")
    return frame.select("row", term=said).explode("term")


def pairs(said: pl.DataFrame) -> pl.DataFrame:
    """Words that stand beside each other, as one term: columns as of `words`."""
    is_last = pl.col("row") != pl.col("row").shift(-1)
    pair = pl.when(~is_last).then(pl.col("term") + " " + pl.col("term").shift(-1))
    return said.select("row", term=pair).drop_nulls()


def shapes(texts: pl.Series) -> pl.DataFrame:
    """What a text looks like: columns as of `words`, the shape or the length as the term."""
    text, frame = pl.col("text"), texts.alias("text").to_frame().with_row_index("row")
    size = text.str.len_chars()
    length = pl.coalesce(pl.when(size <= most).then(pl.lit(f"_{most}_")) for most in _LENGTHS)
    found = [frame.select("row", term=length).drop_nulls()]
    for shape, pattern in _SHAPES.items():
        found.append(frame.filter(text.str.contains(pattern)).select("row", term=pl.lit(shape)))
    return pl.concat(found)


def points(texts: pl.Series) -> pl.DataFrame:
    """Points of each text that comes near any kind: `row`, and a column a kind, noise above zero.

    What is not judged has none.
    """
    _, begin = _known()
    is_near = pl.any_horizontal(pl.col(kind) > -begin[kind] - NEAR for kind in begin)
    # In pieces, such as batches leave, a text is not found by its place: Polars 2.0 panics.
    texts = texts.rechunk()
    short = texts.alias("text").to_frame().with_row_index("place").filter(is_judged())
    said = words(short["text"])
    of_words = _summed(said).filter(is_near)
    near = of_words.select("row", again=pl.int_range(pl.len(), dtype=pl.UInt32))
    beside = pairs(said.join(near, on="row", maintain_order="left").select("row", "term"))
    shaped = shapes(short["text"].gather(near["row"])).rename({"row": "again"})
    shaped = shaped.join(near, on="again").select("row", "term")
    both = pl.concat([of_words, _summed(pl.concat([beside, shaped]))])
    total = both.group_by("row").agg(pl.col(list(begin)).sum()).sort("row")
    rows = short["place"].gather(total["row"]).alias("row")
    return total.select(rows, *(pl.col(kind) + begin[kind] for kind in begin))


def _summed(terms: pl.DataFrame) -> pl.DataFrame:
    """Points of the terms of each row, each term once."""
    known, begin = _known()
    of_row = pl.col("row").cast(pl.UInt64) * _ROW + pl.col("number")
    # A row and a term in one number: what is met twice is found fast.
    met = terms.join(known.select("term", "number"), on="term").select(met=of_row)["met"].unique()
    row, number = (met // _ROW).to_numpy().astype(np.int64), (met % _ROW).to_numpy()
    rows = np.flatnonzero(np.bincount(row))
    sums = {kind: np.bincount(row, known[kind].to_numpy()[number])[rows] for kind in begin}
    schema = {"row": pl.UInt32, **dict.fromkeys(begin, pl.Int32)}
    return pl.DataFrame({"row": rows, **sums}).cast(schema)  # type: ignore[arg-type]


@cache
def _known() -> tuple[pl.DataFrame, dict[str, int]]:
    """Each term with its number and its points by kind; and what every text begins with."""
    listed = noise_points()
    rows = [
        (kind, term, of_term) for kind, terms in listed.items() for term, of_term in terms.items()
    ]
    schema = {"kind": pl.String, "term": pl.String, "points": pl.Int32}
    of_kinds = pl.DataFrame(rows, schema, orient="row").filter(pl.col("term") != "")
    known = of_kinds.pivot("kind", index="term", values="points").fill_null(0)
    begin = {kind: terms[""] for kind, terms in listed.items()}
    return known.with_row_index("number"), begin
