"""spaCy rules for what a lead says of itself: patterns as data, names from the settings.

A blank pipeline labels phrases of the vocabulary and names of the settings (EntityRuler); token
patterns over these labels say what they mean together. It reads those passages alone that mention
something of a field.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from pipeline.brands import with_handles
from pipeline.opportunities.mentions import mentions, phrases, with_mentions, words
from pipeline.opportunities.numerals import FACTORS
from pipeline.opportunities.readers import FIELDS, LISTS, Names, Reader
from pipeline.settings import Company
from pipeline.text import LANGUAGES, terms

_FOUND = {"message_id": pl.String, "field": pl.String, "value": pl.String, "said": pl.String}
_LINE = r"[^\n]*(?:\n|$)"
_SENTENCE = r"[^\n]*?(?:\p{L}{5,}[.!?]+\s|\n|$)"
"""No pattern goes beyond a mark. A word of five letters before it is hardly an abbreviation."""


def with_rules(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Add the fields that rules read, and for each `<field>_said`, the words that say it.

    Args:
        rows: `message_id`, `text`, its mentions, `competitor` and `language`.
        company: names of us and of the rivals.
    """
    accounts = (f"@{one}" for one in company.own_accounts)
    us = with_handles(company.name, *company.aliases, *accounts, *company.products)
    rivals = with_handles(*company.competitors)
    has_rival = pl.col("competitor").is_not_null()
    gates = _gates(has_rival, speaks_of_us=pl.lit(value=True), names_us=pl.lit(value=True))
    asked = rows.filter(pl.any_horizontal(*gates.values()))
    found = _found(passages(asked, us, rivals), us, rivals)
    read = pl.DataFrame(found, schema=_FOUND, orient="row")
    for field in FIELDS:
        some = read.filter(pl.col("field") == field).select(
            "message_id", pl.col("value").alias(field), pl.col("said").alias(f"{field}_said")
        )
        rows = rows.join(some, on="message_id", how="left", maintain_order="left")
    return rows.with_columns(
        is_existing_customer=pl.col("is_existing_customer") == "true",
        team_size=pl.col("team_size").cast(pl.Int32),
    )


def passages(rows: pl.DataFrame, us: Names, rivals: Names) -> pl.DataFrame:
    """What spaCy is to read: of each text the sentences that can say something of a field.

    Args:
        rows: `message_id`, `text` and `language`.
        us: our names.
        rivals: those of competitors.

    Returns:
        `message_id`, `language`, `text` (the sentences, a line each) and for each field whether it
        can be found there; rows in their order, none without such a sentence.
    """
    # "Yahoo! Mail" would be cut in two.
    is_marked = any(re.search(r"[.!?]\s", name) for name in (*us, *rivals))
    cut = pl.col("text").str.extract_all(_LINE if is_marked else _SENTENCE)
    sentences = rows.select("message_id", "language", text=cut).explode(
        "text", empty_as_null=False, keep_nulls=False
    )
    told = with_mentions(
        sentences.with_columns(said=words(pl.col("text"))),
        pl.col("said"),
        LISTS,
        {"name.us": us, "name.rival": rivals},
    )
    names_us = mentions("name", "us")
    speaks_of_us = names_us | mentions("switch", "us")
    gates = _gates(mentions("name", "rival"), speaks_of_us, names_us)
    counts = pl.when(gates["team_size"]).then("said").str.contains(_counting())
    gates["team_size"] = counts.fill_null(value=False)
    return (
        told.select("message_id", "language", "text", **gates)
        .filter(pl.any_horizontal(*FIELDS))
        .group_by("message_id", "language", maintain_order=True)
        .agg(pl.col("text").str.join("\n"), pl.col(FIELDS).any())
    )


def _gates(has_rival: pl.Expr, speaks_of_us: pl.Expr, names_us: pl.Expr) -> dict[str, pl.Expr]:
    """Field to whether a text can say anything of it: spaCy is asked about no other."""
    asks, text = mentions("contact", "asks"), pl.col("text")
    is_counted = text.str.contains(r"\d") | mentions("size", "numbers")
    is_counted |= text.str.contains_any(
        [*terms("size", "tens"), *FACTORS], ascii_case_insensitive=True
    )
    counted = (mentions("size", name) for name in LISTS["size"])
    uses = mentions("customer", "use") & speaks_of_us
    has = (mentions("customer", "have") | mentions("customer", "renew")) & names_us
    ways = (mentions("contact", name) for name in ("call", "message", "email"))
    by_verb = mentions("contact", "calling") | mentions("contact", "mailing")
    moves = ("leave", "join", "replace", "cancel")
    switches = pl.any_horizontal(mentions("switch", name) for name in moves)
    return {
        "switch_direction": has_rival | (switches & speaks_of_us),
        "is_existing_customer": mentions("customer", "existing")
        | mentions("customer", "absent")
        | uses
        | has,
        "team_size": is_counted & pl.any_horizontal(*counted),
        "contact_channel": pl.any_horizontal(*ways, asks & by_verb),
    }


@cache
def _counting() -> str:
    """A pattern of what `words` gives: a number near what it may count, wide enough for all rules.

    Up to two words stand between, and none between a team and its number.
    """
    team, numbers, part = (
        "|".join(re.escape(one.strip()) for one in phrases(listed))
        for listed in (
            terms("size", "team"),
            terms("size", "numbers"),
            (*terms("size", "tens"), *FACTORS),
        )
    )
    named = (one for name in LISTS["size"] if name != "team" for one in terms("size", name))
    counted = "|".join(re.escape(one.strip()) for one in phrases(named))
    number = rf"(?:\S*(?:\d|{part})\S*|{numbers})"
    return rf" {number} (?:\S+ ){{0,2}}(?:{counted}) | (?:{team}) {number} "


def _found(asked: pl.DataFrame, us: Names, rivals: Names) -> list[tuple[str, str, str | None, str]]:
    found: list[tuple[str, str, str | None, str]] = []
    for language in LANGUAGES:
        is_other = ~pl.col("language").is_in(LANGUAGES)
        spoken = pl.col("language") == language
        some = asked.filter(spoken | is_other if language == "en" else spoken)
        if some.is_empty():
            continue
        reader = Reader.of(language)
        gates = some.select(FIELDS).rows()
        docs = reader.read(some["text"].to_list(), us, rivals)
        for key, doc, gate in zip(some["message_id"], docs, gates, strict=True):
            for field, is_open in zip(FIELDS, gate, strict=True):
                if is_open and (one := reader.field(doc, field)) is not None:
                    found.append((key, field, *one))
    return found
