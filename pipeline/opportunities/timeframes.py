"""When a person wants to decide: a date, a weekday, a number of weeks or a phrase, as written."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.opportunities.mentions import mentions, where
from pipeline.text import LANGUAGES, any_of, terms

URGENCY = {"urgent": 1.0, "soon": 0.75, "later": 0.35}
"""Urgency of the phrases in the lists of `[timeframe]`."""
NOT_SAID = 0.5
_BY_DAYS = {3: 1.0, 14: 0.85, 60: 0.7, 120: 0.5}
"""Urgency of a day at most so many days ahead."""
_YEAR, _PAST = 365, 120
"""Days of a year, and how long ago a date without a year may be before it means the next one."""


def with_timeframe(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `timeframe` (null when it is not said) and `haste`, 0 to 1, what it means for urgency.

    A date comes first, then the most urgent phrase; what only says the day ("today") counts in the
    deciding sentence alone. A date of the last months is past, which is no time frame.

    Args:
        rows: `message_id`, `text`, its mentions, `sentence`, `sent_at` and `language`.
    """
    told = rows.join(_dated(rows), on="message_id", how="left", maintain_order="left")
    phrase, haste = pl.lit(None, pl.String), pl.lit(None, pl.Float64)
    for column, name in (
        *(("text", name) for name in reversed(URGENCY)),
        *(("sentence", name) for name in reversed(URGENCY)),
        ("sentence", "today"),
    ):
        found = pl.col(column).str.extract(f"({any_of(terms('timeframe', name))})", 1)
        phrase = pl.coalesce(found, phrase)
        haste = pl.when(found.is_not_null()).then(URGENCY.get(name, 1.0)).otherwise(haste)
    lists = [mentions("timeframe", name) for name in (*URGENCY, "today")]
    told = where(told, pl.any_horizontal(lists), phrase=phrase, phrase_haste=haste)
    pressing = pl.when(mentions("timeframe", "urgent")).then(1.0)
    return told.with_columns(
        timeframe=pl.coalesce("dated", "phrase"),
        haste=pl.coalesce(
            pl.max_horizontal("date_haste", pressing), "phrase_haste", pl.lit(NOT_SAID)
        ),
    ).drop("dated", "date_haste", "phrase", "phrase_haste")


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The coming day that each text names, as written, and how soon it is: a last day first."""
    names = [mentions("date", name) for name in ("months", "weekdays", "units")]
    by_number = pl.col("text").str.contains(r"\d(?:e|ste|de|st|nd|rd|th)\b")
    found = (
        rows.filter(pl.any_horizontal(*names, by_number))
        .select(
            "message_id",
            sent_on=pl.col("sent_at").dt.date(),
            dated=pl.col("text").str.extract_all(_pattern()),
        )
        .explode("dated", empty_as_null=False, keep_nulls=False)
        .with_columns(pl.col("dated").str.extract_groups(_pattern()).alias("groups"))
        .unnest("groups")
        .with_columns(days=pl.coalesce(_days_of_span(), _days_to_date(), _days_to_weekday()))
        .filter(pl.col("days") >= 0)
        # "Before the 20th" is when to decide, "in January" rather when to use it.
        .sort(pl.coalesce("until_date", "until_day").is_null(), "days", maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
    )
    haste = pl.lit(URGENCY["later"])
    for days in sorted(_BY_DAYS, reverse=True):
        haste = pl.when(pl.col("days") <= days).then(_BY_DAYS[days]).otherwise(haste)
    return found.select("message_id", "dated", date_haste=haste)


def _days_of_span() -> pl.Expr:
    number = pl.col("span").str.to_lowercase().str.extract(rf"\s({_number()})\s")
    count = pl.coalesce(
        number.cast(pl.Int64, strict=False),
        number.replace_strict(
            _numbered("size", "numbers", first=2), default=None, return_dtype=pl.Int64
        ),
    )
    unit = pl.col("span").str.to_lowercase().str.extract(r"\s(\p{L})\p{L}*$")
    days = {"d": 1, "w": 7, "m": 30}
    return count * unit.replace_strict(days, default=None, return_dtype=pl.Int64)


def _days_to_date() -> pl.Expr:
    name = pl.coalesce("month", "month_first", "month_only").str.to_lowercase()
    months = name.replace_strict(
        _numbered("date", "months", first=1), default=None, return_dtype=pl.Int64
    )
    sent_on = pl.col("sent_on")
    day = pl.coalesce("day", "day_last", "day_only").cast(pl.Int64, strict=False)
    in_month = pl.date(sent_on.dt.year(), months, day.fill_null(28).clip(1, 28))
    ahead = (in_month - sent_on).dt.total_days()
    ahead = pl.when(ahead < -_PAST).then(ahead + _YEAR).otherwise(ahead)
    ahead = pl.when(ahead > _YEAR - _PAST).then(ahead - _YEAR).otherwise(ahead)
    # "By the 16th" is in this month or the next.
    this_month = day - sent_on.dt.day()
    only = pl.when(this_month < 0).then(this_month + 30).otherwise(this_month)
    return pl.when(pl.col("day_only").is_not_null()).then(only).otherwise(ahead)


def _days_to_weekday() -> pl.Expr:
    number = (
        pl.col("weekday")
        .str.to_lowercase()
        .replace_strict(_numbered("date", "weekdays", first=1), default=None, return_dtype=pl.Int64)
    )
    return (number - pl.col("sent_on").dt.weekday()) % 7


@cache
def _numbered(group: str, name: str, first: int) -> dict[str, int]:
    """Word to its number, for lists that count: months, weekdays, numbers."""
    return {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms(group, name, language), first)
    }


@cache
def _pattern() -> str:
    before, until, months, weekdays = (
        any_of(terms("date", name)) for name in ("before", "until", "months", "weekdays")
    )
    article = r"(?:(?:the|de|next|komende|aanstaande|a\.s\.)\s+)?"
    # "In" is for hours to come in English and for hours gone in Dutch, so languages are not mixed.
    spans = "|".join(
        rf"(?:{any_of(terms('date', 'within', language))})\s+(?:{_number()})\s+"
        rf"(?:{any_of(terms('date', 'units', language))})"
        for language in LANGUAGES
    )
    return (
        rf"(?i)(?:(?P<until_date>{until})|(?:{before}))\s+{article}(?:"
        rf"(?P<day>\d{{1,2}})(?:e|ste|de|st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{months})"
        rf"|(?P<month_first>{months})\s+(?P<day_last>\d{{1,2}})\b"
        rf"|(?P<month_only>{months}))"
        rf"|(?P<until_day>{until})\s+{article}(?:(?P<weekday>{weekdays})"
        rf"|(?P<day_only>\d{{1,2}})(?:e|ste|de|st|nd|rd|th)\b)"
        rf"|(?P<span>{spans})"
    )


def _number() -> str:
    return rf"\d{{1,2}}|{any_of(terms('size', 'numbers'))}"
