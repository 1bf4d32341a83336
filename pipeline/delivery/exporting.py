"""Export: bring the exports in line with the published tables, through a ledger.

The ledger holds the digest of every partition that was exported. Whatever differs from it is
exported, so it does not matter which events told us, how many, or whether one was missed. It is
replaced after each partition: a killed run repeats at most one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.engagement._cells import FORMAT
from pipeline.engagement.base import READING_ORDER, in_reading_columns, in_reading_order
from pipeline.engagement.csv import to_csv
from pipeline.engagement.xlsx import to_xlsx
from pipeline.settings import Settings
from pipeline.storage import Lake, replace_file

TABLES = tuple(READING_ORDER)
SUFFIXES = (".csv", ".xlsx")


@dataclass(frozen=True)
class Exported:
    """One partition whose files were written or removed."""

    table: str
    day: str
    action: Literal["exported", "removed"]
    rows_count: int
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Ledger:
    """Digest of each exported partition, by `<table>/<day>`, kept in one JSON file.

    `form` changes when the same rows give other files.
    """

    path: Path
    form: str
    digests: dict[str, str]

    @classmethod
    def open(cls, folder: Path, form: str) -> Ledger:
        """Read the ledger. One that is missing, damaged or of another form: start over."""
        path = folder / "ledger.json"
        try:
            held = json.loads(path.read_bytes())
            if held["format"] == form:
                return cls(
                    path, form, {str(key): str(digest) for key, digest in held["digests"].items()}
                )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # exporting again is safe: the same rows give the same bytes
        return cls(path, form, {})

    def note(self, key: str, digest: str | None) -> None:
        """Set the digest of a partition, or strike it out, and replace the file."""
        if digest is None:
            self.digests.pop(key, None)
        else:
            self.digests[key] = digest
        held = {"format": self.form, "digests": dict(sorted(self.digests.items()))}
        replace_file(self.path, [json.dumps(held, indent=1).encode(), b"\n"])


def export(settings: Settings) -> list[Exported]:
    """Export every partition that changed since its last export, and remove what is gone.

    Returns what was done, in the order of the tables and days; empty when all is up to date.
    Raises SettingsError for an exports folder that is not a local one or may not be written.
    """
    lake, folder = Lake(settings.lake_location), settings.exports_to_write()
    language = settings.exports_language
    ledger = Ledger.open(folder, FORMAT if language is None else f"{FORMAT}.{language}")
    zone = settings.company.zone
    done: list[Exported] = []
    present: set[str] = set()
    for table in TABLES:
        for partition in lake.partitions(table):
            day = next(iter(partition.values()))
            present.add(f"{table}/{day}")
            # The digest is taken before the rows are read: a partition replaced in between keeps
            # its old digest here, and is exported again by the next run.
            digest = lake.digest(table, partition)
            files = _files(folder, table, day)
            if ledger.digests.get(f"{table}/{day}") == digest and all(map(Path.exists, files)):
                continue
            rows = _rows(lake, table, date.fromisoformat(day))
            replace_file(files[0], [to_csv(rows)])
            sheet = in_reading_columns(rows, table)
            book = to_xlsx(sheet, title=table, zone=zone, language=language)
            replace_file(files[1], [book])
            ledger.note(f"{table}/{day}", digest)
            done.append(Exported(table, day, "exported", rows.num_rows, files))
    return done + _remove_gone(folder, ledger, present)


def _rows(lake: Lake, table: str, day: date) -> pa.Table:
    known = contract(table)
    rows = lake.read(table, where=pc.field(known.day_column) == day)
    return in_reading_order(rows.cast(known.full_schema), table)


def _remove_gone(folder: Path, ledger: Ledger, present: set[str]) -> list[Exported]:
    """Remove the files of partitions that are gone, also those that a lost ledger told of."""
    done = []
    for key in sorted({*ledger.digests, *_exported(folder)} - present):
        table, day = key.split("/")
        files = _files(folder, table, day)
        for file in files:
            file.unlink(missing_ok=True)
        ledger.note(key, None)
        done.append(Exported(table, day, "removed", 0, files))
    return done


def _exported(folder: Path) -> Iterator[str]:
    for table in TABLES:
        for file in (folder / table).glob(f"{table}-*"):
            day = file.stem.removeprefix(f"{table}-")
            if file.suffix in SUFFIXES and re.fullmatch(r"\d{4}-\d\d-\d\d", day):
                yield f"{table}/{day}"


def _files(folder: Path, table: str, day: str) -> tuple[Path, ...]:
    return tuple(folder / table / f"{table}-{day}{suffix}" for suffix in SUFFIXES)
