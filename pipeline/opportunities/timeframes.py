"""When a person wants to decide: as written, and the last day of it counted from the message's.

A date, a weekday, a number of weeks or a phrase; "by Friday" in a message of Monday is that Friday.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from pipeline.opportunities.dates import dated
from pipeline.opportunities.mentions import mentions
from pipeline.text import any_of, last_days, terms, vague_times

URGENCY = {"soon": 0.75, "later": 0.35}
"""Urgency of a phrase that names no day."""
NOT_SAID = 0.5
_YEAR = r"\s+(?:of\s+|van\s+|in\s+)?(20\d\d)\b"
_JUST_OVER = 150
"""Days since a season within which "this" season is that one, and no longer the next."""
_BY_DAYS = {3: 1.0, 14: 0.85, 60: 0.7, 120: 0.5}
"""Urgency of a day at most so many days ahead."""


def with_timeframe(rows: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Add `timeframe` and `timeframe_on` (null when not said, or no day), and `haste`, 0 to 1.

    A date comes first, then the nearest phrase; what only says the day ("today") counts in the
    deciding sentence alone. A date of the last months is past, which is no time frame.

    Args:
        rows: `message_id`, `text`, its mentions, `sentence`, `sent_at` and `language`.
        zone: time zone in which "tomorrow" is the next day.
    """
    sent_on = pl.col("sent_at").dt.convert_time_zone(zone.key).dt.date()
    rows = rows.with_columns(sent_on=sent_on)
    told = rows.join(dated(rows), on="message_id", how="left", maintain_order="left")
    told = told.join(_phrased(rows), on="message_id", how="left", maintain_order="left")
    day = pl.when(pl.col("dated").is_not_null()).then("dated_on").otherwise("phrased_on")
    ahead = (day - pl.col("sent_on")).dt.total_days()
    haste = pl.lit(URGENCY["later"])
    for days in sorted(_BY_DAYS, reverse=True):
        haste = pl.when(ahead <= days).then(_BY_DAYS[days]).otherwise(haste)
    pressing = pl.when(mentions("timeframe", "urgent")).then(1.0)
    return told.with_columns(
        timeframe=pl.coalesce("dated", "phrased"),
        timeframe_on=day,
        haste=pl.coalesce(
            pl.max_horizontal(pl.when(day.is_not_null()).then(haste), pressing),
            "vague",
            pl.lit(NOT_SAID),
        ),
    ).drop("dated", "dated_on", "phrased", "phrased_on", "vague", "sent_on")


def named_times() -> dict[str, tuple[str, ...]]:
    """The list of phrases that `with_mentions` must look for besides the vocabulary's groups."""
    return {"when.named": (*last_days(), *vague_times())}


