"""Which hours were listened to, source by source: silence and not listening are not the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts.baseline import Flags
from pipeline.contracts import check, contract
from pipeline.records import DAY, HOUR, Window, midnight
from pipeline.stages._horizon import horizon
from pipeline.storage import Lake

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


Span = tuple[str, datetime, datetime]
"""A source, and from when until when it was listened to."""


@dataclass(frozen=True)
class Heard:
    """The hours from `first` to `until` (midnights UTC); `by_source` is (hours, sources)."""

    first: datetime
    until: datetime
    sources: tuple[str, ...]
    by_source: Flags

    @property
    def by_any(self) -> Flags:
        """Whether any source was listened to, by hour."""
        heard: Flags = np.logical_or.reduce(self.by_source, axis=1)
        return heard


def heard(lake: Lake) -> Heard:
    """Find the hours that were listened to: the days of `source_days`, and those with messages.

    What has expired is not looked at any more: it would be silence.
    Of the last day only the hours until its last message count when it has one: it may have been
    listened to before it was over.
    """
    kept = midnight(horizon(lake))
    every = (*_whole_days(lake), *_days(lake))
    spans = [(name, max(start, kept), end) for name, start, end in every if end > kept]
    first = min((start for _, start, _ in spans), default=NEVER)
    until = max((end for _, _, end in spans), default=NEVER)
    sources = tuple(sorted({source for source, _, _ in spans}))
    found = np.zeros(((until - first) // HOUR, len(sources)), np.bool_)
    for source, start, end in spans:
        found[(start - first) // HOUR : (end - first) // HOUR, sources.index(source)] = True
    last = _last_message(lake)
    if last is not None and until - last <= DAY:
        found[(last - first) // HOUR + 1 :] = False
    return Heard(first, until, sources, found)


def last_day(lake: Lake) -> date | None:
    """The last day listened to, "today" for all that looks at the lake; None before the first."""
    known = heard(lake)
    return (known.until - DAY).date() if known.sources else None


def remember(lake: Lake, source: str, window: Window, now: datetime) -> None:
    """Add the days of a window that were over at `now` to the table `source_days`.

    What was listened to once stays so: a shorter window takes none of it away.
    """
    partition = {"source": source}
    held = lake.read_partition("source_days", partition)["heard_on"].to_pylist()
    over = [day for day in window.days() if midnight(day) + DAY <= now]
    days = sorted({*held, *over})
    rows = pa.table(
        [pa.array([source] * len(days), pa.string()), pa.array(days, pa.date32())],
        schema=contract("source_days").full_schema,
    )
    lake.write("source_days", partition, check(rows, "source_days", where=source).good)


def _whole_days(lake: Lake) -> Iterator[Span]:
    for row in lake.read("source_days").to_pylist():
        yield row["source"], midnight(row["heard_on"]), midnight(row["heard_on"]) + DAY


def _days(lake: Lake) -> Iterator[Span]:
    for partition in lake.partitions("messages"):
        start = midnight(date.fromisoformat(partition["sent_on"]))
        yield partition["source"], start, start + DAY


def _last_message(lake: Lake) -> datetime | None:
    days = lake.days("messages")
    if not days:
        return None
    on_last = pc.field("sent_on") == days[-1]
    last: datetime = pc.max(lake.read("messages", ["sent_at"], on_last)["sent_at"]).as_py()
    return last
