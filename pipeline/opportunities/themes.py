"""Themes: ideas that ask for the same, in whatever words and in either language.

Leader clustering in order of time. The first idea of a theme is its leader; a later idea joins the
earliest theme whose leader it is near enough to, else it opens a theme. Ideas are never compared
with other members, so there are no chains of weak links, and what comes later changes no theme:
the themes of a day depend on the ideas up to that day only.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from pipeline.opportunities import decisions
from pipeline.opportunities.wishes import Wish, wishes

NEAR = 0.49
"""Least likeness, 0 to 1, of an idea to the leader of its theme: half of either is shared."""
TERMS, EXAMPLES = 5, 3
HALF_LIFE_DAYS = 28.0
FOUR_WEEKS = 28


class _Member(NamedTuple):
    sentence: str
    language: str
    voter: str
    wish: Wish


def assigned(ideas: pl.DataFrame, held: pl.DataFrame) -> pl.Series:
    """The `theme_id` of each idea.

    Args:
        ideas: `idea_id`, `opened_at`, `sentence`, in any order.
        held: people's decisions about themes, as `decisions.holding` gives them.
    """
    ordered = ideas.with_row_index("at").sort("opened_at", "idea_id")
    meant = wishes(ordered["sentence"])
    leaders = ordered["idea_id"].gather(_led(meant)).str.replace("^idea:", "theme:")
    found = ordered.select("at", "idea_id", "opened_at", theme_id=leaders)
    wish_of: dict[str, Wish] = dict(zip(ordered["idea_id"].to_list(), meant, strict=True))

    def likeness(one: str, other: str) -> float:
        return wish_of[one].likeness(wish_of[other])

    moved = decisions.replay(found, held, likeness) if len(held) else leaders
    return found.select("at", theme_id=moved).sort("at")["theme_id"]


def _led(ordered: list[Wish]) -> list[int]:
    """Position of the leader of each wish, itself when it leads."""
    leads: list[int] = []
    by_term: dict[str, list[int]] = {}
    for at, wish in enumerate(ordered):
        candidates = sorted({leader for term in wish.terms for leader in by_term.get(term, ())})
        leader = next((one for one in candidates if ordered[one].likeness(wish) >= NEAR), at)
        leads.append(leader)
        if leader == at:
            for term in wish.terms:
                by_term.setdefault(term, []).append(at)
    return leads


def snapshot(
    ideas: pl.DataFrame,
    as_of: date,
    said: pl.DataFrame,
    half_life_days: float = HALF_LIFE_DAYS,
) -> pa.Table:
    """Make one snapshot of the table `idea_themes`.

    Args:
        ideas: rows of the table `ideas` opened on or before `as_of`.
        as_of: the last day whose ideas are counted.
        said: what people say of themes, as `decisions.standing` gives it.
        half_life_days: days in which a vote counts half in `momentum`.

    Returns:
        The columns of the contract, one row per theme, sorted by `theme_id`.
    """
    ordered = ideas.sort("opened_at", "idea_id").with_columns(
        age=(pl.lit(as_of) - pl.col("opened_on")).dt.total_days()
    )
    accounts = pl.col("account_id").drop_nulls().n_unique()
    described = _described(ordered)
    counted = (
        ordered.group_by("theme_id")
        .agg(
            votes_count=pl.col("voter_id").n_unique().cast(pl.Int32),
            accounts_count=pl.when(accounts > 0).then(accounts.cast(pl.Int32)),
            mentions_count=pl.len().cast(pl.Int32),
            first_seen_at=pl.col("opened_at").min(),
            last_seen_at=pl.col("opened_at").max(),
        )
        .join(_votes(ordered, half_life_days), on="theme_id")
        .join(_languages(ordered), on="theme_id")
        .join(described, on="theme_id")
        .join(said, on="theme_id", how="left")
        .with_columns(
            as_of=pl.lit(as_of),
            title=pl.coalesce("given_title", "title"),
            state=pl.col("given_state").fill_null("new"),
            state_reason=pl.col("given_reason"),
        )
        .drop("given_title", "given_state", "given_reason")
    )
    return counted.sort("theme_id").to_arrow()


def _votes(ordered: pl.DataFrame, half_life_days: float) -> pl.DataFrame:
    """`trend_4w` and `momentum`: each voter counts once in a period, by the latest idea."""
    recent, before = pl.col("age") < FOUR_WEEKS, pl.col("age").is_between(FOUR_WEEKS, 55)
    now = pl.col("voter_id").filter(recent).n_unique().cast(pl.Float64)
    then = pl.col("voter_id").filter(before).n_unique()
    latest = ordered.group_by("theme_id", "voter_id").agg(pl.col("age").min()).group_by("theme_id")
    momentum = latest.agg(
        momentum=(0.5 ** (pl.col("age").sort() / half_life_days)).sum().cast(pl.Float32)
    )
    trend = ordered.group_by("theme_id").agg(
        trend_4w=pl.when(then > 0).then(now / then - 1).cast(pl.Float32)
    )
    return momentum.join(trend, on="theme_id")


def _languages(ordered: pl.DataFrame) -> pl.DataFrame:
    return (
        ordered.group_by("theme_id", "language")
        .len()
        .sort("len", "language", descending=[True, False])
        .group_by("theme_id", maintain_order=True)
        .agg(languages="language")
    )


def _described(ordered: pl.DataFrame) -> pl.DataFrame:
    """`title`, `terms` and `examples` of each theme, the most central sentences first."""
    themes: dict[str, list[_Member]] = {}
    columns = (ordered[name].to_list() for name in ("theme_id", "sentence", "language", "voter_id"))
    for theme, sentence, language, voter, wish in zip(
        *columns, wishes(ordered["sentence"]), strict=True
    ):
        themes.setdefault(theme, []).append(_Member(sentence, language, voter, wish))
    spread = Counter(
        term
        for members in themes.values()
        for term in {t for one in members for t in one.wish.terms}
    )
    rows = [_describe(theme, members, spread, len(themes)) for theme, members in themes.items()]
    listed = pl.List(pl.String)
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "theme_id": pl.String,
        "title": pl.String,
        "terms": listed,
        "examples": listed,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _describe(
    theme: str, members: list[_Member], spread: Counter[str], themes_count: int
) -> tuple[str, str, list[str], list[str]]:
    weights: Counter[str] = Counter()
    written: dict[str, str] = {}
    for member in members:
        weights.update(member.wish.terms)
        written = {**member.wish.written, **written}
    centre = Wish(weights)
    # `sorted` keeps the order of time among equals.
    ranked = sorted(members, key=lambda member: -centre.likeness(member.wish))
    telling = {
        term: weight * math.log(1 + themes_count / spread[term]) for term, weight in weights.items()
    }
    names = sorted(telling, key=lambda term: (-telling[term], term))[:TERMS]
    shown = [written.get(name, name.replace("_", " ")) for name in names]
    return theme, ranked[0].sentence, shown, _examples(ranked)


def _examples(ranked: list[_Member]) -> list[str]:
    """The most central sentences of different people, one of each language first."""
    people = list({member.voter: member for member in reversed(ranked)}.values())[::-1]
    first = {member.language: member for member in reversed(people)}
    turns = sorted(people, key=lambda member: first[member.language] is not member)
    return list(dict.fromkeys(member.sentence for member in turns))[:EXAMPLES]
