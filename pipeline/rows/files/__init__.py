"""Reads .jsonl, .csv and .parquet row by row, so that a broken row harms no other.

Line n of a .jsonl file is row n, a blank line included. A .csv file is split at commas,
semicolons or tabs, whichever its header shows; a quote that is never closed costs its own line
only. Bytes that are not UTF-8 come as lone surrogates; the judge of the row decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.rows.files._csv import delimited
from pipeline.rows.files._json_lines import json_lines
from pipeline.rows.files._parquet import parquet
from pipeline.rows.files._row import Row, Unreadable

__all__ = ["Row", "Unreadable", "read_file"]


def read_file(path: Path) -> Iterator[Row]:
    """Read any of the formats; the ending of the name decides.

    Raises SettingsError when the file cannot be read, its ending is unknown, or it has no column
    `text`; the message names the columns there are.
    """
    readers = {".jsonl": json_lines, ".csv": delimited, ".parquet": parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SettingsError(
            f"the input's ending '{path.suffix}' is not known",
            where=str(path),
            mend=f"give a file that ends in {', '.join(readers)}",
        )
    try:
        yield from reader(path)
    except OSError as error:
        raise SettingsError(
            f"the input cannot be read ({error.strerror or type(error).__name__})",
            where=str(path),
            mend="check the path and the rights on the file",
        ) from error
