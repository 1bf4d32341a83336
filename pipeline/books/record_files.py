"""Reads files that people and their systems hand in: one record a line, as CSV, XLSX or JSON lines.

Such a file is taken whole or not at all: each line that cannot be used is named with what mends it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TextIO

from pipeline.books import sheets
from pipeline.errors import SettingsError
from pipeline.headers import NO_NAMES
from pipeline.headers import names as header_names
from pipeline.records import YEARS
from pipeline.registry import choices

SHOWN = 5
"""Lines that an error names, and columns that are told to be unread."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half of an emoji, as systems leave it that cut texts after so many signs: UTF-8 has none."""
Say = Callable[[str], None]
"""Says a line to whoever handed the file in."""
Line = tuple[int, dict[str, str]]
"""Line number, from 1, and what each column says there: stripped, empty where it says nothing."""


class FaultError(Exception):
    """What is wrong with a line, and what mends it."""


@dataclass(frozen=True)
class Form:
    """What is read of a file.

    Attributes:
        columns: our name of each column, in the order that files without a header have, to the
            names that it may have in a header, the preferred one first.
        required: columns that there must be.
        is_bare: tells from its cells that the first line is a record and no header.
        exports: of each table that we export, in lower case, the headings of its id, and all
            headings that its files have. What a file had when we wrote it, people did not say:
            beside its id, only the columns that were added to it are read.
    """

    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    is_bare: Callable[[list[str]], bool] = lambda _: False
    exports: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

    def given(self, names: list[str]) -> frozenset[str]:
        """Which columns a file had when we exported it; none of a file that is no export."""
        ours = {one for some in self.columns.values() for one in some}
        for keys, headings in self.exports:
            if keys & set(names) and (headings - keys - ours) & set(names):
                return headings - keys
        return frozenset()


def lines(path: Path, form: Form, say: Say, zone: tzinfo) -> Iterator[Line]:
    """Read each line that is not blank.

    A name that ends in .jsonl holds JSON, one in .xlsx a workbook, of which the first sheet is
    read, and any other CSV, split at commas, semicolons or tabs, whichever the first line shows.
    Columns that the form does not name are not read, and `say` is told their names. Times in
    cells of a workbook are those of `zone`.

    Raises SettingsError when the file cannot be read, a required column is not there, a line has
    more cells than the first names, or a column of an export stands there twice.
    """
    suffix, unread = path.suffix.lower(), dict[str, str]()
    try:
        if suffix == ".xlsx":
            yield from _table(sheets.rows(path, zone), path, form, unread)
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                if suffix == ".jsonl":
                    yield from _json(file, path, form, unread)
                else:
                    yield from _table(sheets.csv_rows(file, path), path, form, unread)
    except OSError as error:
        what = f"the file cannot be read ({error.strerror or type(error).__name__})"
        mend = "check the path and the rights on the file"
        raise SettingsError(what, where=str(path), mend=mend) from error
    except UnicodeDecodeError as error:
        mend = "save the file as UTF-8 (in Excel: Save as, CSV UTF-8)"
        raise SettingsError("the file is not UTF-8", where=str(path), mend=mend) from error
    for name, why in list(unread.items())[:SHOWN]:
        say(f"the column '{name[:60]}' is not read ({why})")


