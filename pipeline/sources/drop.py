"""A drop folder: files that other systems leave, each read once, by what it holds.

Format:    `path` is a pattern such as `drop/*`; the ending says how a file is read: .csv, .jsonl,
           .parquet or .mbox. Hidden files, and those that end as unfinished ones do (.part,
           .partial, .filepart, .crdownload, .download, .tmp), are not ready yet; nor are those of
           which an office program says that they are open (`~$`). What a system or an editor puts
           beside them is passed over: Thumbs.db, ehthumbs.db, desktop.ini and what ends in `~`;
           any other ending stops the source. A file that changes or goes while it is read stops
           it too, to be tried again. An empty folder is no error.
Mapping:   as for the type of the ending.
Once:      a file with the very bytes of an earlier one (by name) is that file again, and passed
           over; of records that come in two files, the first counts.
Late:      a file may go once all its days are heard: what was read stays in the tables, also when
           those days are heard again. So a record that is taken out of a file stays too.
Threading: as for the type of the ending.
Times:     as for the type of the ending. A message belongs to the day it was sent on, whenever
           its file arrives: hear that day again.
Personal:  whatever `author` and `text` hold.
Rejected:  as for the type of the ending.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.errors import RetriableError, SettingsError
from pipeline.sources.base import FileSource, unreadable
from pipeline.sources.csv import Csv
from pipeline.sources.jsonl import JsonLinesSource
from pipeline.sources.mbox import Mbox
from pipeline.sources.parquet import Parquet

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

READERS: dict[str, type[FileSource]] = {
    ".csv": Csv,
    ".jsonl": JsonLinesSource,
    ".parquet": Parquet,
    ".mbox": Mbox,
}
PUT_BESIDE = ("thumbs.db", "ehthumbs.db", "desktop.ini")
"""Files that a system writes into folders by itself, in lower case."""
UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp")


class Drop(FileSource):
    """Files of several kinds in one folder."""

    channel = "ticket"
    takes = ("mapping",)
    forgets = True

    def __init__(self, settings: SourceSettings) -> None:
        """Check the mapping by the type that would judge it."""
        super().__init__(settings)
        JsonLinesSource(settings)
        self._found: dict[Path, tuple[int, ...]] = {}

    def files(self) -> list[Path]:
        """The files that are ready, each with bytes of its own.

        Raises SettingsError when the folder is missing or a file may not be read, RetriableError
        when a file goes.
        """
        first: dict[bytes, Path] = {}
        for path in self.settings.files(may_be_none=True):
            if _is_no_export(path):
                continue
            try:
                self._found[path] = _version(path)
                with path.open("rb") as stream:
                    first.setdefault(hashlib.file_digest(stream, "sha256").digest(), path)
            except FileNotFoundError as error:
                raise self._changed(path) from error
            except OSError as error:
                raise unreadable(self.origin(path), error) from error
        return list(first.values())

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file, as the type of its ending reads it.

        Raises RetriableError when it is not what it was when it was found: half of a record may
        have been read as a whole one.
        """
        try:
            yield from self._read(path)
            is_same = _version(path) == self._found.get(path, _version(path))
        except FileNotFoundError as error:
            raise self._changed(path) from error
        if not is_same:
            raise self._changed(path)

    def _read(self, path: Path) -> Iterator[pa.RecordBatch]:
        kind = READERS.get(path.suffix.lower())
        if kind is None:
            raise SettingsError(
                f"nothing reads a file that ends in '{path.suffix}'",
                where=self.origin(path),
                mend=f"let `path` match only {', '.join(READERS)}",
            )
        settings = self.settings
        if "mapping" not in kind.takes:
            settings = settings.model_copy(update={"mapping": {}})
        yield from kind(settings).records(path)

    def _changed(self, path: Path) -> RetriableError:
        return RetriableError(
            "the file changed or went while it was read",
            where=self.origin(path),
            mend="run again; whoever writes it may let it end in .part until it is whole",
        )


def _is_no_export(path: Path) -> bool:
    """Whether a file is not ready yet, or no file of whoever fills the folder."""
    name = path.name.lower()
    return name.startswith((".", "~$")) or name.endswith((*UNFINISHED, "~")) or name in PUT_BESIDE


def _version(path: Path) -> tuple[int, ...]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


SOURCE = Drop
