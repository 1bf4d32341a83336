"""When a person wants to decide: a date, a month, a weekday or a phrase, as written."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.text import LANGUAGES, any_of, terms

URGENCY = {"urgent": 1.0, "soon": 0.75, "later": 0.35}
"""Urgency of the phrases in the lists of `[timeframe]`."""
NOT_SAID = 0.5


def with_timeframe(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `timeframe` (null when it is not said) and `haste`, 0 to 1, what it means for urgency.

    A date comes first, then the most urgent phrase of the deciding sentence, then of the text.
    Dates without a year are the next such day after the message.

    Args:
        rows: `message_id`, `text`, `sentence` and `sent_at`.
    """
    dated = _dated(rows)
    told = rows.join(dated, on="message_id", how="left", maintain_order="left")
    phrase, haste = pl.lit(None, pl.String), pl.lit(None, pl.Float64)
    for column in ("text", "sentence"):
        for name in reversed(URGENCY):
            found = pl.col(column).str.extract(f"({any_of(terms('timeframe', name))})", 1)
            phrase = pl.coalesce(found, phrase)
            haste = pl.when(found.is_not_null()).then(URGENCY[name]).otherwise(haste)
    return told.with_columns(
        timeframe=pl.coalesce("dated", phrase),
        haste=pl.coalesce("date_haste", haste, pl.lit(NOT_SAID)),
    ).drop("dated", "date_haste")


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The first date that each text names, as written, and how soon it is."""
    groups = (
        rows.filter(pl.col("text").str.contains(_pattern()))
        .select("message_id", "sent_at", groups=pl.col("text").str.extract_groups(_pattern()))
        .unnest("groups")
    )
    month = pl.coalesce("month", "month_first", "month_only").str.to_lowercase()
    day = pl.coalesce("day", "day_last").cast(pl.Int32, strict=False).fill_null(1)
    numbered = groups.with_columns(
        month_number=month.replace_strict(_months(), default=None, return_dtype=pl.Int32),
        day_number=day.clip(1, 28),
        sent_on=pl.col("sent_at").dt.date(),
    )
    this_year = pl.date(pl.col("sent_on").dt.year(), pl.col("month_number"), pl.col("day_number"))
    is_past = this_year < pl.col("sent_on").dt.month_start()
    next_one = pl.when(is_past).then(this_year.dt.offset_by("1y")).otherwise(this_year)
    days = (next_one - pl.col("sent_on")).dt.total_days()
    haste = (
        pl.when(pl.col("weekday").is_not_null() | (days <= 3))
        .then(1.0)
        .when(days <= 14)
        .then(0.85)
        .when(days <= 45)
        .then(0.7)
        .when(days <= 100)
        .then(0.5)
        .otherwise(URGENCY["later"])
    )
    return numbered.select("message_id", dated=pl.col("as_written"), date_haste=haste)


@cache
def _months() -> dict[str, int]:
    return {
        name: number
        for language in LANGUAGES
        for number, name in enumerate(terms("date", "months", language), 1)
    }


@cache
def _pattern() -> str:
    before, month, weekday = (
        any_of(terms("date", name)) for name in ("before", "months", "weekdays")
    )
    article = r"(?:(?:the|de|next|komende|aanstaande|a\.s\.)\s+)?"
    return (
        rf"(?i)(?P<as_written>(?:{before})\s+{article}(?:"
        rf"(?P<day>\d{{1,2}})(?:e|ste|de|st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{month})"
        rf"|(?P<month_first>{month})\s+(?P<day_last>\d{{1,2}})\b"
        rf"|(?P<month_only>{month})"
        rf"|(?P<weekday>{weekday})))"
    )