def _phrased(rows: pl.DataFrame) -> pl.DataFrame:
    """The nearest time that a phrase names: `phrased`, `phrased_on` and, without a day, `vague`.

    What is over ("since this year", "dit jaar was") is taken with the words that say so, and looked
    up in vain.
    """
    daily = any_of(terms("timeframe", "today"))
    found = (
        rows.filter(mentions("timeframe", "today") | mentions("when", "named"))
        .select(
            "message_id",
            "sent_on",
            phrased=pl.concat_list(
                pl.col("text").str.extract_all(_timed()),
                # "The day after tomorrow" is not tomorrow.
                pl.col("sentence").str.replace_all(_phrases(), " ").str.extract_all(daily),
            ),
        )
        .explode("phrased", empty_as_null=False, keep_nulls=False)
        .with_columns(
            year=pl.col("phrased").str.extract(rf"{_YEAR}$"),
            plain=pl.col("phrased")
            .str.replace(rf"{_YEAR}$", "")
            .str.to_lowercase()
            .str.replace_all(r"\s+", " "),
        )
        .with_columns(
            rule=_looked_up(last_days()),
            vague=_looked_up(vague_times()).replace_strict(
                URGENCY, default=None, return_dtype=pl.Float64
            ),
        )
        .filter(pl.col("rule").is_not_null() | pl.col("vague").is_not_null())
        .with_columns(phrased_on=_last_day())
        .filter((pl.col("phrased_on") >= pl.col("sent_on")).fill_null(value=True))
        .sort("phrased_on", "vague", nulls_last=True, maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
    )
    return found.select("message_id", "phrased", "phrased_on", "vague")


def _looked_up(known: dict[str, str]) -> pl.Expr:
    return pl.col("plain").replace_strict(known, default=None, return_dtype=pl.String)


def _last_day() -> pl.Expr:
    """The day that `rule` means for a message of `sent_on`."""
    sent, rule = pl.col("sent_on"), pl.col("rule")
    kind, number = rule.str.extract(r"^([a-z]+)"), rule.str.extract(r"\+(\d+)$").cast(pl.Int64)
    months = pl.concat_str(number.cast(pl.String), pl.lit("mo"))
    quarter = pl.concat_str((number * 3).cast(pl.String), pl.lit("mo"))
    to_quarter_end = pl.concat_str(((3 - sent.dt.month()) % 3).cast(pl.String), pl.lit("mo"))
    sunday = sent + pl.duration(days=7 - sent.dt.weekday())
    year = pl.coalesce("year", sent.dt.year().cast(pl.String))
    fixed = pl.concat_str(year, pl.lit("-"), rule).str.to_date("%Y-%m-%d", strict=False)
    # "This summer" in autumn is the one that was.
    is_this = pl.col("plain").str.contains(rf"^(?:{any_of(terms('gone', 'this'))})") & (
        (sent - fixed).dt.total_days() <= _JUST_OVER
    )
    return (
        pl.when(kind == "day")
        .then(sent + pl.duration(days=number))
        .when(kind == "friday")
        .then(sent + pl.duration(days=(5 - sent.dt.weekday()) % 7))
        .when(kind == "week")
        .then(sunday + pl.duration(days=7 * number))
        .when(kind == "month")
        .then(sent.dt.month_start().dt.offset_by(months).dt.month_end())
        .when(kind == "within")
        .then(sent.dt.offset_by(months))
        .when(kind == "quarter")
        .then(
            sent.dt.month_start().dt.offset_by(to_quarter_end).dt.offset_by(quarter).dt.month_end()
        )
        .when(kind == "early")
        .then(pl.date(sent.dt.year() + number, 3, 31))
        .when(kind == "year")
        .then(pl.date(sent.dt.year() + number, 12, 31))
        .when(kind == "easter")
        .then(_easter(sent, pl.col("year").cast(pl.Int64), number))
        .when((fixed >= sent) | pl.col("year").is_not_null() | is_this)
        .then(fixed)
        .otherwise(fixed.dt.offset_by("1y"))
    )


def _easter(sent: pl.Expr, year: pl.Expr, days: pl.Expr) -> pl.Expr:
    """So many days after Easter Sunday of a year, or else of the next that is not past."""

    def feast(of: pl.Expr) -> pl.Expr:
        sunday = of.replace_strict(_easters(), default=None, return_dtype=pl.Date)
        return sunday + pl.duration(days=days)

    this, following = (feast(sent.dt.year().cast(pl.Int64) + ahead) for ahead in (0, 1))
    coming = pl.when(this >= sent).then(this).otherwise(following)
    return pl.when(year.is_null()).then(coming).otherwise(feast(year))


@cache
def _easters() -> dict[int, date]:
    """Year to its Easter Sunday, for all years that messages may be of."""
    import holidays

    known = holidays.country_holidays("NL", years=range(1971, 2102), language="en_US")
    return {one.year: one for one in known.get_named("Easter Sunday")}


@cache
def _timed() -> str:
    """A pattern of a phrase with its year, and with what says that its time is over."""
    before, behind = (any_of(terms("gone", name)) for name in ("before", "behind"))
    return rf"(?:(?:{before})\s+)?(?:{_phrases()})(?:{_YEAR})?(?:\s+(?:{behind}))?"


@cache
def _phrases() -> str:
    daily = set(terms("timeframe", "today"))
    return any_of(one for one in (*last_days(), *vague_times()) if one not in daily)
