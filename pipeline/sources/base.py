"""What every source shares: records in, typed messages, rejected rows and duplicates out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl
import pyarrow as pa

from pipeline import registry
from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.sources import _page
from pipeline.sources._days import Days
from pipeline.sources._pieces import FETCHED, REJECTED, Fetched, inside, with_raw
from pipeline.sources._seen import SeenIds
from pipeline.sources._typed import typed

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

__all__ = [
    "FETCHED",
    "REJECTED",
    "Fetched",
    "FileSource",
    "Source",
    "create",
    "source_types",
    "sources_markdown",
]
OWN_SETTINGS = (
    "path",
    "address",
    "query",
    "follow",
    "user",
    "token_env",
    "is_oauth",
    "resource",
    "arguments",
    "mapping",
)
"""Settings that some types of source take and others do not."""
BATCH_ROWS = 20_000
BATCH_BYTES = 16 << 20


class Source(ABC):
    """One place where customers talk. The docstring of its module is its documentation."""

    channel: ClassVar[str]
    """What kind of place it is, one of `records.CHANNELS`; the settings may say otherwise."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Those of `OWN_SETTINGS` that must be given."""
    takes: ClassVar[tuple[str, ...]] = ()
    """Those of `OWN_SETTINGS` that may be given."""
    is_fetched: ClassVar[bool] = False
    """True when reading costs requests to somebody's service."""
    forgets: ClassVar[bool] = False
    """True when the place does not show for ever what it showed: what is gone stays as heard."""
    is_blank: bool = False
    """True after a `fetch` of files that hold not one record, of any day."""
    time_format: ClassVar[str | None] = None
    """The platform's own time format (strftime); ISO 8601 is always understood."""

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings. Raises SettingsError when they do not suit the type."""
        for key in OWN_SETTINGS:
            given, where = getattr(settings, key), f"sources.{settings.name}.{key}"
            if given and key not in (*self.needs, *self.takes):
                raise SettingsError(
                    f"a source of type '{settings.type}' takes no {key}",
                    where=where,
                    mend="remove it, or correct the type; docs/sources.md says what each takes",
                )
            if not given and key in self.needs:
                raise SettingsError(
                    f"a source of type '{settings.type}' needs {key}",
                    where=where,
                    mend="add it; `docs/settings.md` says what it means",
                )
        self.settings = settings

    @abstractmethod
    def fetch(self, window: Window, *, not_after: datetime) -> Iterator[Fetched]:
        """Read the messages of a window.

        Args:
            window: Whole UTC days; a message belongs to it when `start <= sent_at < end`.
            not_after: Aware; what claims to be sent later breaks the rule `future_time`.
        """

    def connect(self, window: Window) -> str:
        """Try whether a service answers, with one small request about a window's first day.

        Returns what came. Sources that are not fetched have nothing to try.
        """
        raise NotImplementedError

    def judged(
        self,
        frames: Iterable[pl.DataFrame],
        window: Window,
        *,
        not_after: datetime,
        undated_on: date | None = None,
        takes_edits: bool = False,
    ) -> Iterator[Fetched]:
        """Type records, find those that came before, and keep what belongs to a window.

        Args:
            frames: Columns of `records.RECORD`, in the order of the origin.
            window: What is kept.
            not_after: See `fetch`.
            undated_on: The day of a rejected record without a readable time. None: the day of
                the nearest dated record before it, or after it when there is none before; with
                no dated record at all, `UNDATED`, which is in every window.
            takes_edits: See `SeenIds`.
        """
        seen, days = SeenIds(takes_edits=takes_edits), Days(self.settings.name)
        for frame in frames:
            dated = typed(
                frame,
                zone=self.settings.time_zone,
                time_format=self.time_format,
                not_after=not_after,
            )
            shown = with_raw(seen.judge(dated), frame)
            if undated_on is not None:
                yield from inside(
                    shown.with_columns(seen_on=pl.col("day").fill_null(undated_on)), window
                )
                continue
            for placed in days.place(shown):
                yield from inside(placed, window)
        for placed in days.rest():
            yield from inside(placed, window)


class FileSource(Source):
    """A source that reads files from first to last in bounded memory."""

    needs = ("path",)

    @abstractmethod
    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file, in its order, as `records.RECORD` batches."""

    def fetch(self, window: Window, *, not_after: datetime) -> Iterator[Fetched]:
        """Read the messages of a window; see `Source.fetch`.

        Days one by one and one long window give the same rows.
        """
        yield from self.judged(self._frames(), window, not_after=not_after)

    def files(self) -> list[Path]:
        """The files to read, in their order. Raises SettingsError when there is none."""
        return self.settings.files()

    def origin(self, path: Path) -> str:
        """Name a file as the tables name it."""
        return self.settings.origin(path)

    def _frames(self) -> Iterator[pl.DataFrame]:
        """Records of all files in frames of a good size: small files come together."""
        held: list[pa.RecordBatch] = []
        rows = size = 0
        self.is_blank = True
        for batch in self._batches():
            self.is_blank = False
            held.append(batch)
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows >= BATCH_ROWS or size >= BATCH_BYTES:
                yield from pl.DataFrame(pa.Table.from_batches(held)).iter_slices(BATCH_ROWS)
                held, rows, size = [], 0, 0
        if held:
            yield pl.DataFrame(pa.Table.from_batches(held))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for path in self.files():
            try:
                yield from self.records(path)
            except OSError as error:
                raise unreadable(self.origin(path), error) from error


def unreadable(origin: str, error: OSError) -> SettingsError:
    """What to say of a file that is there and cannot be read."""
    return SettingsError(
        f"the file cannot be read ({error.strerror})",
        where=origin,
        mend="give this user the right to read it, or correct the source's path",
    )


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
