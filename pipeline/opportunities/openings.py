"""The first words of an answer: they follow what went before as much as what is asked for.

Words for a person to go on from; nothing is ever sent by itself.
"""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.scoring import is_public
from pipeline.opportunities.severity import GRAVE
from pipeline.text import openings


def of_lead() -> pl.Expr:
    """The opening of a lead, null in a language that has none.

    Who leaves us, complains as well or has heard from us before is not thanked for a request, also
    where a route has words of its own; nor is who has lost somebody.
    """
    before = (
        pl.when("mourns")
        .then(pl.lit("mourning"))
        .when(pl.col("switch_direction") == "from_us")
        .then(pl.lit("leaving"))
        .when("complains")
        .then(pl.lit("complaint"))
        .when(pl.col("answered_at").is_not_null())
        .then(pl.lit("again"))
    )
    words = pl.coalesce(_words("lead", before), _of_route(), _words("lead", pl.col("need")))
    # Who asks everybody does not wait for us.
    return _after_waiting("lead", ~is_public(), words)


def of_complaint() -> pl.Expr:
    """The opening of a complaint: of its route, else of what is worst; null in other languages.

    A topic that is but a guess is not spoken of.
    """
    is_grave = pl.col("severity") == GRAVE
    matter = (
        pl.when(is_grave)
        .then(pl.lit("grave"))
        .when(pl.col("crisis_id").is_not_null())
        .then(pl.lit("crisis"))
        .when("is_repeat")
        .then(pl.lit("again"))
        .when("is_topic_told")
        .then("topic")
        .otherwise(pl.lit("other"))
    )
    mourning = pl.when(pl.col("mourns") & ~is_grave).then(pl.lit("mourning"))
    words = pl.coalesce(
        _words("complaint", mourning), _of_route(), _words("complaint", matter, other="other")
    )
    return _after_waiting("complaint", ~is_grave & (matter != "delay"), words)


def _after_waiting(kind: str, is_fit: pl.Expr, words: pl.Expr) -> pl.Expr:
    """Put before the words that the answer is late, where it is and where that is fit to say."""
    is_late = is_fit & (pl.col("deadline_state") == "red")
    late = pl.when(is_late).then(_words(kind, pl.lit("late")) + " ").otherwise(pl.lit(""))
    return late + words


def _of_route() -> pl.Expr:
    return pl.when(pl.col("language") == "nl").then("opening_nl").otherwise("opening_en")


def _words(kind: str, matter: pl.Expr, other: str | None = None) -> pl.Expr:
    """What the vocabulary has for a matter in the row's own language; null in any other."""
    said = pl.lit(None, pl.String)
    for language, words in openings(kind).items():
        found = matter.replace_strict(
            words, default=words[other] if other else None, return_dtype=pl.String
        )
        said = pl.when(pl.col("language") == language).then(found).otherwise(said)
    return said
