"""CSV: a quote that is never closed costs its own line only."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from pipeline.headers import delimiter_of
from pipeline.rows.files._row import COLUMNS, Row, missing_text, refuse_not_utf8, refuse_twice

LONGEST_RECORD = 32_000_000
"""A quoted value longer than this, in characters, is taken for a quote that was never closed."""


def delimited(path: Path) -> Iterator[Row]:
    """Read a file. Raises SettingsError when its header lacks `text` or has a column twice."""
    total = path.stat().st_size or 1
    # What is not UTF-8 comes as lone surrogates, so that it shows in its own row only.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        header, delimiter = _header(file)
        if "text" not in header:
            if not header:
                return
            refuse_not_utf8(path, header)
            raise missing_text(path, header)
        refuse_twice(path, header)
        has_ids = "id" in header
        places = [header.index(name) if name in header else None for name in COLUMNS]
        for record, fault, read in _records(file, delimiter):
            share = read / total
            if fault is None and len(record) != len(header):
                fault = f"{len(record)} columns where the header has {len(header)}"
            if fault is not None:
                # Which cell is which is sure at the beginning of a broken row only.
                one = record[0] if record and places[0] == 0 else None
                yield Row(one or None, None, None, fault, share, has_ids=has_ids)
            else:
                one, text, lang, html, channel, author = (
                    None if at is None else record[at] for at in places
                )
                yield Row(one or None, text, lang, None, share, html, channel, author, has_ids)


def _header(file: TextIO) -> tuple[list[str], str]:
    first = file.readline()
    while first and not first.strip():
        first = file.readline()
    line = first.rstrip("\r\n")
    best = delimiter_of(line)
    names = next(csv.reader([line], delimiter=best), [])
    return [name.strip() for name in names], best


def _records(file: TextIO, delimiter: str) -> Iterator[tuple[list[str], str | None, int]]:
    """Yield each record, what is wrong with its quotes, and the characters read so far.

    Of a record with wrong quotes the first cell is left, if that has none.
    """
    csv.field_size_limit(LONGEST_RECORD)
    lines = _Lines(file)
    while True:
        lines.held.clear()
        try:
            # A new reader after a fault: the old one still stands inside the open quote.
            for record in csv.reader(lines, delimiter=delimiter, strict=True):
                if record:
                    yield record, None, lines.read
                lines.held.clear()
            return
        except csv.Error:
            begun, *rest = lines.held
            lines.pushed.extendleft(reversed(rest))
            lines.read -= sum(map(len, rest))
            cell = re.sub('^"(.*)"$', r"\1", begun.split(delimiter, 1)[0])
            fault = "a quote is opened or closed where it should not be"
            yield [] if '"' in cell else [cell], fault, lines.read


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
