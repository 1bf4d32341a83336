"""Themes: ideas that ask for the same, in whatever words and in either language.

Clustering in order of time (`leaders`): an idea joins the theme whose ideas it is nearest to on the
mean, if that is near enough and it has something in common with the theme's first idea, its leader;
else it leads a theme itself. So there are no chains of weak links, and what comes later changes no
theme: the themes of a day depend on the ideas up to that day only. Who asks not to do it has a
theme apart. People's decisions come on top.
"""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.opportunities import decisions
from pipeline.opportunities.leaders import Leaders, vectors
from pipeline.opportunities.opposition import apart
from pipeline.opportunities.titles import title, unaddressed
from pipeline.opportunities.wishes import lengths, reached, wishes

TERMS, EXAMPLES = 5, 3
HALF_LIFE_DAYS = 28.0
FOUR_WEEKS = 28


def told(ideas: pl.DataFrame) -> pl.DataFrame:
    """What `wishes` gives for ideas (`idea_id`, `opened_at`, `sentence`) put in order of time."""
    return wishes(ideas.sort("opened_at", "idea_id")["sentence"])


def assigned(ideas: pl.DataFrame, terms: pl.DataFrame, held: pl.DataFrame) -> pl.Series:
    """The `theme_id` of each idea.

    Args:
        ideas: `idea_id`, `opened_at`, `sentence`, in any order.
        terms: what `told` gives for them.
        held: people's decisions about themes, as `decisions.holding` gives them.
    """
    ordered = ideas.with_row_index("at").sort("opened_at", "idea_id")
    found = apart(terms, ordered["sentence"])
    places = Leaders().join(found, len(ordered))
    leaders = ordered["idea_id"].gather(places).str.replace("^idea:", "theme:")
    led = ordered.select("at", "idea_id", "opened_at", theme_id=leaders)
    moved = decisions.replay(led, held, _likeness(led["idea_id"], found)) if len(held) else leaders
    return led.select("at", theme_id=moved).sort("at")["theme_id"]


def _likeness(idea_ids: pl.Series, found: pl.DataFrame) -> decisions.Likeness:
    """Likeness of two ideas, by their ids."""
    reach, norms = reached(found, len(idea_ids))
    at = dict(zip(idea_ids.to_list(), range(len(idea_ids)), strict=True))
    said, near = vectors(found, norms), vectors(reach, norms)

    def likeness(one: str, other: str) -> float:
        mine = dict(near[at[one]])
        return math.fsum(weight * mine.get(term, 0.0) for term, weight in said[at[other]])

    return likeness


class Spoken(NamedTuple):
    """The terms of ideas, once for all their snapshots.

    `said` has a row for each term of an idea, in order of time and term: `at`, the position of the
    idea in order of time, `weight`, `pair`, a number for theme and term together, and `way`, the
    position in `ways`: each way in which a theme writes a term (`theme_id`, `term`, `written`,
    `pair`).
    """

    said: pl.DataFrame
    ways: pl.DataFrame


def spoken(ideas: pl.DataFrame, terms: pl.DataFrame) -> Spoken:
    """What is said of themes: takes rows of the table `ideas`, and what `told` gives for them."""
    themes = ideas.sort("opened_at", "idea_id")["theme_id"]
    said = terms.with_columns(themes.gather(terms["at"]))
    kind = ["theme_id", "term", "written"]
    ways = said.select(kind).unique(maintain_order=True).with_row_index("way")
    ways = ways.with_columns(pair=pl.struct("theme_id", "term").rank("dense") - 1)
    numbered = said.join(ways, on=kind, maintain_order="left")
    return Spoken(numbered.select("at", "weight", "way", "pair"), ways.drop("way"))


def snapshot(
    ideas: pl.DataFrame,
    terms: Spoken,
    as_of: date,
    said: pl.DataFrame,
    half_life_days: float = HALF_LIFE_DAYS,
) -> pa.Table:
    """Make one snapshot of the table `idea_themes`.

    Args:
        ideas: rows of the table `ideas` opened on or before `as_of`: all of them, or none.
        terms: what `spoken` gives for these ideas, and maybe for later ones.
        as_of: the last day whose ideas are counted.
        said: what people say of themes, as `decisions.standing` gives it.
        half_life_days: days in which a vote counts half in `momentum`.

    Returns:
        The columns of the contract, one row per theme, sorted by `theme_id`.
    """
    ordered = ideas.sort("opened_at", "idea_id").with_columns(
        sentence=unaddressed(pl.col("sentence")),
        age=(pl.lit(as_of) - pl.col("opened_on")).dt.total_days(),
    )
    accounts = pl.col("account_id").drop_nulls().n_unique()
    described = _described(ordered, terms)
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


def _described(ordered: pl.DataFrame, terms: Spoken) -> pl.DataFrame:
    """`title`, `terms` and `examples` of each theme, the most central sentences first."""
    central, strongest = _centres(terms, len(ordered))
    # What is sorted keeps the order of time among equals.
    ranked = ordered.with_columns(central=central).sort(
        "central", descending=True, maintain_order=True
    )
    of_person = ranked.unique(["theme_id", "voter_id"], keep="first", maintain_order=True)
    first = pl.col("language").is_first_distinct().over("theme_id")
    examples = (
        of_person.with_columns(first=first)
        .sort("first", descending=True, maintain_order=True)
        .group_by("theme_id", maintain_order=True)
        .agg(examples=pl.col("sentence").unique(maintain_order=True).head(EXAMPLES))
    )
    titles = ranked.group_by("theme_id", maintain_order=True).agg(title=title())
    nothing = pl.lit([], pl.List(pl.String))
    return (
        titles.join(examples, on="theme_id")
        .join(strongest, on="theme_id", how="left")
        .with_columns(pl.col("terms").fill_null(nothing))
    )


def _centres(terms: Spoken, count: int) -> tuple[np.ndarray, pl.DataFrame]:
    """How central each idea is to its theme, and the strongest `terms` of each theme.

    Args:
        terms: what `spoken` gives.
        count: the number of ideas, the first in order of time.
    """
    said = terms.said.filter(pl.col("at") < count)
    pair, weights, at = (said[name].to_numpy() for name in ("pair", "weight", "at"))
    centres = np.bincount(pair, weights, minlength=len(terms.ways))
    norms = lengths(said, count)
    shared = np.bincount(at, centres[pair] * weights, minlength=count)
    central = np.divide(shared, norms, out=np.zeros(count), where=norms > 0)
    times = np.bincount(said["way"].to_numpy(), minlength=len(terms.ways))
    strongest = (
        terms.ways.with_columns(centre=centres[terms.ways["pair"].to_numpy()], len=times)
        .filter(pl.col("len") > 0)
        .sort(
            "theme_id",
            "centre",
            "term",
            "len",
            "written",
            descending=[False, True, False, True, False],
        )
        .unique("pair", keep="first", maintain_order=True)
        .group_by("theme_id", maintain_order=True)
        .agg(terms=pl.col("written").unique(maintain_order=True).head(TERMS))
    )
    return central, strongest
