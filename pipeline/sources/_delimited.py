"""Delimited text, record by record, with the exact line of each.

A block whose quoting is beyond doubt is parsed whole by Arrow. A block that breaks a rule is read
line by line instead, with the same result for its good records: an unclosed quote takes no
good record with it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from pipeline.errors import FatalError
from pipeline.sources._by_line import (
    LONGEST_OPEN,
    NEWLINE,
    QUOTE,
    RETURN,
    Layout,
    Positions,
    Record,
    by_line,
    is_strict,
)
from pipeline.sources._lines import BLOCK_BYTES, blocks

DELIMITERS = (",", ";", "\t")


class Records(NamedTuple):
    """Records in the order of the file."""

    values: dict[str, pa.Array]
    """By field; empty strings where `rules` has one."""
    lines: list[int]
    """The line on which each record begins; the header is line 1."""
    raw: pa.Array
    rules: list[str | None]


def read(
    path: Path,
    choose: Callable[[list[str]], Mapping[str, str]],
    is_time: Callable[[str], bool],
    *,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Records]:
    """Read a file of delimited text with a header.

    Comma, semicolon or tab, whichever gives the header most columns. Records may span lines
    within quotes. Blank lines are no records. Broken records get a rule: `csv_quoting`,
    `csv_columns` (wrong number), `invalid_utf8`, or `truncated` (broken, last, no newline).

    Args:
        path: The file.
        choose: From the header's names to column names by field; raises FatalError.
        is_time: Tells whether a value of the field `sent_at` can be read as a time.
        block_bytes: How much is read at a time.

    Raises:
        FatalError: The header cannot be read, or a column is missing or there twice.
    """
    layout: Layout | None = None
    rest, line = b"", 1
    source = blocks(path, block_bytes)
    block = next(source, None)
    while block is not None:
        following = next(source, None)
        data = rest + block
        if layout is None:
            head, _, data = data.partition(b"\n")
            layout, line = _layout(head, choose, is_time, path.name), 2
        records, used = _parsed(data, layout, line, is_last=following is None)
        if records.lines:
            yield records
        rest, line = data[used:], line + data.count(b"\n", 0, used)
        block = following


def _layout(
    head: bytes,
    choose: Callable[[list[str]], Mapping[str, str]],
    is_time: Callable[[str], bool],
    where: str,
) -> Layout:
    try:
        text = head.decode().rstrip("\r")
        rows = {mark: next(csv.reader([text], delimiter=mark), []) for mark in DELIMITERS}
    except (UnicodeDecodeError, csv.Error) as error:
        raise FatalError(
            "the header is not UTF-8 text of delimited columns",
            where=f"{where}:1",
            mend="export the file again as UTF-8 CSV",
        ) from error
    delimiter = max(DELIMITERS, key=lambda mark: len(rows[mark]))
    header = [name.strip() for name in rows[delimiter]]
    chosen = choose(header)
    twice = sorted(name for name in chosen.values() if header.count(name) > 1)
    if twice:
        raise FatalError(
            f"the header has the column '{twice[0]}' twice",
            where=f"{where}:1",
            mend="rename one of the two, or export the file again",
        )
    fields = {field: header.index(name) for field, name in chosen.items()}
    return Layout(delimiter, len(header), fields, is_time)


def _parsed(data: bytes, layout: Layout, line: int, *, is_last: bool) -> tuple[Records, int]:
    """Parse the complete records at the start of `data`; says how many bytes they take."""
    array = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(array == QUOTE)
    newlines = np.flatnonzero(array == NEWLINE)
    if is_strict(array, quotes, layout.delimiter):
        is_open = (np.searchsorted(quotes, newlines) & 1).astype(bool)
        ends = newlines[~is_open] + 1
        used = int(ends[-1]) if len(ends) else 0
        if is_last and len(quotes) % 2 == 0 and used < len(data):
            ends, used = np.append(ends, len(data)), len(data)
        is_whole_file = used == len(data) if is_last else len(data) - used < LONGEST_OPEN
        if is_whole_file and not _hides_record(data, newlines, is_open, layout):
            records = _fast(data, ends, newlines, layout, line)
            if records is not None:
                return records, used
    found, used = by_line(data, layout, line, is_last=is_last)
    return _gathered(found, layout), used


def _hides_record(
    data: bytes, newlines: Positions, is_open: npt.NDArray[np.bool_], layout: Layout
) -> bool:
    """Tell whether a line within quotes is a full record: then a quote is not closed."""
    ends = np.append(newlines[1:], len(data))
    return any(
        layout.is_record(data[newlines[at] + 1 : ends[at]]) for at in np.flatnonzero(is_open)
    )


def _fast(
    data: bytes, ends: Positions, newlines: Positions, layout: Layout, line: int
) -> Records | None:
    """Parse whole records with Arrow; None when it does not read exactly one row a record."""
    if not len(ends):
        return Records({}, [], pa.array([], pa.string()), [])
    offsets = np.concatenate([[0], ends])
    array = np.frombuffer(data, np.uint8)
    starts, sizes = offsets[:-1], np.diff(offsets)
    # A blank line is "\n" or "\r\n"; only the last record may lack its newline.
    is_record = (sizes > 2) | ((array[starts] != NEWLINE) & (array[starts] != RETURN))
    raw = pa.StringArray.from_buffers(
        len(ends), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)
    )
    names = [str(at) for at in range(layout.width)]
    wanted = sorted({names[at] for at in layout.fields.values()})
    try:
        raw.validate(full=True)
        table = pa.csv.read_csv(
            pa.py_buffer(data[: ends[-1]]),
            pa.csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            pa.csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True),
            pa.csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted
            ),
        )
    except pa.ArrowInvalid:
        return None
    starts = starts[is_record]
    if table.num_rows != len(starts):
        return None
    lines = line + np.searchsorted(newlines, starts)
    values = {field: table[names[at]].combine_chunks() for field, at in layout.fields.items()}
    return Records(values, lines.tolist(), raw.filter(pa.array(is_record)), [None] * len(starts))


def _gathered(found: list[Record], layout: Layout) -> Records:
    values = {
        field: pa.array([one.values[at] if one.values else "" for one in found], pa.string())
        for field, at in layout.fields.items()
    }
    raw = pa.array([one.raw.decode(errors="replace") for one in found], pa.string())
    return Records(values, [one.line for one in found], raw, [one.rule for one in found])
