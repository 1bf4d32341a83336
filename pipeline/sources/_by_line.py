"""Delimited text line by line, for blocks whose quoting is in doubt.

A quote that is not closed costs the record it stands in: reading starts again on the next line.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.sources._lines import is_utf8

LONGEST_OPEN = 16 << 20
"""Bytes that a record may have before its quote counts as never closed."""
QUOTE, NEWLINE, RETURN = 34, 10, 13
_RETURN = "\ufdd0"
"""Stands for a carriage return; no text has this code point, which is no character."""

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]


class Layout(NamedTuple):
    """What the header of a file says."""

    delimiter: str
    width: int
    fields: Mapping[str, int]
    """Field to the number of its column."""
    is_time: Callable[[str], bool]

    def is_record(self, line: bytes) -> bool:
        """Tell whether one line is a full record by itself: strict, right width, a real time."""
        if line.count(self.delimiter.encode()) < self.width - 1:
            return False
        bare = line.rstrip(b"\r\n")
        array = np.frombuffer(bare, np.uint8)
        quotes = np.flatnonzero(array == QUOTE)
        if len(quotes) % 2 or not is_strict(array, quotes, self.delimiter) or not is_utf8(bare):
            return False
        values, rule = _values([bare], self)
        return rule is None and self.is_time(values[self.fields["sent_at"]])


def is_strict(array: Bytes, quotes: Positions, delimiter: str) -> bool:
    """Tell whether every quote opens after a delimiter or closes before one, or is doubled.

    The last quote may open a value that goes on after the bytes.
    """
    around = np.concatenate([[NEWLINE], array, [NEWLINE]]) if len(quotes) else array
    before, after = around[quotes[::2]], around[quotes[1::2] + 2]
    mark = ord(delimiter)
    opens = (before == mark) | (before == NEWLINE)
    # Within a doubled quote the second one "opens" right after the first has "closed".
    opens[1:] |= quotes[2::2] == quotes[1:-1:2] + 1
    closes = (after == mark) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
    return bool(opens.all() and closes.all())


class Record(NamedTuple):
    """One record. `values` is empty where `rule` names what is broken."""

    values: list[str]
    rule: str | None
    line: int
    raw: bytes


def by_line(data: bytes, layout: Layout, line: int, *, is_last: bool) -> tuple[list[Record], int]:
    """Read records line by line.

    Args:
        data: Bytes that begin with a record.
        layout: What the header says.
        line: The number of the first line.
        is_last: Nothing follows. Else a record that is still open, or a broken one that may go
            on, is left.

    Returns:
        The records, and how many bytes they take.
    """
    lines = list(_lines(data))
    records: list[Record] = []
    at = used = begun = 0
    while at < len(lines):
        if not lines[at].strip(b"\r\n"):
            at, used = at + 1, used + len(lines[at])
            continue
        count, values, rule = _record(lines, at, layout, is_last=is_last)
        if not count:
            break
        raw = b"".join(lines[at : at + count])
        if not _went_on(records, rule, raw):
            begun = used
            records.append(Record(values, rule, line + at, raw))
        at, used = at + count, used + len(raw)
    may_go_on = bool(records) and records[-1].rule == "open" and used - begun < LONGEST_OPEN
    if may_go_on and not is_last:
        records, used = records[:-1], begun
    records = [one._replace(rule="csv_quoting") if one.rule == "open" else one for one in records]
    is_cut = is_last and used == len(data) and not data.endswith(b"\n")
    if is_cut and records and records[-1].rule:
        records[-1] = records[-1]._replace(rule="truncated")
    return records, used


def _lines(data: bytes) -> Iterator[bytes]:
    """Lines with their ends; only a newline ends a line."""
    *lines, last = data.split(b"\n")
    yield from (line + b"\n" for line in lines)
    if last:
        yield last


def _record(
    lines: list[bytes], at: int, layout: Layout, *, is_last: bool
) -> tuple[int, list[str], str | None]:
    """The record that begins on a line: how many lines it takes, its values, its rule.

    No lines when its end may be in the next block; one, and `open`, when it never closes a quote.
    """
    values, rule = _values([lines[at]], layout)
    if rule != "open":
        return 1, values, rule
    broken: tuple[int, list[str], str | None] = (1, [], "open")
    size = len(lines[at])
    for end in range(at + 1, len(lines)):
        size += len(lines[end])
        if size > LONGEST_OPEN or layout.is_record(lines[end]):
            return broken
        if lines[end].count(b'"') % 2 == 0:
            continue
        values, rule = _values(lines[at : end + 1], layout)
        if rule == "csv_quoting":
            return broken
        if rule != "open":
            return end + 1 - at, values, rule
    return broken if is_last else (0, [], None)


def _went_on(records: list[Record], rule: str | None, raw: bytes) -> bool:
    """Add a line of the wrong width to the record before it, when that has an open quote."""
    if rule != "csv_columns" or not records or records[-1].rule != "open":
        return False
    records[-1] = records[-1]._replace(raw=records[-1].raw + raw)
    return True


def _values(lines: list[bytes], layout: Layout) -> tuple[list[str], str | None]:
    """The values of one record, or the rule it breaks; `open` when its quote is not closed."""
    data = b"".join(lines).removesuffix(b"\n").removesuffix(b"\r")
    try:
        return _split(data.decode(), layout)
    except UnicodeDecodeError:
        _, rule = _split(data.decode(errors="replace"), layout)
        return [], "open" if rule == "open" else "invalid_utf8"


def _split(text: str, layout: Layout) -> tuple[list[str], str | None]:
    # The module's own limit of 131,072 would call a long message broken; `text_too_long` judges it.
    csv.field_size_limit(1 << 30)
    # For the module a bare carriage return ends a line; here only a newline does.
    has_return = "\r" in text
    lines = (text.replace("\r", _RETURN) if has_return else text).split("\n")
    reader = csv.reader((f"{part}\n" for part in lines), delimiter=layout.delimiter, strict=True)
    try:
        values = next(reader, [])
    except csv.Error as error:
        return [], "open" if "unexpected end" in str(error) else "csv_quoting"
    if reader.line_num < len(lines):
        return [], "csv_quoting"
    if has_return:
        values = [value.replace(_RETURN, "\r") for value in values]
    return (values, None) if len(values) == layout.width else ([], "csv_columns")
