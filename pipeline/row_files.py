"""Reads .jsonl, .csv and .parquet row by row, so that a broken row harms no other.

Line n of a .jsonl file is row n, a blank line included. A .csv file is split at commas,
semicolons or tabs, whichever its header shows; a quote that is never closed costs its own line
only. Bytes that are not UTF-8 come as lone surrogates; the judge of the row decides.
"""

from __future__ import annotations

import csv
import difflib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SettingsError
from pipeline.headers import NO_NAMES, names

COLUMNS = ("id", "text", "lang", "html", "channel", "author")
LONGEST_RECORD = 32_000_000
"""A quoted value longer than this, in characters, is taken for a quote that was never closed."""
SEARCHED_ROWS = 10_000
"""So many readable rows of JSON lines without `text` say that the column is missing."""


class Row(NamedTuple):
    """One row as read, before it is judged. `share` is how much of the file is read."""

    id: Any
    text: Any
    lang: Any
    error: str | None
    share: float
    html: Any = None
    channel: Any = None
    author: Any = None


def read_file(path: Path) -> Iterator[Row]:
    """Read any of the formats; the ending of the name decides.

    Raises SettingsError when the file cannot be read, its ending is unknown, or it has no column
    `text`; the message names the columns there are.
    """
    readers = {".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet}
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


def _json_lines(path: Path) -> Iterator[Row]:
    total = path.stat().st_size or 1
    read = objects = 0
    seen: dict[str, None] | None = {}
    held: list[Row] = []
    with path.open("rb") as lines:
        for at, line in enumerate(lines):
            read += len(line)
            body = line[3:] if at == 0 and line.startswith(b"\xef\xbb\xbf") else line
            row, found = _json_row(body, read / total)
            if seen is None:
                yield row
                continue
            # Until one row has `text`, rows wait: a file without it is refused as a whole.
            held.append(row)
            objects += found is not None
            seen.update(dict.fromkeys(found or ()))
            if "text" in seen or len(held) - objects > SEARCHED_ROWS:
                seen = None
                yield from held
            elif objects > SEARCHED_ROWS:
                break
    if seen is not None:
        if objects:
            raise _missing_text(path, seen)
        yield from held


def _json_row(line: bytes, share: float) -> tuple[Row, Mapping[str, Any] | None]:
    """Read one line: the row, and the object it was read from if it was one."""
    line = line.rstrip(b"\r\n")
    if not line.strip():
        return Row(None, None, None, "the line is blank", share), None
    try:
        found = orjson.loads(line)
        if isinstance(found, dict) and isinstance(found.get("id"), float):
            found = {**found, "id": json.loads(line, parse_int=str, parse_float=str)["id"]}
    except orjson.JSONDecodeError:
        try:  # what Python's own writer makes of NaN is not JSON, yet it is common
            found = json.loads(line.decode(), parse_constant=lambda _: None)
        except UnicodeDecodeError:
            return Row(None, None, None, "the line is not valid UTF-8", share), None
        except json.JSONDecodeError as error:
            said = error.msg.removesuffix(" starting at")
            what = f"not valid JSON at column {error.colno}: {said}"
            return Row(None, None, None, what, share), None
        except (ValueError, RecursionError) as error:
            return Row(None, None, None, f"not valid JSON: {type(error).__name__}", share), None
    if not isinstance(found, dict):
        return Row(None, None, None, "the line is not a JSON object", share), None
    error_text = None if "text" in found else "there is no text"
    one, text, lang, *others = map(found.get, COLUMNS)
    return Row(one, text, lang, error_text, share, *others), found


def _csv(path: Path) -> Iterator[Row]:
    total = path.stat().st_size or 1
    # What is not UTF-8 comes as lone surrogates, so that it shows in its own row only.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header, delimiter = _header(file)
        if "text" not in header:
            if not header:
                return
            raise _missing_text(path, header)
        places = [header.index(name) if name in header else None for name in COLUMNS]
        for record, read in _records(file, delimiter):
            share = read / total
            if isinstance(record, str):
                yield Row(None, None, None, record, share)
            elif len(record) != len(header):
                what = f"{len(record)} columns where the header has {len(header)}"
                yield Row(None, None, None, what, share)
            else:
                one, text, lang, *others = (None if at is None else record[at] for at in places)
                yield Row(one or None, text, lang, None, share, *others)


def _header(file: TextIO) -> tuple[list[str], str]:
    first = file.readline()
    while first and not first.strip():
        first = file.readline()
    line = first.rstrip("\r\n")
    best = max(",;\t", key=line.count)
    names = next(csv.reader([line], delimiter=best), [])
    return [name.strip() for name in names], best


def _records(file: TextIO, delimiter: str) -> Iterator[tuple[list[str] | str, int]]:
    """Yield each record, or what is wrong with it, and the characters read so far."""
    csv.field_size_limit(LONGEST_RECORD)
    lines = _Lines(file)
    while True:
        lines.held.clear()
        try:
            # A new reader after a fault: the old one still stands inside the open quote.
            for record in csv.reader(lines, delimiter=delimiter, strict=True):
                if record:
                    yield record, lines.read
                lines.held.clear()
            return
        except csv.Error:
            rest = lines.held[1:]
            lines.pushed.extendleft(reversed(rest))
            lines.read -= sum(map(len, rest))
            yield "a quote is opened or closed where it should not be", lines.read


class _Lines:
    """Lines that can be pushed back, when a record turns out to have swallowed others."""

    def __init__(self, file: Iterable[str]) -> None:
        self._file = iter(file)
        self.pushed: deque[str] = deque()
        self.held: list[str] = []
        self.read = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.pushed.popleft() if self.pushed else next(self._file)
        self.held.append(line)
        self.read += len(line)
        return line


def _parquet(path: Path) -> Iterator[Row]:
    path.stat()  # pyarrow's own message for a file that is not there is a page long
    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            if "text" not in names:
                raise _missing_text(path, file.schema_arrow.names)
            total, read = file.metadata.num_rows or 1, 0
            for batch in file.iter_batches(8_192, columns=names, use_threads=False):
                read += batch.num_rows
                values = [
                    _values(batch[name]) if name in names else [None] * batch.num_rows
                    for name in COLUMNS
                ]
                for one, text, lang, *others in zip(*values, strict=True):
                    yield Row(one, text, lang, None, read / total, *others)
    except pa.ArrowInvalid as error:
        raise SettingsError(
            "not a Parquet file, or a damaged one", where=str(path), mend="write the file again"
        ) from error


def _values(column: pa.Array) -> list[Any]:
    """The Python values of a column; strings that are not UTF-8 with lone surrogates."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            column = column.cast(pa.large_binary() if "large" in str(kind) else pa.binary())
    values: list[Any] = column.to_pylist()
    return [
        value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for value in values
    ]


def _missing_text(path: Path, columns: Iterable[str]) -> SettingsError:
    known = names(columns)
    near = difflib.get_close_matches("text", [name.strip().lower() for name in known], n=1)
    listed = f"; the columns are: {', '.join(known[:30])}" if known else ""
    guess = f"; is it '{near[0]}'?" if near else "" if known else f"; {NO_NAMES}"
    return SettingsError(
        f"there is no column 'text'{listed}",
        where=str(path),
        mend=f"name the column that holds the messages 'text'{guess}",
    )
