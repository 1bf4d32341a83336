"""Which hours were listened to, source by source: silence and not listening are not the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow.compute as pc

from pipeline.alerts.baseline import Flags
from pipeline.records import DAY
from pipeline.stages._horizon import horizon
from pipeline.storage import Lake

HOUR = timedelta(hours=1)
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
    """Find the hours that were listened to: the windows of `listen`, and days with messages.

    What has expired is not looked at any more: it would be silence.
    Of the last day only the hours until its last message count when it has one: it may have been
    listened to before it was over.
    """
    kept = datetime.combine(horizon(lake), time(), UTC)
    every = (*_runs(lake), *_days(lake))
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


def _runs(lake: Lake) -> Iterator[Span]:
    names = ["source", "window_start", "window_end"]
    for row in lake.read("runs", names, pc.field("stage") == "listen").to_pylist():
        yield row["source"], row["window_start"], row["window_end"]


def _days(lake: Lake) -> Iterator[Span]:
    for partition in lake.partitions("messages"):
        start = datetime.fromisoformat(partition["sent_on"]).replace(tzinfo=UTC)
        yield partition["source"], start, start + DAY


def _last_message(lake: Lake) -> datetime | None:
    days = [one["sent_on"] for one in lake.partitions("messages")]
    if not days:
        return None
    on_last = pc.field("sent_on") == date.fromisoformat(max(days))
    last: datetime = pc.max(lake.read("messages", ["sent_at"], on_last)["sent_at"]).as_py()
    return last
