"""Complaints about a competitor: nobody waits for our answer to them.

A complaint that may be about us stays ours: one that is overlooked costs more than one too many.
"""

from __future__ import annotations

import polars as pl

from pipeline.brands import any_brand
from pipeline.opportunities.mentions import mentions, where, with_mentions, words
from pipeline.opportunities.passages import sentence, whole
from pipeline.opportunities.severity import GRAVE, literal, unnamed
from pipeline.settings import Company
from pipeline.text import any_of, groups, terms

OPEN_CHANNELS = ("microblog", "social_network")
"""Channels that are nobody's: what is said there need not be about us."""
_PUBLIC = (*OPEN_CHANNELS, "forum")
_LONGEST = 15
"""Words beside the grievance above which there may be another one, in whatever words."""
_DECIDING = "deciding "


def with_rival(messages: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Add `is_about_rival`: whether somebody complains about a competitor, and not about us.

    Either where all may talk, with the name of a competitor and without ours; or of the competitor
    in the deciding sentence, where the rest says in a few words that they chose us.

    Args:
        messages: `message_id` (unique), `text`, `subject`, `language`, `channel`, `answered_at`,
            and where the deciding sentence is.
        company: its names and those of competitors.
    """
    spoken_to = (*terms("switch", "us"), *terms("rival", "us"))
    names = (company.name, *company.aliases, *company.own_accounts)
    us, rival = f"{any_brand(names)}|{any_of(spoken_to)}", any_brand(company.competitors)
    full = whole()
    may_be = full.str.contains(rival) & pl.col("answered_at").is_null()
    named = where(messages, may_be.fill_null(value=False), names_us=full.str.contains(us))
    is_silent = ~pl.col("names_us") & pl.col("channel").is_in(OPEN_CHANNELS)
    said = sentence()
    of_rival = said.str.contains(rival) & ~said.str.contains(us)
    both = named.filter(pl.col("names_us"), pl.col("channel").is_in(_PUBLIC), of_rival)
    chose_us = _chose_us(both, company, us, rival)
    is_about_rival = is_silent | pl.col("message_id").is_in(chose_us.implode())
    return named.with_columns(is_about_rival=is_about_rival.fill_null(value=False)).drop("names_us")


def _chose_us(messages: pl.DataFrame, company: Company, us: str, rival: str) -> pl.Series:
    """Ids of messages whose rest says that they chose us, and nothing that may be a grievance."""
    beside = (
        pl.col("subject"),
        pl.col("text").str.slice(0, pl.col("sentence_start")),
        pl.col("text").str.slice(pl.col("sentence_end")),
    )
    rest = pl.concat_str(*beside, separator=" ", ignore_nulls=True)
    rows = messages.select("message_id", "language", rest=rest, said=sentence())
    rows = with_mentions(
        rows, literal(unnamed(pl.col("rest"), company)), ("severity", "churn", "topic", "rival")
    )
    rows = with_mentions(rows, words(pl.col("said")), ("rival",), part=_DECIDING)
    grievances = [
        *(mentions("severity", f"level_{at}") for at in range(2, GRAVE + 1)),
        *(mentions("churn", name) for name in ("doubting", "repeated")),
        *(mentions("topic", name) for name in groups("topic")),
        mentions("rival", "trouble"),
        mentions("rival", "trouble", _DECIDING),
    ]
    found = rows.filter(
        pl.col("rest").str.contains(us),
        ~pl.col("rest").str.contains(rival),
        pl.col("rest").str.count_matches(r"\S+") <= _LONGEST,
        mentions("rival", "chosen"),
        ~pl.any_horizontal(grievances),
    )
    return found["message_id"]
