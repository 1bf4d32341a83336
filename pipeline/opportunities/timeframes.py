"""When a person wants to decide: as written, and the last day of it counted from the message's.

A date, a weekday, a number of weeks or a phrase; "by Friday" in a message of Monday is that Friday.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

from pipeline.opportunities.mentions import mentions
from pipeline.text import LANGUAGES, any_of, last_days, terms, vague_times

URGENCY = {"soon": 0.75, "later": 0.35}
"""Urgency of a phrase that names no day."""
NOT_SAID = 0.5
_BY_DAYS = {3: 1.0, 14: 0.85, 60: 0.7, 120: 0.5}
"""Urgency of a day at most so many days ahead."""
_YEAR, _PAST = 365, 120
"""Days of a year, and how long ago a date without a year may be before it means the next one."""
_BEGIN, _MIDDLE = 10, 15
"""Days of the month that are meant by its beginning and its middle."""


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
    told = rows.join(_dated(rows), on="message_id", how="left", maintain_order="left")
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
    """The nearest time that a phrase names: `phrased`, `phrased_on` and, without a day, `vague`."""
    daily = any_of(terms("timeframe", "today"))
    found = (
        rows.filter(mentions("timeframe", "today") | mentions("when", "named"))
        .select(
            "message_id",
            "sent_on",
            phrased=pl.concat_list(
                pl.col("text").str.extract_all(_phrases()),
                pl.col("sentence").str.extract_all(daily),
            ),
        )
        .explode("phrased", empty_as_null=False, keep_nulls=False)
        .with_columns(plain=pl.col("phrased").str.to_lowercase().str.replace_all(r"\s+", " "))
        .with_columns(
            rule=_looked_up(last_days()),
            vague=_looked_up(vague_times()).replace_strict(
                URGENCY, default=None, return_dtype=pl.Float64
            ),
        )
        .with_columns(phrased_on=_last_day())
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
    fixed = pl.concat_str(sent.dt.year().cast(pl.String), pl.lit("-"), rule).str.to_date(
        "%Y-%m-%d", strict=False
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
        .when(kind == "year")
        .then(pl.date(sent.dt.year() + number, 12, 31))
        .when(fixed >= sent)
        .then(fixed)
        .otherwise(fixed.dt.offset_by("1y"))
    )


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """The coming day that each text names, as written and as a date: a last day first."""
    names = [mentions("date", name) for name in ("months", "weekdays", "units")]
    by_number = pl.col("text").str.contains(r"\d(?:e|ste|de|st|nd|rd|th)\b")
    found = (
        rows.filter(pl.any_horizontal(*names, by_number))
        .select("message_id", "sent_on", dated=pl.col("text").str.extract_all(_pattern()))
        .explode("dated", empty_as_null=False, keep_nulls=False)
        .with_columns(pl.col("dated").str.extract_groups(_pattern()).alias("groups"))
        .unnest("groups")
        .with_columns(
            dated_on=pl.coalesce(
                pl.col("sent_on") + pl.duration(days=pl.coalesce(_days_of_span(), _to_weekday())),
                _date(),
                _day_of_month(),
            )
        )
        .filter(pl.col("dated_on") >= pl.col("sent_on"))
        # "Before the 20th" is when to decide, "in January" rather when to use it.
        .sort(pl.coalesce("until_date", "until_day").is_null(), "dated_on", maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
    )
    return found.select("message_id", pl.col("dated").str.strip_chars(), "dated_on")


def _days_of_span() -> pl.Expr:
    number = pl.col("span").str.to_lowercase().str.extract(rf"\s({_number()})\s")
    count = pl.coalesce(
        number.cast(pl.Int64, strict=False),
        number.replace_strict(
            _numbered("size", "numbers", first=2), default=None, return_dtype=pl.Int64
        ),
    )
    unit = pl.col("span").str.to_lowercase().str.extract(r"\s(\p{L})\p{L}*['’]?(?:\s+time)?$")
    days = {"d": 1, "w": 7, "m": 30}
    return count * unit.replace_strict(days, default=None, return_dtype=pl.Int64)


def _date() -> pl.Expr:
    """The day of a month that is named: the next one, unless a year is."""
    name = pl.coalesce("month", "month_first", "month_only").str.to_lowercase()
    month = name.replace_strict(
        _numbered("date", "months", first=1), default=None, return_dtype=pl.Int64
    )
    sent_on, year = pl.col("sent_on"), pl.col("year").cast(pl.Int64, strict=False)
    day = pl.coalesce("day", "day_last").cast(pl.Int64, strict=False)
    said = pl.col("dated")
    within = (
        pl.when(said.str.contains(any_of(terms("date", "begin"))))
        .then(_BEGIN)
        .when(said.str.contains(any_of(terms("date", "middle"))))
        .then(_MIDDLE)
    )
    first = pl.date(year.fill_null(sent_on.dt.year()), month, 1)
    last = first.dt.month_end()
    meant = pl.date(
        first.dt.year(), month, pl.min_horizontal(pl.coalesce(day, within, 31), last.dt.day())
    )
    ahead = (meant - sent_on).dt.total_days()
    return (
        pl.when(year.is_null() & (ahead < -_PAST))
        .then(meant.dt.offset_by("1y"))
        .when(year.is_null() & (ahead > _YEAR - _PAST))
        .then(meant.dt.offset_by("-1y"))
        .otherwise(meant)
    )


def _day_of_month() -> pl.Expr:
    """The day that only a number names, "by the 16th": in this month or the next."""
    sent_on, day = pl.col("sent_on"), pl.col("day_only").cast(pl.Int64, strict=False)
    first = sent_on.dt.month_start()
    first = pl.when(day < sent_on.dt.day()).then(first.dt.offset_by("1mo")).otherwise(first)
    return first + pl.duration(days=pl.when(day.is_between(1, 31)).then(day - 1))


def _to_weekday() -> pl.Expr:
    number = (
        pl.col("weekday")
        .str.to_lowercase()
        .replace_strict(_numbered("date", "weekdays", first=1), default=None, return_dtype=pl.Int64)
    )
    ahead = (number - pl.col("sent_on").dt.weekday()) % 7
    is_next = pl.col("dated").str.contains(any_of(terms("date", "next")))
    return pl.when(is_next & (ahead == 0)).then(7).otherwise(ahead)


@cache
def _numbered(group: str, name: str, first: int) -> dict[str, int]:
    """Word to its number, for lists that count: months, weekdays, numbers."""
    return {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms(group, name, language), first)
    }


@cache
def _phrases() -> str:
    daily = set(terms("timeframe", "today"))
    return any_of(one for one in (*last_days(), *vague_times()) if one not in daily)


@cache
def _pattern() -> str:
    before, until, months, weekdays, following = (
        any_of(terms("date", name)) for name in ("before", "until", "months", "weekdays", "next")
    )
    article = rf"(?:(?:the|de|this|deze|{following})\s+)?"
    # "In" is for hours to come in English and for hours gone in Dutch, so languages are not mixed.
    spans = "|".join(
        rf"(?:{any_of(terms('date', 'within', language))})\s+(?:{_number()})\s+"
        rf"(?:{any_of(terms('date', 'units', language))})(?:['’]\s+time)?"
        for language in LANGUAGES
    )
    ordinal = r"(?:e|ste|de|st|nd|rd|th)"
    return (
        rf"(?i)(?P<span>{spans})"
        rf"|(?:(?:(?P<until_date>{until})|(?:{before}))\s+)?{article}(?:{weekdays}\s+)?"
        rf"\b(?P<day>\d{{1,2}}){ordinal}?\s+(?:of\s+)?(?P<month>{months})(?:\s+(?P<year>20\d\d)\b)?"
        rf"|(?:{until}|{before})\s+{article}"
        rf"(?:(?P<month_first>{months})\s+(?P<day_last>\d{{1,2}})\b|(?P<month_only>{months}))"
        rf"|(?P<until_day>{until})\s+{article}(?:(?P<weekday>{weekdays})"
        rf"|(?P<day_only>\d{{1,2}}){ordinal}\b)"
    )


def _number() -> str:
    return rf"\d{{1,2}}|{any_of(terms('size', 'numbers'))}"
