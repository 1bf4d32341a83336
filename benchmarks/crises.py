"""Ten invented crises and quiet weeks: how soon the alert stands, how often there is a false one.

    python -m benchmarks.crises

What is invented are complaints, as the table `complaints` holds them: a rhythm of day and week,
good and bad days that follow each other, topics and sources of different size, and half of a
crisis under no topic, as people who walk home in the rain do not name it. Whether messages are
recognised as complaints is measured elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.alerts import kinds
from pipeline.settings import Settings

FIRST = datetime(2026, 2, 2, tzinfo=UTC)
QUIET_DAYS = 120
SEED = 7
SETTINGS = Settings.model_validate({"company": {"name": "Proef"}, "sources": []})
TOPICS = ("billing", "delivery", "service", "quality", "app", "outage", "contract", "other")
SOURCES = ("twitter", "mail", "forum", "chat", "reviews")
DAY = (2, 1, 1, 1, 1, 3, 8, 14, 18, 20, 19, 17, 16, 17, 16, 16, 17, 18, 19, 21, 20, 16, 10, 5)
OFFICE = (0, 0, 0, 0, 0, 1, 4, 14, 24, 26, 24, 20, 16, 20, 22, 20, 14, 6, 3, 2, 2, 1, 1, 0)
FLAT_WEEK, OFFICE_WEEK = (1.1, 1.05, 1, 1, 1, 0.9, 0.95), (1.3, 1.2, 1.1, 1.1, 1, 0.15, 0.1)


@dataclass(frozen=True)
class Crisis:
    """A company with so many complaints a day, and what befalls it after some days.

    `hours` is the time from the onset to the peak, `peak` the extra people in the hour of the peak.
    """

    name: str
    per_day: float
    history_days: int
    onset_hour: int
    hours: int
    peak: float
    topic: str
    sources: tuple[str, ...]
    is_office: bool = False
    dispersion: float = 0.1


CRISES = (
    Crisis("a bakery, a batch gone bad", 3, 60, 9, 3, 6, "quality", ("twitter", "reviews")),
    Crisis("a bike rental, its locks fail", 12, 30, 6, 8, 15, "outage", SOURCES),
    Crisis("a web shop, parcels lost slowly", 40, 60, 8, 30, 9, "delivery", ("mail", "chat")),
    Crisis("a bank, the app is down", 250, 90, 11, 2, 160, "outage", ("twitter", "reviews")),
    Crisis("a telecom firm, a wrong invoice", 600, 90, 7, 6, 200, "billing", ("mail", "chat")),
    Crisis("an insurer, one video at night", 80, 45, 22, 4, 60, "service", ("twitter",)),
    Crisis("an airline, its first week here", 150, 6, 13, 5, 70, "delivery", SOURCES),
    Crisis("a start-up, on its second day", 25, 1, 10, 3, 22, "app", ("twitter", "reviews")),
    Crisis("a software firm, office hours", 15, 40, 14, 5, 9, "app", ("mail", "forum"), True),
    Crisis("a railway, restless, a strike", 900, 90, 5, 4, 500, "service", SOURCES, False, 0.25),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a crisis: hours from onset to alert, and how many complained in them."""

    crisis: Crisis
    hours: int | None
    people: int
    subject: str
    false_alarms: int
    quiet_days: int


