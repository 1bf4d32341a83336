"""People's decisions about themes, replayed over what the grouping found.

A decision names a theme by its id, and that is the theme in which the idea of the same id now is:
so it holds also when the theme has been merged into another since.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa

STATES = ("new", "planned", "shipped", "declined")
Likeness = Callable[[str, str], float]
"""Likeness of two ideas, by their ids."""


def holding(decisions: pa.Table) -> pl.DataFrame:
    """The decisions that are not undone, in order of time, without the undoings.

    Args:
        decisions: rows of the table `theme_decisions`, in any order. An undoing can be undone.
    """
    ordered = pl.DataFrame(decisions).sort("decided_at", "decision_id")
    return ordered.filter(pl.col("action") != "undo", ~pl.col("decision_id").is_in(undone(ordered)))


def undone(ordered: pl.DataFrame) -> list[str]:
    """Ids of the decisions, in order of time, that are undone; undoings may be among them."""
    found: set[str] = set()
    # From the last back: whether a decision holds depends on later ones alone.
    for name, undoes in ordered.select("decision_id", "undoes_id").reverse().iter_rows():
        if undoes is not None and name not in found:
            found.add(undoes)
    return sorted(found)


def replay(found: pl.DataFrame, held: pl.DataFrame, likeness: Likeness) -> pl.Series:
    """The `theme_id` of each idea after merges and splits.

    A merge moves all ideas of a theme. A split moves the ideas that it names, and those that came
    after it and are nearer to the new theme than to the idea that led them to the old one.

    Args:
        found: `idea_id`, `opened_at` and the `theme_id` of the grouping, one row per idea.
        held: what `holding` gives.
        likeness: of two ideas.

    Returns:
        One theme per idea, in the order of `found`.
    """
    names = found["idea_id"].to_list()
    at = {name: place for place, name in enumerate(names)}
    led_by = found["theme_id"].to_list()
    themes = np.array(led_by, dtype=object)
    opened = found["opened_at"].dt.epoch("us").to_numpy()
    moves = held.filter(pl.col("action").is_in(["merge", "split"]))
    for row in moves.with_columns(pl.col("decided_at").dt.epoch("us")).iter_rows(named=True):
        place, into = at.get(_led(row["theme_id"])), at.get(_led(row["into_theme_id"]))
        if place is None or into is None:
            continue  # the theme is not there: the decision waits
        inside = themes == themes[place]
        if row["action"] == "merge":
            themes[inside] = themes[into]
            continue
        named = [at[name] for name in row["idea_ids"] if name in at]
        later = np.flatnonzero(inside & (opened > row["decided_at"]))
        nearer = [
            int(one)
            for one in later
            if led_by[one] == row["into_theme_id"]
            or likeness(names[one], names[into]) > likeness(names[one], _led(led_by[one]))
        ]
        themes[np.array([*named, *nearer])] = row["into_theme_id"]
    return pl.Series("theme_id", themes.tolist(), pl.String)


def standing(ideas: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """What people say of each theme: `theme_id`, `given_title`, `given_state`, `given_reason`.

    The last word counts. A merged theme's title and state go along, unless the other has its own.

    Args:
        ideas: `idea_id` and `theme_id`, after `replay`.
        held: what `holding` gives, and may be what `outcomes.statuses` gives behind it: what is
            said of an idea is the theme's own. What comes last of one moment is said last.
    """
    of_idea = pl.col("of_idea").fill_null(value=False) if "of_idea" in held.columns else False
    said = (
        held.with_columns(idea_id="idea:" + pl.col("theme_id").str.strip_prefix("theme:"))
        .rename({"theme_id": "about"})
        .join(ideas.select("idea_id", "theme_id"), on="idea_id", maintain_order="left")
        .with_columns(is_own=(pl.col("about") == pl.col("theme_id")) | of_idea)
        .sort("is_own", "decided_at", maintain_order=True)
    )
    is_state = pl.col("action") == "status"
    return said.group_by("theme_id").agg(
        given_title=pl.col("new_title").drop_nulls().last(),
        given_state=pl.col("new_state").filter(is_state).last(),
        given_reason=pl.col("reason").filter(is_state).last(),
    )


def _led(theme_id: str) -> str:
    """The idea that a theme is named after."""
    return "idea:" + theme_id.removeprefix("theme:")
