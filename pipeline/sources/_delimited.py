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
from pipeline.sources._lines import BLOCK_BYTES, blocks, is_utf8

DELIMITERS = (",", ";", "\t")
LONGEST_OPEN = 16 << 20
_QUOTE, _NEWLINE, _RETURN = 34, 10, 13

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]


class Records(NamedTuple):
    """Records in the order of the file."""

    values: dict[str, pa.Array]
    """By field; empty strings where `rules` has one."""
    lines: list[int]
    """The line on which each record begins; the header is line 1."""
    raw: pa.Array
    rules: list[str | None]


class _Layout(NamedTuple):
    delimiter: str
    width: int
    fields: Mapping[str, int]
    is_time: Callable[[str], bool]

    def whole(self, line: bytes) -> bool:
        """Tell whether one line is a full record by itself: strict, right width, a real time."""
        if line.count(self.delimiter.encode()) < self.width - 1:
            return False
        bare = line.rstrip(b"\r\n")
        array = np.frombuffer(bare, np.uint8)
        quotes = np.flatnonzero(array == _QUOTE)
        if len(quotes) % 2 or not _is_strict(array, quotes, self.delimiter) or not is_utf8(bare):
            return False
        cells, rule = _cells([bare], self)
        return rule is None and self.is_time(cells[self.fields["sent_at"]])


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
    layout: _Layout | None = None
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
) -> _Layout:
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
    return _Layout(delimiter, len(header), fields, is_time)


def _parsed(data: bytes, layout: _Layout, line: int, *, is_last: bool) -> tuple[Records, int]:
    """Parse the complete records at the start of `data`; says how many bytes they take."""
    array = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(array == _QUOTE)
    newlines = np.flatnonzero(array == _NEWLINE)
    if _is_strict(array, quotes, layout.delimiter):
        is_open = (np.searchsorted(quotes, newlines) & 1).astype(bool)
        ends = newlines[~is_open] + 1
        if is_last and len(quotes) % 2 == 0 and (not len(ends) or ends[-1] < len(data)):
            ends = np.append(ends, len(data))
        used = int(ends[-1]) if len(ends) else 0
        is_whole_file = used == len(data) if is_last else len(data) - used < LONGEST_OPEN
        if is_whole_file and not _hides_record(data, newlines, is_open, layout):
            records = _fast(data, ends, newlines, layout, line)
            if records is not None:
                return records, used
    return _slow(data, layout, line, is_last=is_last)


def _is_strict(array: Bytes, quotes: Positions, delimiter: str) -> bool:
    """Tell whether every quote opens after a delimiter or closes before one, or is doubled.

    The last quote may open a value that goes on after the bytes.
    """
    around = np.concatenate([[_NEWLINE], array, [_NEWLINE]]) if len(quotes) else array
    before, after = around[quotes[::2]], around[quotes[1::2] + 2]
    mark = ord(delimiter)
    opens = (before == mark) | (before == _NEWLINE)
    # Within a doubled quote the second one "opens" right after the first has "closed".
    opens[1:] |= quotes[2::2] == quotes[1:-1:2] + 1
    closes = (after == mark) | (after == _NEWLINE) | (after == _RETURN) | (after == _QUOTE)
    return bool(opens.all() and closes.all())


def _hides_record(
    data: bytes, newlines: Positions, is_open: npt.NDArray[np.bool_], layout: _Layout
) -> bool:
    """Tell whether a line within a quoted value is a full record: then its quote is not closed."""
    ends = np.append(newlines[1:], len(data))
    return any(layout.whole(data[newlines[at] + 1 : ends[at]]) for at in np.flatnonzero(is_open))


