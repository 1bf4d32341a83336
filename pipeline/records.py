"""The shapes that pass between rooms: windows of time and record batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa

from pipeline.errors import SettingsError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEARS = range(1971, 2101)
"""The years that a window can be about."""
UNDATED = date(1970, 1, 1)
"""The day of records of a source that says of none when it was sent: the same in any window."""
ALL = "all"
"""The source of rows that are about all sources, or the department about all departments."""
TIMESTAMP = pa.timestamp("us", tz="UTC")

CHANNELS = (
    "microblog",
    "social_network",
    "forum",
    "review",
    "blog",
    "news",
    "question_and_answer",
    "chat",
    "email",
    "ticket",
    "call_transcript",
)

RECORD = pa.schema(
    [
        # One row per record of a source, readable or not, in the order of the origin.
        ("native_id", pa.string()),
        ("reply_to_native_id", pa.string()),
        ("thread_native_id", pa.string()),
        ("author", pa.string()),
        ("author_followers_count", pa.string()),
        ("is_agent", pa.bool_()),
        ("sent_at", pa.string()),
        ("edited_at", pa.string()),
        ("closed_at", pa.string()),
        ("text", pa.string()),
        ("subject", pa.string()),
        ("language", pa.string()),
        ("url", pa.string()),
        ("rating", pa.string()),
        ("likes_count", pa.string()),
        ("shares_count", pa.string()),
        ("attributes", pa.string()),
        ("origin", pa.string()),
        # Set when the record cannot be read: the rule it breaks, where, and the record itself.
        ("rule_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("raw", pa.string()),
    ]
)
"""What a source yields. Values are the platform's own strings; typing them is `sources.base`'s."""


@dataclass(frozen=True, order=True)
class Window:
    """A half-open interval of whole UTC days, `[start, end)`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse anything but whole UTC days."""
        for at in (self.start, self.end):
            if at.utcoffset() != timedelta(0) or at != datetime(
                at.year, at.month, at.day, tzinfo=UTC
            ):
                raise SettingsError(
                    f"the window bound {at.isoformat()} is not midnight UTC",
                    mend="give whole days, such as 2026-11-02",
                )
        if self.start >= self.end:
            last = self.end - DAY
            raise SettingsError(
                f"the window ends ({last:%Y-%m-%d}) before it starts ({self.start:%Y-%m-%d})",
                mend="give a first day and a last day in that order",
            )

    @classmethod
    def of_days(cls, first: date | str, last: date | str | None = None) -> Window:
        """Make the window of the days `first` to `last`, both included.

        Raises SettingsError for text that is not a date (YYYY-MM-DD), and for years out of `YEARS`.
        """
        start = _begin(first)
        return cls(start, (start if last is None else _begin(last)) + DAY)

    def refuse_ahead(self, now: datetime) -> None:
        """Raise SettingsError when it begins after `now` (aware): nobody has said anything yet."""
        if self.start > now:
            raise SettingsError(
                f"the window {self} is yet to come",
                mend=f"give days up to {now.astimezone(UTC):%Y-%m-%d}",
            )

    def reaching_back(self, days: int) -> Window:
        """Return the window that begins so many days earlier."""
        return Window(self.start - days * DAY, self.end)

    def days(self) -> Iterator[date]:
        """Yield each day of the window, oldest first."""
        at = self.start
        while at < self.end:
            yield at.date()
            at += DAY

    def __str__(self) -> str:
        """Print the first and last day."""
        return f"{self.start:%Y-%m-%d}..{self.end - DAY:%Y-%m-%d}"


ALWAYS = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(YEARS.stop, 1, 1, tzinfo=UTC))
"""All days, `UNDATED` included."""


def with_column(rows: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Put other values into a column, whose place and type stay."""
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.schema.field(at), values)


def midnight(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime.combine(day, time(), UTC)


def _begin(day: date | str) -> datetime:
    try:
        parsed = date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError as error:
        raise SettingsError(
            f"'{day}' is not a date", mend="write dates as 2026-11-02 (year-month-day)"
        ) from error
    if parsed.year not in YEARS:
        raise SettingsError(
            f"the year of {parsed} is out of reach",
            mend=f"give days from {YEARS[0]} to {YEARS[-1]}",
        )
    return midnight(parsed)
