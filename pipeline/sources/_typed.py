"""The platform's strings become times and numbers, or a named rule that they break.

Whole columns at a time. A row gets the first rule that it breaks; nothing is repaired.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import polars as pl

from pipeline.looks import is_seen

LONGEST_TEXT = 100_000
LONGEST_VALUE = 200
COUNTS = ("author_followers_count", "likes_count", "shares_count")
UTC_TIME = pl.Datetime("us", "UTC")
# Exports write "no date" as 0001-01-01 or as second zero; no message is that old.
EARLIEST_YEAR = 1971

_ISO = (
    r"^(?<day>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](?<clock>\d{2}:\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?"
    r" ?(?<zone>[Zz]|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?$"
)
_EPOCH = r"^\d{9,10}(?:\.\d{1,6})?$"
_EPOCH_MILLIS = r"^\d{12,13}$"


class Times(NamedTuple):
    """Times read from text. `at` is null where unreadable, `is_naive` where the zone is missing."""

    at: pl.Series
    is_naive: pl.Series


def times(values: pl.Series, zone: str | None = None, time_format: str | None = None) -> Times:
    """Read a column of times.

    ISO 8601 (`T` or space, fraction, `Z` or offset) and epoch seconds or milliseconds. A time
    without a zone, or a bare date (its midnight), is read in `zone`; an hour that occurs twice
    is its first, an hour that is skipped is unreadable.

    Args:
        values: Strings; null stays null.
        zone: IANA zone of naive times; None leaves them unread and flags them.
        time_format: The platform's own format (strftime, with `%z`), tried first.
    """
    text = values.str.strip_chars()
    if time_format is None:
        return _iso(text, zone)
    own = text.str.to_datetime(time_format, strict=False, time_unit="us").cast(UTC_TIME)
    if own.null_count() == text.null_count():
        return Times(_plausible(own), pl.repeat(False, len(own), eager=True))
    others = _iso(text, zone)
    return Times(_plausible(own).zip_with(own.is_not_null(), others.at), others.is_naive)


def _iso(text: pl.Series, zone: str | None) -> Times:
    parts = text.str.extract_groups(_ISO).struct.unnest().lazy()
    local = (
        (
            pl.col("day")
            + pl.lit("T")
            + pl.col("clock").fill_null("00:00")
            + pl.lit(":")
            + pl.col("second").fill_null("00")
        ).str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
        + pl.duration(
            microseconds=pl.col("fraction").str.slice(0, 6).str.pad_end(6, "0").cast(pl.Int64),
            time_unit="us",
        ).fill_null(pl.duration(microseconds=0, time_unit="us"))
    ).alias("local")
    digits = pl.col("zone").str.replace_all(":", "", literal=True)
    minutes = (
        digits.str.slice(1, 2).cast(pl.Int64, strict=False) * 60
        + digits.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    ).fill_null(0)
    offset = pl.when(digits.str.starts_with("-")).then(-minutes).otherwise(minutes)
    shifted = pl.col("local") - pl.duration(minutes=offset, time_unit="us")
    at = shifted.dt.replace_time_zone("UTC")
    naive = pl.col("local").is_not_null() & pl.col("zone").is_null()
    frame = parts.with_columns(local).select(at=at, naive=naive, local=pl.col("local")).collect()
    if frame["naive"].any():
        frame = frame.with_columns(at=pl.when("naive").then(_in_zone(zone)).otherwise("at"))
    read, naive_rows = frame["at"], frame["naive"]
    if read.null_count() > text.null_count() + int(naive_rows.sum()):
        read = read.zip_with(read.is_not_null() | naive_rows, _epoch(text))
    unread = naive_rows if zone is None else pl.repeat(False, len(text), eager=True)
    return Times(_plausible(read), unread)


def _in_zone(zone: str | None) -> pl.Expr:
    if zone is None:
        return pl.lit(None, dtype=UTC_TIME)
    local = pl.col("local").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _epoch(text: pl.Series) -> pl.Series:
    digits = pl.col("text")
    seconds = pl.when(digits.str.contains(_EPOCH)).then(digits.cast(pl.Float64, strict=False))
    millis = pl.when(digits.str.contains(_EPOCH_MILLIS)).then(digits.cast(pl.Int64, strict=False))
    micros = pl.coalesce((seconds * 1e6).round().cast(pl.Int64), millis * 1000)
    return text.alias("text").to_frame().select(at=micros.cast(UTC_TIME))["at"]


def _plausible(at: pl.Series) -> pl.Series:
    return at.set(at.dt.year() < EARLIEST_YEAR, None)


def typed(
    frame: pl.DataFrame, *, zone: str | None, time_format: str | None, not_after: datetime
) -> pl.DataFrame:
    """Type the columns of records and name the first rule that each row breaks.

    Args:
        frame: Columns of `records.RECORD`.
        zone: IANA zone of times written without one.
        time_format: The platform's own time format, if it has one.
        not_after: A message sent later than this cannot have been; aware.

    Returns:
        The frame with times in UTC, numbers, blanks as null (except in `text`), `rule_id`,
        `column`, `value` set on every row that breaks a rule, and `day` (date): the day it was
        sent, null when that is unreadable or in the future.
    """
    read = _read(_blanks_to_null(frame), zone, time_format, not_after)
    own_rule = pl.col("rule_id").is_not_null()
    broken = pl.col("_broken")
    return read.with_columns(
        rule_id=pl.coalesce("rule_id", broken.struct.field("rule_id")),
        column=pl.when(own_rule).then("column").otherwise(broken.struct.field("column")),
        value=pl.when(own_rule)
        .then("value")
        .otherwise(broken.struct.field("value"))
        .str.slice(0, LONGEST_VALUE),
        sent_at="_sent",
        edited_at="_edited",
        closed_at="_closed",
        rating="_rating",
        **{name: pl.col(f"_{name}") for name in COUNTS},
    ).select(*frame.columns, "day")


def _read(
    frame: pl.DataFrame, zone: str | None, time_format: str | None, not_after: datetime
) -> pl.DataFrame:
    """The values beside their text, as `_<name>`; `_broken` is the first rule that breaks."""
    sent = times(frame["sent_at"], zone, time_format)
    edited = times(frame["edited_at"], zone, time_format)
    closed = times(frame["closed_at"], zone, time_format)
    counts = [_count(name) for name in COUNTS]
    rating = pl.col("rating").str.strip_chars().cast(pl.Float64, strict=False)
    is_rating = rating.is_finite() & (rating >= 0)
    read = frame.with_columns(
        *counts,
        _sent=sent.at,
        _edited=edited.at,
        _closed=closed.at,
        _rating=pl.when(is_rating).then(rating).cast(pl.Float32),
        _naive=sent.is_naive,
        _naive_edited=edited.is_naive,
        _naive_closed=closed.is_naive,
    ).with_columns(_is_future=(pl.col("_sent") > not_after).fill_null(False))
    return read.with_columns(
        _broken=pl.coalesce(*_rules()), day=pl.when(~pl.col("_is_future")).then("_sent").dt.date()
    )


def _blanks_to_null(frame: pl.DataFrame) -> pl.DataFrame:
    keep = {"text", "raw", "value", "is_agent"}
    names = [name for name in frame.columns if name not in keep]
    used = [name for name in names if frame[name].null_count() < len(frame)]
    return frame.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "").then(name).alias(name) for name in used
    )


def _count(name: str) -> pl.Expr:
    """Whole numbers; `12.0` is what exports with gaps write for 12."""
    text = pl.col(name).str.strip_chars()
    number = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    return pl.when(text.str.contains(r"^\d+(?:\.0+)?$")).then(number).alias(f"_{name}")


def _rules() -> list[pl.Expr]:
    """The rules in the order in which they are judged."""
    text = pl.col("text")
    unread = pl.col("_sent").is_null()
    length = text.str.len_chars()
    return [
        _rule(pl.col("native_id").is_null(), "missing_id", "native_id", None),
        _rule(pl.col("sent_at").is_null(), "missing_time", "sent_at", None),
        _rule(pl.col("_naive"), "naive_time", "sent_at", pl.col("sent_at")),
        _rule(unread, "unreadable_time", "sent_at", pl.col("sent_at")),
        _rule(pl.col("_is_future"), "future_time", "sent_at", pl.col("sent_at")),
        _rule(text.is_null() | is_seen(text).not_(), "empty_text", "text", None),
        _rule(length > LONGEST_TEXT, "text_too_long", "text", length.cast(pl.String)),
        *(one for name in ("edited", "closed") for one in _time_rules(name)),
        *(
            _rule(
                pl.col(f"_{name}").is_null() & pl.col(name).is_not_null(),
                "unreadable_number",
                name,
                pl.col(name),
            )
            for name in ("rating", *COUNTS)
        ),
    ]


def _time_rules(name: str) -> list[pl.Expr]:
    """The rules of a time that a message may lack."""
    text, at = pl.col(f"{name}_at"), pl.col(f"_{name}")
    return [
        _rule(pl.col(f"_naive_{name}"), "naive_time", f"{name}_at", text),
        _rule(at.is_null() & text.is_not_null(), "unreadable_time", f"{name}_at", text),
    ]


def _rule(broken: pl.Expr, rule_id: str, column: str, value: pl.Expr | None) -> pl.Expr:
    shown = pl.lit(None, dtype=pl.String) if value is None else value
    return pl.when(broken).then(
        pl.struct(rule_id=pl.lit(rule_id), column=pl.lit(column), value=shown)
    )