def _fast(
    data: bytes, ends: Positions, newlines: Positions, layout: _Layout, line: int
) -> Records | None:
    """Parse whole records with Arrow; None when it does not read exactly one row a record."""
    if not len(ends):
        return Records({}, [], pa.array([], pa.string()), [])
    offsets = np.concatenate([[0], ends])
    array = np.frombuffer(data, np.uint8)
    starts, sizes = offsets[:-1], np.diff(offsets)
    # A blank line is "\n" or "\r\n"; only the last record may lack its newline.
    is_record = (sizes > 2) | ((array[starts] != _NEWLINE) & (array[starts] != _RETURN))
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


class _Piece(NamedTuple):
    cells: list[str]
    rule: str | None
    line: int
    raw: bytes


def _slow(data: bytes, layout: _Layout, line: int, *, is_last: bool) -> tuple[Records, int]:
    """Parse line by line; what is still open at the end of a block is left for the next."""
    pieces: list[_Piece] = []
    opened: list[bytes] = []
    opened_at = line
    used = 0
    for physical in data.splitlines(keepends=True) if b"\r" not in data else _split(data):
        used += len(physical)
        if not opened and not physical.strip(b"\r\n"):
            line += 1
            continue
        if opened and layout.whole(physical):
            pieces.append(_Piece([], "csv_quoting", opened_at, b"".join(opened)))
            opened = []
        opened_at = opened_at if opened else line
        opened.append(physical)
        line += 1
        if len(opened) > 1 and physical.count(b'"') % 2 == 0 and used < LONGEST_OPEN:
            continue
        cells, rule = _cells(opened, layout)
        if rule == "open" and sum(map(len, opened)) < LONGEST_OPEN:
            continue
        pieces.append(
            _Piece(cells, "csv_quoting" if rule == "open" else rule, opened_at, b"".join(opened))
        )
        opened = []
    if opened and is_last:
        pieces.append(_Piece([], "csv_quoting", opened_at, b"".join(opened)))
        opened = []
    is_cut = is_last and not data.endswith(b"\n")
    if is_cut and pieces and pieces[-1].rule in ("csv_quoting", "csv_columns"):
        pieces[-1] = pieces[-1]._replace(rule="truncated")
    return _gathered(pieces, layout), used - sum(map(len, opened))


def _split(data: bytes) -> Iterator[bytes]:
    """Lines with their ends; only a newline ends a line."""
    *lines, last = data.split(b"\n")
    yield from (line + b"\n" for line in lines)
    if last:
        yield last


def _cells(lines: list[bytes], layout: _Layout) -> tuple[list[str], str | None]:
    """The values of one record, or the rule that it breaks; `open` when its quote is not closed."""
    try:
        text = b"".join(lines).decode()
    except UnicodeDecodeError:
        text = b"".join(lines).decode(errors="replace")
        _, rule = _split_cells(text, layout)
        return [], "open" if rule == "open" else "invalid_utf8"
    return _split_cells(text, layout)


def _split_cells(text: str, layout: _Layout) -> tuple[list[str], str | None]:
    text = text.removesuffix("\n").removesuffix("\r")
    # The module's own limit of 131,072 would call a long message broken; `text_too_long` judges it.
    csv.field_size_limit(1 << 30)
    reader = csv.reader(
        text.split("\n") if "\n" not in text else [part + "\n" for part in text.split("\n")],
        delimiter=layout.delimiter,
        strict=True,
    )
    try:
        cells = next(reader, [])
    except csv.Error as error:
        return [], "open" if "unexpected end" in str(error) else "csv_quoting"
    if reader.line_num <= text.count("\n"):
        return [], "csv_quoting"
    return (cells, None) if len(cells) == layout.width else ([], "csv_columns")


def _gathered(pieces: list[_Piece], layout: _Layout) -> Records:
    values = {
        field: pa.array([one.cells[at] if one.cells else "" for one in pieces], pa.string())
        for field, at in layout.fields.items()
    }
    raw = pa.array([one.raw.decode(errors="replace") for one in pieces], pa.string())
    return Records(values, [one.line for one in pieces], raw, [one.rule for one in pieces])
