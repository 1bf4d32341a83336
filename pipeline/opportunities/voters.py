"""Whose vote an idea is: a person, and the customer whom the person belongs to."""

from __future__ import annotations

import polars as pl

from pipeline.settings import Settings


def voter(settings: Settings) -> pl.Expr:
    """Who votes: the author, under the first of the ids that the settings hold for one person.

    An author who is not known is one person within each conversation.
    """
    first = {one: who.author_ids[0] for who in settings.people for one in who.author_ids}
    author = pl.col("author_id").replace(first) if first else pl.col("author_id")
    return pl.coalesce(author, pl.concat_str(pl.lit("in "), "conversation_id"))


def account(settings: Settings) -> pl.Expr:
    """The customer whom an author belongs to, by the settings or else by an attribute.

    Null where neither knows. Our own name is no customer's: an export of chats has it beside each.
    """
    known = {one: who.account for who in settings.people if who.account for one in who.author_ids}
    told = pl.col("author_id").replace_strict(known, default=None, return_dtype=pl.String)
    if (name := settings.scoring.account_attribute) is None:
        return told
    given = pl.col("attributes").str.json_path_match(f"$.{name}").str.strip_chars()
    company = settings.company
    ours = [one.casefold() for one in (company.name, *company.aliases, *company.own_accounts)]
    is_theirs = (given != "") & ~given.str.to_lowercase().is_in(ours)
    return pl.coalesce(told, pl.when(is_theirs).then(given))
