"""How bad it is: 1 inconvenience, 2 service failure, 3 loss, 4 harm or legal threat."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from pipeline.opportunities import scoring
from pipeline.opportunities.mentions import mentions, phrases, words
from pipeline.opportunities.numerals import few
from pipeline.settings import Company
from pipeline.text import LANGUAGES, any_of, terms

GRAVE = 4
"""Level at which nothing else that a message says comes first."""
MANY_FOLLOWERS = 10_000
"""Followers that make a complaint one level worse, up to 3: the press reads along."""
_MOURNED = 2
"""Level below which no complaint is that tells of a death."""
_LEAST = {"safety": 3, "privacy": 2, "outage": 2, "billing": 2}
"""Level below which a complaint about a topic hardly is."""


def literal(text: pl.Expr) -> pl.Expr:
    """A text as `words` makes it, without what only sounds grave: `I died laughing`.

    How long somebody waits is said without the number: "al negen dagen" is "al dagen".
    """
    harmless = phrases(terms("severity", "harmless"))
    said = words(text)
    for language in LANGUAGES:
        said = said.str.replace_all(_waiting(language), r" ${since} ${unit} ")
    said = said.str.replace_many(harmless, [" "] * len(harmless), leftmost=True)
    # A second apostrophe leaves one at the end of its word, one by itself two spaces.
    return said.str.replace_all(" {2,}", " ").str.replace_all("' ", " ", literal=True)


@cache
def _waiting(language: str) -> str:
    """A pattern of what `words` gives: since so many days, weeks or months."""
    since, units = (
        "|".join(re.escape(one) for one in terms("waiting", name, language))
        for name in ("since", "units")
    )
    return rf" (?P<since>{since}) (?:\d+|{'|'.join(few())}) (?P<unit>{units}) "


def unnamed(text: pl.Expr, company: Company) -> pl.Expr:
    """A text without our names: a firm that is called Pakketje is not always about a parcel.

    A name of one word goes only as the settings write it: "mijn pakketje" stays.
    """
    names = (company.name, *company.aliases)
    handles = [f"{sign}{one}" for one in company.own_accounts for sign in "@#"]
    of_several = [*handles, *(name for name in names if " " in name.strip())]
    of_one = any_of(name for name in names if " " not in name.strip()).removeprefix("(?i)")
    return text.str.replace_all(any_of(of_several), " ").str.replace_all(of_one, " ")


def level() -> pl.Expr:
    """The worst level that a text mentions; needs the mentions of the group `severity`."""
    worst = pl.lit(1, pl.Int8)
    for at in (2, 3, GRAVE):
        worst = pl.when(mentions("severity", f"level_{at}")).then(at).otherwise(worst)
    return worst.cast(pl.Int8)


def with_severity(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `level`, what the words say; `raised_by`, what makes that one worse; and `severity`.

    Args:
        rows: `topic` and `is_topic_told` (in so many words), `channel`, `author_followers_count`,
            and the mentions of `severity` and
            `mourning`.
    """
    of_topic = pl.col("topic").replace_strict(_LEAST, default=1, return_dtype=pl.Int8)
    told = pl.when("is_topic_told").then(of_topic).otherwise(1)
    # A death that is told is no harm that we did, and no small thing to get wrong.
    mourned = pl.when(mentions("mourning", "told")).then(_MOURNED).otherwise(1)
    least = pl.max_horizontal(told, mourned).cast(pl.Int8)
    followers = pl.col("author_followers_count").fill_null(0)
    raised_by = (
        pl.when(pl.col("level") >= GRAVE - 1)
        .then(pl.lit(None, pl.String))
        .when(mentions("severity", "press"))
        .then(pl.lit("press"))
        .when(scoring.is_public() & (followers >= MANY_FOLLOWERS))
        .then(pl.lit("followers"))
    )
    return (
        rows.with_columns(level=pl.max_horizontal(level(), least))
        .with_columns(raised_by=raised_by)
        .with_columns(severity=pl.col("level") + pl.col("raised_by").is_not_null().cast(pl.Int8))
    )