def moment(text: str, now: datetime) -> datetime:
    """Read a time that says its zone and is not yet to come. Raises FaultError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise FaultError(f"'{text[:60]}' is not a time (such as 2026-11-02T10:00Z)") from error
    if at.tzinfo is None:
        raise FaultError(f"the time {text} says no zone (end it with Z for UTC, or +01:00)")
    if at > now:
        raise FaultError(f"the time {text} is yet to come (leave it out: then it is now)")
    if at.year < YEARS.start:
        raise FaultError(f"the time {text} is before {YEARS.start} (leave it out: then it is now)")
    return at.astimezone(now.tzinfo)


def refused(path: Path, faults: Mapping[int, str], consequence: str) -> SettingsError:
    """Make the error that names the lines of a file that cannot be used."""
    count = len(faults)
    shown = "".join(f"\n  line {at}: {faults[at]}" for at in sorted(faults)[:SHOWN])
    more = f"\n  and {count - SHOWN} more" if count > SHOWN else ""
    named = "1 line" if count == 1 else f"{count} lines"
    return SettingsError(
        f"{named} cannot be used, so {consequence}:{shown}{more}",
        where=str(path),
        mend="mend these lines, then read the file again",
    )


def _table(
    rows: Iterable[tuple[int, list[str]]], path: Path, form: Form, unread: dict[str, str]
) -> Iterator[Line]:
    """Read rows of cells, of which the first that says something may be a header."""
    width, places = 0, dict[str, int]()
    for at, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if not places:
            places, is_header = _places(cells, f"{path}:{at}", form, unread)
            width = len(cells) if is_header else len(places)
            if is_header:
                continue
        _fit(cells, width, f"{path}:{at}")
        padded = [*cells, *[""] * width]
        yield at, {name: padded[place].strip() for name, place in places.items()}


def _fit(cells: list[str], width: int, where: str) -> None:
    """Refuse cells that say something where no column is."""
    if any(cell.strip() for cell in cells[width:]):
        raise SettingsError(
            f"the line has {len(cells)} cells where there are {width} columns",
            where=where,
            mend="name a column for each cell, and put quotes around one that holds a separator",
        )


def _places(
    cells: list[str], where: str, form: Form, unread: dict[str, str]
) -> tuple[dict[str, int], bool]:
    """Where each column is, and whether these cells are a header."""
    names = [cell.strip().lower() for cell in cells]
    if form.is_bare(names):
        return {name: place for place, name in enumerate(form.columns)}, False
    if twice := [one for one in form.given(names) if names.count(one) > 1]:
        raise SettingsError(
            f"there are two columns '{min(twice)}', one of them the export's own",
            where=where,
            mend="give the one that you added another name",
        )
    found = _named(names, form, unread)
    lacking = [name for name in form.required if name not in found]
    whole = f"begin the file with a line `{','.join(form.required)}`"
    mend = whole if len(lacking) > 1 else f"add a column `{''.join(lacking)}`"
    _demand(found, names, where, form, mend)
    return {name: names.index(one) for name, one in found.items()}, True


def _json(file: TextIO, path: Path, form: Form, unread: dict[str, str]) -> Iterator[Line]:
    for at, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"{path}:{at}"
        try:
            record = json.loads(line, parse_float=str, parse_int=str)
        except (ValueError, RecursionError) as error:
            mend = 'write one object a line, such as {"id": "…"}'
            raise SettingsError("the line is not valid JSON", where=where, mend=mend) from error
        if not isinstance(record, dict):
            mend = 'write one object a line, such as {"id": "…"}'
            raise SettingsError("the line is not a JSON object", where=where, mend=mend)
        named = {str(name).strip().lower(): value for name, value in record.items()}
        found = _named(list(named), form, unread)
        keys = ", ".join(f'"{name}": "…"' for name in form.required)
        _demand(found, list(named), where, form, f"write in every line {{{keys}}}")
        yield at, {name: _text(named[one], where, one) for name, one in found.items()}


def _text(value: object, where: str, name: str) -> str:
    if isinstance(value, dict | list):
        mend = "give a text or a number"
        raise SettingsError(f"'{name}' holds more than one value", where=where, mend=mend)
    if isinstance(value, bool):
        return str(value).lower()
    said = "" if value is None else str(value).strip()
    if _HALF.search(said):
        mend = "cut the text between characters, or leave it out"
        raise SettingsError(f"'{name}' holds half a character", where=where, mend=mend)
    return said


def _named(names: list[str], form: Form, unread: dict[str, str]) -> dict[str, str]:
    """Our name of each column that is there, to the name that it has; notes the other names."""
    given = form.given(names)
    found = {
        name: one
        for name, known in form.columns.items()
        for one in known[::-1]  # the last one stays
        if one in names and one not in given
    }
    for name in dict.fromkeys(names):
        if name and name not in found.values() and name not in given:
            unread[name] = choices(name, form.columns)
    for name, known in form.columns.items():
        if name not in found and (taken := given & set(known) & set(names)):
            free = next(one for one in known if one not in given)
            unread[min(taken)] = f"it is the export's own; call yours '{free}'"
    return found


def _demand(found: Mapping[str, str], names: list[str], where: str, form: Form, mend: str) -> None:
    missing = [name for name in form.required if name not in found]
    if missing:
        shown = header_names(names)
        there = f"; there are: {', '.join(shown[:10])}" if shown else f" ({NO_NAMES})"
        raise SettingsError(f"there is no column '{missing[0]}'{there}", where=where, mend=mend)
