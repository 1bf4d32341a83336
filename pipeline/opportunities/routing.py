"""Who acts on what: the first route of the settings that fits, else the tag's own department."""

from __future__ import annotations

from functools import reduce

import polars as pl

from pipeline.settings import Route, Settings, Tag

DEFAULTS: dict[Tag, str] = {"lead": "sales", "complaint": "customer_service", "idea": "product"}
"""Department of a row that no route fits; it is then the owner too."""


def with_owner(rows: pl.DataFrame, settings: Settings, tag: Tag, topic: str) -> pl.DataFrame:
    """Add `department`, `owner` and `promise_hours`: exactly one of each for every row.

    Args:
        rows: `language`, the column that `topic` names, and `severity` for complaints.
        settings: their routes are tried in order; the first whose conditions all hold is taken.
        tag: kind of opportunity.
        topic: column that a route's `topics` look at.
    """
    routes = [route for route in settings.routing if route.tag == tag]
    hours = {"lead": settings.promises.lead, "complaint": settings.promises.complaint}.get(tag, 0.0)
    fallback = Route(tag=tag, department=DEFAULTS[tag], owner=DEFAULTS[tag])

    def chosen(value_of: dict[int, str | float], default: str | float) -> pl.Expr:
        last = pl.lit(default)
        return reduce(
            lambda otherwise, at: (
                pl.when(_fits(routes[at], topic, rows))
                .then(pl.lit(value_of[at]))
                .otherwise(otherwise)
            ),
            reversed(range(len(routes))),
            last,
        )

    numbered = list(enumerate(routes))
    return rows.with_columns(
        department=chosen({at: one.department for at, one in numbered}, fallback.department),
        owner=chosen({at: one.owner for at, one in numbered}, fallback.owner),
        promise_hours=chosen(
            {at: float(one.respond_within_hours or hours) for at, one in numbered}, float(hours)
        ),
    )


def _fits(route: Route, topic: str, rows: pl.DataFrame) -> pl.Expr:
    holds = pl.lit(value=True)
    if route.topics:
        holds &= pl.col(topic).is_in(route.topics)
    if route.languages:
        holds &= pl.col("language").is_in(route.languages)
    if route.minimum_severity > 1 and "severity" in rows.columns:
        holds &= pl.col("severity") >= route.minimum_severity
    return holds
