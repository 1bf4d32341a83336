"""Themes: ideas that ask for the same, in whatever words and in either language.

Leader clustering in order of time. The first idea of a theme is its leader; a later idea joins the
earliest theme whose leader it is near enough to, else it opens a theme. Ideas are never compared
with other members, so there are no chains of weak links, and what comes later changes no theme:
the themes of a day depend on the ideas up to that day only.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa

from pipeline.opportunities.wishes import Wish, wishes

NEAR = 0.6
"""Least likeness, 0 to 1, of an idea to the leader of its theme."""
TERMS, EXAMPLES = 5, 3
HALF_LIFE_DAYS = 28.0
FOUR_WEEKS = 28


def assigned(ideas: pl.DataFrame) -> pl.Series:
    """The `theme_id` of each idea.

    Args:
        ideas: `idea_id`, `opened_at`, `sentence`, `language`, in any order.
    """
    ordered = ideas.with_row_index("at").sort("opened_at", "idea_id")
    found = _led(wishes(ordered["sentence"]))
    leaders = ordered["idea_id"].gather(found).str.replace("^idea:", "theme:")
    return ordered.select("at", theme_id=leaders).sort("at")["theme_id"]


def _led(ordered: list[Wish]) -> list[int]:
    """Position of the leader of each wish, itself when it leads."""
    leads: list[int] = []
    by_term: dict[str, list[int]] = {}
    for at, wish in enumerate(ordered):
        candidates = sorted({leader for term in wish.telling for leader in by_term.get(term, ())})
        leader = next((one for one in candidates if ordered[one].likeness(wish) >= NEAR), at)
        leads.append(leader)
        if leader == at:
            for term in wish.telling:
                by_term.setdefault(term, []).append(at)
    return leads


def snapshot(ideas: pl.DataFrame, as_of: date, half_life_days: float = HALF_LIFE_DAYS) -> pa.Table:
    """Make one snapshot of the table `idea_themes`.

    Args:
        ideas: rows of the table `ideas` opened on or before `as_of`.
        as_of: the last day whose ideas are counted.
        half_life_days: days in which a vote counts half in `momentum`.

    Returns:
        The columns of the contract, one row per theme, sorted by `theme_id`.
    """
    voter = pl.coalesce("author_id", pl.concat_str(pl.lit("in "), "conversation_id"))
    ordered = ideas.sort("opened_at", "idea_id").with_columns(
        voter=voter, age=(pl.lit(as_of) - pl.col("opened_on")).dt.total_days()
    )
    described = _described(ordered)
    counted = (
        ordered.group_by("theme_id")
        .agg(
            votes_count=pl.col("voter").n_unique().cast(pl.Int32),
            mentions_count=pl.len().cast(pl.Int32),
            first_seen_at=pl.col("opened_at").min(),
            last_seen_at=pl.col("opened_at").max(),
        )
        .join(_votes(ordered, half_life_days), on="theme_id")
        .join(_languages(ordered), on="theme_id")
        .join(described, on="theme_id")
        .with_columns(
            as_of=pl.lit(as_of),
            state=pl.lit("new"),
            state_reason=pl.lit(None, pl.String),
        )
    )
    return counted.sort("theme_id").to_arrow()


def _votes(ordered: pl.DataFrame, half_life_days: float) -> pl.DataFrame:
    """`trend_4w` and `momentum`: each voter counts once in a period, by the latest idea."""
    recent, before = pl.col("age") < FOUR_WEEKS, pl.col("age").is_between(FOUR_WEEKS, 55)
    now = pl.col("voter").filter(recent).n_unique().cast(pl.Float64)
    then = pl.col("voter").filter(before).n_unique()
    latest = ordered.group_by("theme_id", "voter").agg(pl.col("age").min()).group_by("theme_id")
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
    """`title`, `terms` and `examples` of each theme from its sentences, the most central first."""
    ordered = ordered.with_columns(wish_at=pl.int_range(pl.len()))
    made = wishes(ordered["sentence"])
    rows = []
    for (theme,), group in ordered.group_by("theme_id", maintain_order=True):
        members = [made[at] for at in group["wish_at"]]
        weights: dict[str, float] = {}
        for wish in members:
            for term, weight in wish.terms.items():
                weights[term] = weights.get(term, 0.0) + weight
        centre = Wish(weights, frozenset())
        central = [-centre.likeness(wish) for wish in members]
        ranked = group.with_columns(far=pl.Series(central, dtype=pl.Float64)).sort(
            "far", "opened_at", "idea_id"
        )
        examples = _examples(ranked)
        names = sorted(weights, key=lambda term: (-weights[term], term))[:TERMS]
        rows.append(
            {
                "theme_id": theme,
                "title": ranked["sentence"][0],
                "terms": [name.replace("_", " ") for name in names],
                "examples": examples,
            }
        )
    schema = {
        "theme_id": pl.String,
        "title": pl.String,
        "terms": pl.List(pl.String),
        "examples": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema)


def _examples(ranked: pl.DataFrame) -> list[str]:
    """The most central sentences of different people, one of each language first."""
    people = ranked.unique("voter", keep="first", maintain_order=True)
    return (
        people.with_columns(turn=pl.int_range(pl.len()).over("language"), at=pl.int_range(pl.len()))
        .with_columns(turn=pl.col("turn").clip(0, 1))
        .sort("turn", "at")["sentence"]
        .unique(maintain_order=True)
        .head(EXAMPLES)
        .to_list()
    )
