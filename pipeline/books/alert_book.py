"""What people decide about alerts: looked up, added to `alert_decisions`, and put into `alerts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipeline import books
from pipeline.errors import SettingsError
from pipeline.settings import Settings
from pipeline.stages.watching import restate
from pipeline.storage import Lake, among

NEAREST = 5


@dataclass(frozen=True)
class Decision:
    """One decision about one alert."""

    alert_id: str
    state: str
    decided_at: datetime | None
    snoozed_until: datetime | None = None
    reason: str | None = None
    decided_by: str | None = None


BOOK = books.Book("alert_decisions", Decision, ("alert_id",), "decided_at", "state")


def listed(lake: Lake, states: tuple[str, ...] = ()) -> pl.DataFrame:
    """The alerts, latest first; those in some states when they are given."""
    rows = pl.DataFrame(lake.read("alerts")).sort("opened_at", "alert_id", descending=[True, False])
    return rows.filter(pl.col("state").is_in(states)) if states else rows


def alert(lake: Lake, given: str) -> dict[str, Any]:
    """The alert with this id, or the only one whose id has this in it, whatever the case.

    Raises SettingsError that lists the nearest ones.
    """
    rows = listed(lake)
    exact = rows.filter(pl.col("alert_id") == given)
    has = pl.col("alert_id").str.to_lowercase().str.contains(given.lower(), literal=True)
    found = exact if len(exact) else rows.filter(has)
    if len(found) == 1:
        return found.row(0, named=True)
    # There may be hundreds: they are not named one by one.
    mend = "take its id, or a part of it, from `engage alert list`"
    if len(found):
        mend = "give more of it: " + "; ".join(found["alert_id"].head(NEAREST))
    what = f"{len(found)} alerts fit" if len(found) else "there is no alert"
    raise SettingsError(f"{what} '{given}'", where="alert", mend=mend)


def texts(lake: Lake, message_ids: list[str]) -> pl.DataFrame:
    """`sent_at`, `source`, `text` of messages, oldest first."""
    where = among("message_id", message_ids)
    names = ["message_id", "sent_at", "source", "text"]
    return pl.DataFrame(lake.read("messages", names, where)).sort("sent_at", "message_id")


def decide(
    settings: Settings,
    given: str,
    state: str,
    *,
    now: datetime,
    until: datetime | None = None,
    reason: str | None = None,
    by: str | None = None,
) -> str:
    """Give an alert a state, and keep who said so and why. Returns the id of the alert.

    Raises SettingsError for an alert that is not there, and for a snooze that is over already.
    """
    lake = Lake(settings.lake_location)
    name = alert(lake, given)["alert_id"]
    if until is not None and until <= now:
        raise SettingsError(
            f"{until:%Y-%m-%d %H:%M} is over", where="--until", mend="give a day that is to come"
        )
    books.add(lake, BOOK, [Decision(name, state, now, until, reason, by)], now)
    restate(settings)
    return str(name)
