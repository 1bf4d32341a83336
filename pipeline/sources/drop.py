"""A drop folder: files that other systems leave, each read once, by what it holds.

Format:    `path` is a pattern such as `drop/*`; the ending says how a file is read: .csv, .jsonl,
           .parquet or .mbox. Hidden files, and those that end as unfinished ones do (.part,
           .partial, .filepart, .crdownload, .download, .tmp), are not ready yet. An empty folder is
           no error.
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

from pipeline.errors import SettingsError
from pipeline.sources.base import FileSource
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

    def files(self) -> list[Path]:
        """The files that are ready, each with bytes of its own.

        Raises SettingsError when the folder is missing.
        """
        first: dict[bytes, Path] = {}
        for path in self.settings.files(may_be_none=True):
            if not path.name.startswith(".") and path.suffix.lower() not in UNFINISHED:
                with path.open("rb") as stream:
                    first.setdefault(hashlib.file_digest(stream, "sha256").digest(), path)
        return list(first.values())

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file, as the type of its ending reads it."""
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


SOURCE = Drop
