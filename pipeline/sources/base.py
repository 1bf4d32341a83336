"""What every source shares: records in, typed messages, rejected rows and duplicates out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import orjson
import polars as pl
import pyarrow as pa

from pipeline import registry
from pipeline.errors import SettingsError
from pipeline.records import TIMESTAMP, Window
from pipeline.sources import _page
from pipeline.sources._days import Days, shortened
from pipeline.sources._seen import SeenIds
from pipeline.sources._typed import typed

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

BATCH_ROWS = 20_000
BATCH_BYTES = 16 << 20

FETCHED = pa.schema(
    [
        ("native_id", pa.string()),
        ("reply_to_native_id", pa.string()),
        ("thread_native_id", pa.string()),
        ("author", pa.string()),
        ("author_followers_count", pa.int64()),
        ("is_agent", pa.bool_()),
        ("sent_at", TIMESTAMP),
        ("edited_at", TIMESTAMP),
        ("text", pa.string()),
        ("subject", pa.string()),
        ("language", pa.string()),
        ("url", pa.string()),
        ("rating", pa.float32()),
        ("likes_count", pa.int64()),
        ("shares_count", pa.int64()),
        ("attributes", pa.string()),
        ("origin", pa.string()),
    ]
)
"""A readable message, typed. `native_id`, `sent_at`, `text` and `origin` are never null."""

REJECTED = pa.schema(
    [
        ("rule_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("origin", pa.string()),
        ("raw", pa.string()),
        ("seen_on", pa.date32()),
    ]
)
"""A record that broke a rule; `raw` is its own text, cut at 20,000 characters."""


class Fetched(NamedTuple):
    """One piece of a window: rows in = messages + rejected + duplicates."""

    messages: pa.RecordBatch
    rejected: pa.RecordBatch
    duplicates_count: int


class Source(ABC):
    """One place where customers talk. The docstring of its module is its documentation."""

    channel: ClassVar[str]
    """What kind of place it is, one of `records.CHANNELS`; the settings may say otherwise."""
    takes_mapping: ClassVar[bool] = False
    """True when the settings may say which column of the file is which field."""

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings. Raises SettingsError when they do not suit the type."""
        if settings.mapping and not self.takes_mapping:
            raise SettingsError(
                f"a source of type '{settings.type}' takes no mapping",
                where=f"sources.{settings.name}.mapping",
                mend="remove the mapping, or use the type jsonl, csv or parquet",
            )
        self.settings = settings

    @abstractmethod
    def fetch(self, window: Window, *, not_after: datetime) -> Iterator[Fetched]:
        """Read the messages of a window.

        Args:
            window: Whole UTC days; a message belongs to it when `start <= sent_at < end`.
            not_after: Aware; what claims to be sent later breaks the rule `future_time`.
        """


class FileSource(Source):
    """A source that reads files from first to last in bounded memory."""

    time_format: ClassVar[str | None] = None
    """The platform's own time format (strftime); ISO 8601 is always understood."""

    @abstractmethod
    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file, in its order, as `records.RECORD` batches."""

    def fetch(self, window: Window, *, not_after: datetime) -> Iterator[Fetched]:
        """Read the messages of a window; see `Source.fetch`.

        A rejected record without a readable time belongs to the day of the nearest dated record
        before it, or after it when there is none before; with no dated record at all, to the
        window's first day. So days one by one and one long window give the same rows.
        """
        seen, days = SeenIds(), Days(self.settings.name)
        for frame in self._frames():
            dated = typed(
                frame,
                zone=self.settings.time_zone,
                time_format=self.time_format,
                not_after=not_after,
            )
            for placed in days.place(_with_raw(seen.judge(dated), frame)):
                yield from _inside(placed, window)
        for placed in days.rest(window.start.date()):
            yield from _inside(placed, window)

    def origin(self, path: Path) -> str:
        """Name a file as the tables name it."""
        return self.settings.origin(path)

    def _frames(self) -> Iterator[pl.DataFrame]:
        """Records of all files in frames of a good size: small files come together."""
        held: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in self._batches():
            held.append(batch)
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield from pl.DataFrame(pa.Table.from_batches(held)).iter_slices(BATCH_ROWS)
                held, rows, size = [], 0, 0
        if held:
            yield pl.DataFrame(pa.Table.from_batches(held))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for path in self.settings.files():
            try:
                yield from self.records(path)
            except OSError as error:
                raise SettingsError(
                    f"the file cannot be read ({error.strerror})",
                    where=self.origin(path),
                    mend="give this user the right to read it, or correct the source's path",
                ) from error


def _inside(frame: pl.DataFrame, window: Window) -> Iterator[Fetched]:
    last = window.end.date() - timedelta(days=1)
    frame = frame.filter(pl.col("seen_on").is_between(window.start.date(), last))
    if frame.is_empty():
        return
    kept = frame.filter(pl.col("rule_id").is_null() & ~pl.col("is_duplicate"))
    broken = shortened(frame.filter(pl.col("rule_id").is_not_null()))
    yield Fetched(
        _batch(kept.select(FETCHED.names), FETCHED),
        _batch(broken.select(REJECTED.names), REJECTED),
        int(frame["is_duplicate"].sum()),
    )


def _with_raw(judged: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
    """Readers that keep no raw text: a broken record is shown as JSON of what was read."""
    bare = (judged["rule_id"].is_not_null() & judged["raw"].is_null()).arg_true()
    if bare.is_empty():
        return judged
    fields = shortened(read[bare]).select(name for name in FETCHED.names if name != "origin")
    shown = [
        orjson.dumps({key: value for key, value in row.items() if value is not None}).decode()
        for row in fields.iter_rows(named=True)
    ]
    return judged.with_columns(raw=judged["raw"].scatter(bare, shown))


def _batch(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema)


def source_types() -> dict[str, type[Source]]:
    """All source types by name."""
    return registry.discover("pipeline.sources", "SOURCE")


def create(settings: SourceSettings) -> Source:
    """Make the source that the settings name. Raises SettingsError for an unknown type."""
    where = f"sources.{settings.name}.type"
    return registry.lookup(source_types(), settings.type, kind="source type", where=where)(settings)


def sources_markdown() -> str:
    """The page `docs/sources.md`: one section per type, from the modules' docstrings."""
    return _page.markdown(source_types())
