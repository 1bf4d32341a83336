"""Messages that are no customer's voice: the company's own, spam, job advertisements, press.

One plain phrase of a kind is enough ("stuur je cv naar"), of those that are easily ordinary words
two different ones are needed ("vacature", "fulltime"). Who speaks about such a message ("ik kreeg
geen antwoord op mijn sollicitatie") is a customer: a phrase of that sort outweighs two others.

What has no such phrase is known by what it is made of: a job advertisement names a trade, and
hours, pay or what is asked of people; news has somebody who did something, somewhen, as somebody
says; and in neither does anybody speak for himself. An excluded row stays in the table with its
reason and is never tagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from pipeline.text import any_of, terms

KINDS = ("spam", "job_ad", "press")
SIGNS = {
    "spam": ("lure", "gain", "haste", "call"),
    "job_ad": ("role", "hours", "pay", "invites", "asks"),
    "press": ("bodies", "says", "figures", "when", "does"),
}
"""What texts of a kind are made of, however they are worded; the first is never missing."""
SORTS = {"spam": 3, "job_ad": 3, "press": 2}
"""Sorts of signs that make a kind, where none of its `_voice` speaks: that of a customer."""
_QUESTION = r"\?\W*$"
LONGEST = 300
"""Characters of a text that is judged by signs: a long one has some of every sort."""
ENOUGH = 2
"""Points that make a message of a kind: 2 a plain phrase, 1 another, -2 what a customer says."""


def excluded_reason(text: pl.Expr, is_ours: pl.Expr) -> pl.Expr:
    """Why a message is not tagged, or null: `own`, `spam`, `job_ad` or `press`.

    Args:
        text: the message.
        is_ours: whether the company speaks, or somebody of it (`is_staff`).
    """
    noise = text.map_batches(_kinds, return_dtype=pl.String)
    return pl.when(is_ours).then(pl.lit("own")).otherwise(noise)


def is_staff(
    text: pl.Expr, author: pl.Expr, names: Sequence[str], own: Sequence[str], staff: Sequence[str]
) -> pl.Expr:
    """Whether somebody of the company speaks, or what it said is passed on as it is.

    Args:
        text: the message before handles are taken out.
        author: its author in lower case, without @.
        names: of the company.
        own: handles of the company, lower case, without @.
        staff: handles of people who work there, likewise.
    """
    said = [
        phrase.replace("{company}", name.lower())
        for name in names
        for phrase in terms("noise", "staff")
    ]
    ours = any_of(f"@{account}" for account in (*own, *staff)).removeprefix("(?i)")
    return (
        author.is_in([*own, *staff]).fill_null(value=False)
        | text.str.contains(rf"(?i)^\s*rt\s+(?:{ours})")
        | text.str.contains(any_of(said))
    ).fill_null(value=False)


def _kinds(texts: pl.Series) -> pl.Series:
    """The kind of noise of each text, or null."""
    lowered = texts.str.to_lowercase().str.replace_all("’", "'", literal=True)
    lowered = lowered.str.replace_all(r"\s{2,}|[^\S ]", " ").alias("text")
    # Finding letters is fast, whole words are slow: few texts are looked at twice.
    met = _met(lowered)
    found = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    for kind in reversed(KINDS):
        of_first = _rows(met, f"{kind}_{SIGNS[kind][0]}")
        found = found.scatter(_signed(lowered, kind, of_first), kind)
    for kind in reversed(KINDS):
        likely = pl.concat([_rows(met, f"{kind}_plain"), _rows(met, kind, ENOUGH)])
        rows = likely.unique().sort()
        of_kind = lowered.gather(rows).to_frame().select(_points(pl.col("text"), kind) >= ENOUGH)
        found = found.scatter(rows.filter(of_kind.to_series()), kind)
    return found


def _met(lowered: pl.Series) -> pl.DataFrame:
    """How many phrases of a list have their letters in a text: `list`, `row` and `count`."""
    listed = _listed()
    phrases = listed["phrase"].unique().sort().to_list()
    met = lowered.str.extract_many(phrases, overlapping=True).list.unique()
    hits = met.alias("phrase").to_frame().with_row_index("row").explode("phrase").drop_nulls()
    return hits.join(listed, on="phrase").group_by("list", "row").agg(count=pl.len())


@cache
def _listed() -> pl.DataFrame:
    """The lists that `_kinds` asks about every text: `list` and `phrase`, a row each."""
    names = [name for kind in KINDS for name in (kind, f"{kind}_plain", f"{kind}_{SIGNS[kind][0]}")]
    rows = [(name, phrase) for name in names for phrase in terms("noise", name)]
    return pl.DataFrame(rows, ["list", "phrase"], orient="row")


def _rows(met: pl.DataFrame, name: str, least: int = 1) -> pl.Series:
    """The texts that have so many phrases of a list."""
    return met.filter(pl.col("list") == name, pl.col("count") >= least)["row"].sort()


def _signed(lowered: pl.Series, kind: str, of_first: pl.Series) -> pl.Series:
    """The rows that have signs of enough sorts, out of those that may have the first."""
    lists = [terms("noise", f"{kind}_{sign}") for sign in SIGNS[kind]]
    text, rows = pl.col("text"), lowered.gather(of_first).to_frame().with_columns(row=of_first)
    likely = [text.str.contains_any(list(one)) for one in lists]
    rows = rows.filter(pl.sum_horizontal(likely) >= SORTS[kind])
    rows = rows.filter(text.str.len_chars() <= LONGEST, ~text.str.contains(_QUESTION))
    rows = rows.filter(~text.str.contains(_whole(terms("noise", f"{kind}_voice"))))
    sure = [text.str.contains(_whole(one)) for one in lists]
    return rows.filter(sure[0]).filter(pl.sum_horizontal(sure) >= SORTS[kind])["row"]


def _whole(phrases: tuple[str, ...]) -> str:
    """A pattern for lower case, which is looked for faster than in any case."""
    return any_of(phrases).removeprefix("(?i)")


def _points(lowered: pl.Expr, kind: str) -> pl.Expr:
    return (
        _different(lowered, terms("noise", kind))
        + ENOUGH * _different(lowered, terms("noise", f"{kind}_plain"))
        - ENOUGH * lowered.str.contains(any_of(terms("noise", f"{kind}_about"))).cast(pl.Int64)
    )


def _different(lowered: pl.Expr, phrases: tuple[str, ...]) -> pl.Expr:
    return lowered.str.extract_all(any_of(phrases)).list.unique().list.len().cast(pl.Int64)