def complaints(crisis: Crisis, days: int, onset: int | None, seed: int) -> pl.DataFrame:
    """Invent complaints (`kinds.COMPLAINT`) over so many days; `onset` is an hour, or none."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(len(TOPICS)) * 1.5)
    usual = rng.poisson(_rates(crisis, days, rng))
    hour = np.repeat(np.arange(len(usual)), usual)
    topic = rng.choice(TOPICS, len(hour), p=shares)
    source = rng.choice(SOURCES, len(hour), p=(0.4, 0.25, 0.1, 0.15, 0.1))
    if onset is not None:
        extra = rng.poisson(_wave(crisis, len(usual) - onset))
        extra[0] = max(extra[0], 1)
        hours = np.repeat(np.arange(onset, len(usual)), extra)
        named = rng.choice((crisis.topic, "other"), len(hours))
        spoken = rng.choice(crisis.sources, len(hours))
        hour, topic = np.concatenate([hour, hours]), np.concatenate([topic, named])
        source = np.concatenate([source, spoken])
    return _frame(hour, topic, source, rng)


def _rates(crisis: Crisis, days: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The usual rate by hour; good and bad days follow each other and do not begin at midnight."""
    day = np.array(OFFICE if crisis.is_office else DAY, np.float64)
    week = np.array(OFFICE_WEEK if crisis.is_office else FLAT_WEEK)
    hours = np.arange(days * 24)
    mood = np.zeros(days + 1)
    for at in range(1, days + 1):
        mood[at] = 0.6 * mood[at - 1] + 0.8 * rng.normal(0, np.sqrt(crisis.dispersion))
    moods = np.exp(np.interp(hours / 24, np.arange(days + 1), mood))
    rates = crisis.per_day * day[hours % 24] / day.sum() * week[hours // 24 % 7] * moods
    return np.asarray(rates, np.float64)


def _wave(crisis: Crisis, hours: int) -> NDArray[np.float64]:
    """Extra people by hour: up to the peak, then fading."""
    at = np.arange(hours)
    up = crisis.peak * (at + 1) / (crisis.hours + 1)
    down = crisis.peak * np.exp(-(at - crisis.hours) / 8)
    return np.where(at <= crisis.hours, up, down)


def _frame(
    hour: NDArray[np.int64], topic: NDArray[np.str_], source: NDArray[np.str_],
    rng: np.random.Generator,
) -> pl.DataFrame:  # fmt: skip
    at = hour * 3600 + rng.integers(0, 3600, len(hour))
    names = [f"m{number:06d}" for number in range(len(hour))]
    return pl.DataFrame(
        {
            "complaint_id": names, "message_id": names, "author_id": names,
            "source": source.tolist(), "topic": topic.tolist(),
            "opened_at": [FIRST + timedelta(seconds=int(one)) for one in at],
        },
        schema_overrides={"opened_at": pl.Datetime("us", "UTC")},
    ).with_columns(
        product=pl.lit(None, pl.String), competitor=pl.lit(None, pl.String)
    )  # fmt: skip


def alarms(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    """The alerts that complaints give rise to."""
    heard = np.ones(days * 24, np.bool_)
    return kinds.of_complaints(rows, SETTINGS, FIRST, heard).sort("opened_at")


def outcome(crisis: Crisis, seed: int) -> Outcome:
    """Let a crisis happen, and the same company have quiet weeks."""
    onset = crisis.history_days * 24 + crisis.onset_hour
    days = crisis.history_days + 4
    rows = complaints(crisis, days, onset, seed)
    begun = FIRST + timedelta(hours=onset)
    found = alarms(rows, days)
    quiet = alarms(complaints(crisis, QUIET_DAYS, None, seed + 1), QUIET_DAYS)
    early = found.filter(pl.col("opened_at") <= begun)
    caught = found.filter(pl.col("opened_at") > begun).head(1)
    hours, people, subject = None, 0, ""
    if len(caught):
        at = caught["opened_at"][0]
        hours, subject = int((at - begun) / timedelta(hours=1)), caught["subject"][0]
        people = len(rows.filter(pl.col("opened_at").is_between(begun, at, closed="left")))
    return Outcome(
        crisis, hours, people, subject, len(quiet) + len(early), QUIET_DAYS + crisis.history_days
    )


def row(one: Outcome) -> str:
    """One crisis as a row of the table."""
    at, when = one.crisis, "never" if one.hours is None else str(one.hours)
    return (
        f"| {at.name} | {at.per_day:g} | {at.history_days} | {at.hours + 1} | {when} | "
        f"{one.people} | {one.subject} | {one.false_alarms} in {one.quiet_days} |"
    )


def table(seed: int = SEED) -> str:
    """All crises as a Markdown table, the latest alert first, and the false alarms below it."""
    found = [outcome(one, seed + 10 * at) for at, one in enumerate(CRISES)]
    found.sort(key=lambda one: (-(one.hours or 999), one.crisis.name))
    lines = [
        "| crisis | usual a day | days before | hours to the peak | alert in hour | people by then "
        "| about | false in quiet days |",
        "|---|---:|---:|---:|---:|---:|---|---:|",
    ]
    lines += map(row, found)
    false, days = sum(one.false_alarms for one in found), sum(one.quiet_days for one in found)
    return "\n".join(
        [
            *lines,
            "",
            f"{false} false alarms in {days:,} quiet days: {30 * false / days:.2f} in thirty.",
        ]
    )


if __name__ == "__main__":
    print(table())
