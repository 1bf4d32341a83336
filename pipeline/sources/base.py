"""What every source shares: records in, typed messages, rejected rows and duplicates out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import orjson
import polars as pl
import pyarrow as pa

from pipeline import registry
from pipeline.errors import FatalError, SettingsError
from pipeline.records import RECORD, TIMESTAMP, Window
from pipeline.sources._seen import SeenIds
from pipeline.sources._typed import typed

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

BATCH_ROWS = 20_000
LONGEST_RAW = 20_000
MOST_UNDATED = 100_000

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
        seen, days = SeenIds(), _Days(self.settings.name)
        for frame in self._frames():
            dated = typed(
                frame,
                zone=self.settings.time_zone,
                time_format=self.time_format,
                not_after=not_after,
            )
            for placed in days.place(seen.judge(dated)):
                yield from _inside(placed, window)
        for placed in days.rest(window.start.date()):
            yield from _inside(placed, window)

    def origin(self, path: Path) -> str:
        """Name a file as the tables name it."""
        return self.settings.origin(path)

    def _frames(self) -> Iterator[pl.DataFrame]:
        for path in self.settings.files():
            try:
                for batch in self.records(path):
                    for start in range(0, batch.num_rows, BATCH_ROWS):
                        # polars types from_arrow as a frame or a series; a batch makes a frame.
                        yield pl.DataFrame(batch.slice(start, BATCH_ROWS))
            except OSError as error:
                raise SettingsError(
                    f"the file cannot be read ({error.strerror})",
                    where=self.origin(path),
                    mend="give this user the right to read it, or correct the source's path",
                ) from error


class _Days:
    """Gives every rejected record without a readable time a day."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last: date | None = None
        self._waiting: list[pl.DataFrame] = []

    def place(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield frames with `seen_on`; those before the first dated record come when it comes."""
        last = pl.lit(self._last, dtype=pl.Date)
        frame = frame.with_columns(seen_on=pl.col("day").forward_fill().fill_null(last))
        undated = frame["seen_on"].null_count()
        if undated:
            self._wait(_shortened(frame.head(undated)))
            frame = frame.slice(undated)
        if frame.is_empty():
            return
        yield from self.rest(frame["seen_on"][0])
        self._last = frame["seen_on"][-1]
        yield frame

    def rest(self, day: date) -> Iterator[pl.DataFrame]:
        """Yield what still waits, placed on `day`."""
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            yield frame.with_columns(seen_on=pl.lit(day))

    def _wait(self, frame: pl.DataFrame) -> None:
        self._waiting.append(frame)
        if sum(map(len, self._waiting)) > MOST_UNDATED:
            raise FatalError(
                f"none of the first {MOST_UNDATED:,} records has a readable time",
                where=f"sources.{self._name}: {frame['origin'][0]}",
                mend="correct the source's type, its mapping of `sent_at` or its `time_zone`",
            )


def _inside(frame: pl.DataFrame, window: Window) -> Iterator[Fetched]:
    last = window.end.date() - timedelta(days=1)
    frame = frame.filter(pl.col("seen_on").is_between(window.start.date(), last))
    if frame.is_empty():
        return
    kept = frame.filter(pl.col("rule_id").is_null() & ~pl.col("is_duplicate"))
    broken = _with_raw(_shortened(frame.filter(pl.col("rule_id").is_not_null())))
    yield Fetched(
        _batch(kept.select(FETCHED.names), FETCHED),
        _batch(broken.select(REJECTED.names), REJECTED),
        int(frame["is_duplicate"].sum()),
    )


def _shortened(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("raw").str.strip_chars_end("\r\n").str.slice(0, LONGEST_RAW),
        pl.col("text").str.slice(0, LONGEST_RAW),
    )


def _with_raw(frame: pl.DataFrame) -> pl.DataFrame:
    """Readers that keep no raw text: the record is shown as JSON of what was read."""
    if not frame["raw"].null_count():
        return frame
    fields = [name for name in FETCHED.names if name != "origin"]
    shown = [
        orjson.dumps({key: value for key, value in row.items() if value is not None}).decode()
        for row in frame.select(fields).iter_rows(named=True)
    ]
    return frame.with_columns(
        raw=pl.coalesce("raw", pl.Series(shown, dtype=pl.String).str.slice(0, LONGEST_RAW))
    )


def _batch(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema)


class Columns(NamedTuple):
    """Columns of `records.RECORD` on their way into a batch."""

    values: Mapping[str, Any]
    count: int

    @classmethod
    def of_rows(cls, rows: list[Mapping[str, Any]]) -> Self:
        """Turn rows into columns."""
        names = {name for row in rows for name in row}
        return cls({name: [row.get(name) for row in rows] for name in names}, len(rows))

    def batch(self) -> pa.RecordBatch:
        """Make the batch; a column that is not given is null."""
        arrays = [
            _array(self.values[field.name], field.type)
            if field.name in self.values
            else pa.nulls(self.count, field.type)
            for field in RECORD
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=RECORD)


def _array(values: Any, kind: pa.DataType) -> pa.Array:  # noqa: ANN401 - lists and Arrow arrays
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)


def in_batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """Gather rows (field name to value, `records.RECORD`) into batches of bounded size."""
    every = iter(rows)
    while some := list(islice(every, BATCH_ROWS // 4)):
        yield Columns.of_rows(some).batch()


def source_types() -> dict[str, type[Source]]:
    """All source types by name."""
    return registry.discover("pipeline.sources", "SOURCE")


def create(settings: SourceSettings) -> Source:
    """Make the source that the settings name. Raises SettingsError for an unknown type."""
    where = f"sources.{settings.name}.type"
    return registry.lookup(source_types(), settings.type, kind="source type", where=where)(settings)


def sources_markdown() -> str:
    """The page `docs/sources.md`: one section per type, from the modules' docstrings."""
    raise NotImplementedError
