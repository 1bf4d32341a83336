"""The function wheel: who acts on what, who is told, what is promised.

The first route of the settings that fits takes a row; without one it goes to the department of its
tag. Conversations concern the whole company, so others are told of what concerns them.
"""

from __future__ import annotations

from functools import cache, reduce
from operator import and_
from typing import Any

import polars as pl

from pipeline.settings import DEPARTMENTS, Route, Settings, Tag

DEFAULTS: dict[Tag, str] = {"lead": "sales", "complaint": "customer_service", "idea": "product"}
"""Department of a row that no route fits; it is then the owner too."""
AT_RISK = 0.5
"""Churn risk from which sales is told."""
_OF_PRODUCT = ("quality", "app", "outage", "safety")
_OF_MARKETING = ("price", "information")
_ROUTED: dict[str, Any] = {
    "department": pl.String,
    "owner": pl.String,
    "promise_hours": pl.Float64,
    "told": pl.List(pl.String),
    "route_action": pl.String,
    "route_reason": pl.String,
    "opening_nl": pl.String,
    "opening_en": pl.String,
}


def with_owner(rows: pl.DataFrame, settings: Settings, tag: Tag, topic: str) -> pl.DataFrame:
    """Add `department`, `owner` and `promise_hours`, exactly one of each, and what the route says.

    That is `told` (departments), `route_action`, `route_reason`, `opening_nl` and `opening_en`, all
    null where it says nothing.

    Args:
        rows: `language`, the column that `topic` names, where known `channel`, and `severity` for
            complaints.
        settings: their routes are tried in order; the first whose conditions all hold is taken.
        tag: kind of opportunity.
        topic: column that a route's `topics` look at.
    """
    routes = [route for route in settings.routing if route.tag == tag]
    routes.append(Route(tag=tag, department=DEFAULTS[tag], owner=DEFAULTS[tag]))
    default = {"lead": settings.promises.lead, "complaint": settings.promises.complaint}.get(tag, 0)
    calendar = settings.company.calendar
    listed = [
        (
            route.department,
            route.owner,
            float(route.promise_hours(calendar, default)),
            route.informed,
            route.recommended_action,
            route.action_reason,
            route.reply_opening.get("nl"),
            route.reply_opening.get("en"),
        )
        for route in routes
    ]
    chosen = rows.with_columns(route=first_fit(routes, topic, rows.columns))["route"]
    known = pl.DataFrame(listed, schema=_ROUTED, orient="row")
    return rows.with_columns(known[chosen])


def first_fit(routes: list[Route], topic: str, columns: list[str]) -> pl.Expr:
    """The position of the first route whose conditions hold, `len(routes)` when none does."""
    return reduce(
        lambda otherwise, at: (
            pl.when(_fits(routes[at], topic, columns)).then(at).otherwise(otherwise)
        ),
        reversed(range(len(routes))),
        pl.lit(len(routes)),
    )


def _fits(route: Route, topic: str, columns: list[str]) -> pl.Expr:
    conditions = [
        pl.col(column).is_in(allowed)
        for column, allowed in (
            (topic, route.topics),
            ("language", route.languages),
            ("channel", route.channels),
        )
        if allowed
    ]
    if route.minimum_severity > 1 and "severity" in columns:
        conditions.append(pl.col("severity") >= route.minimum_severity)
    return reduce(and_, conditions, pl.lit(value=True))


def with_informed(rows: pl.DataFrame, tag: Tag) -> pl.DataFrame:
    """Add `informed`, the departments to tell besides the one that acts, in a fixed order.

    Those that the route names; where it names none, those whom the row concerns.

    Args:
        rows: what `with_owner` added; of complaints `topic`, `severity`, `is_public`, `crisis_id`,
            `churn_risk` and `competitor`, of leads `switch_direction`, `competitor`,
            `is_existing_customer`, `complains` and `is_grave`, of ideas `competitor`.
        tag: kind of opportunity.
    """
    concerned = {"complaint": _of_complaint, "lead": _of_lead, "idea": _of_idea}[tag]()
    told = pl.col("told")
    is_told = {
        name: pl.when(told.is_null())
        .then(concerned.get(name, pl.lit(value=False)))
        .otherwise(told.list.contains(name))
        for name in DEPARTMENTS
    }
    # Each set of departments is a number, one bit for each: lists are made once a set, not a row.
    bits = [
        pl.when(holds.fill_null(value=False) & (pl.col("department") != name))
        .then(1 << at)
        .otherwise(0)
        for at, (name, holds) in enumerate(is_told.items())
    ]
    sets = rows.select(pl.sum_horizontal(bits)).to_series()
    return rows.with_columns(informed=_departments()[sets]).drop("told")


@cache
def _departments() -> pl.Series:
    """The sets of departments, each at the place that its bits say."""
    listed = [
        [name for at, name in enumerate(DEPARTMENTS) if one >> at & 1]
        for one in range(1 << len(DEPARTMENTS))
    ]
    return pl.Series("informed", listed, pl.List(pl.String))


def _of_complaint() -> dict[str, pl.Expr]:
    topic, severity = pl.col("topic"), pl.col("severity")
    is_crisis = pl.col("crisis_id").is_not_null()
    return {
        "sales": pl.col("churn_risk") >= AT_RISK,
        "customer_service": pl.lit(value=True),
        "product": topic.is_in(_OF_PRODUCT) & (severity >= 2),
        "marketing": topic.is_in(_OF_MARKETING),
        "communications": is_crisis | (pl.col("is_public") & (severity == 4)),
        "human_resources": (topic == "service") & (severity >= 3),
        "market_research": pl.col("competitor").is_not_null(),
        "legal": (severity == 4) | ((topic == "privacy") & (severity >= 3)),
    }


def _of_lead() -> dict[str, pl.Expr]:
    leaves = pl.col("switch_direction") == "from_us"
    return {
        "customer_service": leaves | pl.col("is_existing_customer") | pl.col("complains"),
        "market_research": pl.col("competitor").is_not_null(),
        "legal": pl.col("is_grave"),
    }


def _of_idea() -> dict[str, pl.Expr]:
    return {"market_research": pl.col("competitor").is_not_null()}
