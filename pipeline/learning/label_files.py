"""Reads files of labels: CSV with a message, a tag and yes or no.

A file is taken whole or not at all: each line that cannot be used is named with what mends it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SettingsError
from pipeline.learning.label_book import Label
from pipeline.registry import choices
from pipeline.storage import Lake

ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "ja", "j"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nee"), False),
}
COLUMNS = {
    "id": ("id", "message_id"),
    "tag": ("tag",),
    "answer": ("answer", "label", "value", "yes/no", "is_yes"),
    "reason": ("reason",),
    "by": ("by", "labelled_by"),
    "at": ("at", "labelled_at"),
}
"""What is read of a file, and the names that its column may have; the first three must be there."""
SHOWN = 5
"""Lines that an error names."""
Line = tuple[int, dict[str, str]]
Placed = tuple[int, Label]


class _FaultError(Exception):
    """What is wrong with a line, and what mends it."""


def read(path: Path, lake: Lake, tags: Iterable[str], now: datetime) -> list[Label]:
    """Read a file of labels.

    Args:
        path: CSV in UTF-8, split at commas, semicolons or tabs. Its header names `id` (a
            message_id), `tag` and `answer` (yes or no), and may name `reason`, `by` and `at` (a
            time with its zone); without a header these are the columns in this order.
        lake: the lake whose messages they are about.
        tags: the tags that there are.
        now: aware; no answer is later.

    Returns:
        The answers in the order of the file, each once.

    Raises SettingsError that names the lines that cannot be used, each with its mend.
    """
    lines = list(_lines(path))
    known, faults = set(tags), dict[int, str]()
    placed: list[Placed] = []
    own = _messages(lake, {cells["id"] for _, cells in lines})
    for at, cells in lines:
        try:
            placed.append((at, _label(cells, known, own, now)))
        except _FaultError as fault:
            faults[at] = str(fault)
    faults |= _contradictions(placed)
    if faults:
        raise _refused(path, faults)
    return list(dict.fromkeys(label for _, label in placed))


def _lines(path: Path) -> Iterator[Line]:
    """Line number and cells by name of each row that is not blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=max(",;\t", key=first.count), strict=True)
            begin, places = 1, dict[str, int]()
            for cells in reader:
                at, begin = begin, reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if not places:
                    places, is_header = _places(cells, path)
                    if is_header:
                        continue
                yield (
                    at,
                    {
                        name: cells[place].strip() if place < len(cells) else ""
                        for name, place in places.items()
                    },
                )
    except OSError as error:
        what = f"the file cannot be read ({error.strerror or type(error).__name__})"
        mend = "check the path and the rights on the file"
        raise SettingsError(what, where=str(path), mend=mend) from error
    except UnicodeDecodeError as error:
        mend = "save the file as UTF-8"
        raise SettingsError("the file is not UTF-8", where=str(path), mend=mend) from error
    except csv.Error as error:
        raise SettingsError(
            "a quote is opened or closed where it should not be",
            where=f"{path}:{begin}",
            mend="close the quote, and write a quote within quotes twice",
        ) from error


def _places(cells: list[str], path: Path) -> tuple[dict[str, int], bool]:
    """Where each column is, and whether these cells are a header."""
    names = [cell.strip().lower() for cell in cells]
    if len(names) >= 3 and names[2] in ANSWERS:
        return {name: place for place, name in enumerate(COLUMNS)}, False
    places = {
        name: names.index(one)
        for name, known in COLUMNS.items()
        for one in known[::-1]
        if one in names
    }
    missing = [name for name in ("id", "tag", "answer") if name not in places]
    if missing:
        raise SettingsError(
            f"there is no column '{missing[0]}'; there are: {', '.join(names[:10])}",
            where=f"{path}:1",
            mend="begin the file with a line `id,tag,answer`",
        )
    return places, True


def _messages(lake: Lake, wanted: Iterable[str]) -> Callable[[str], bool | None]:
    """A function from a message_id to whether it is the company's own; None: there is none."""
    ids = pc.field("message_id").isin(pa.array(sorted(wanted), pa.string()))
    held = lake.read("messages", ["message_id", "is_own"], ids).to_pydict()
    return dict(zip(held["message_id"], held["is_own"], strict=True)).get


def _label(
    cells: Mapping[str, str],
    tags: set[str],
    own: Callable[[str], bool | None],
    now: datetime,
) -> Label:
    name, tag, answer = cells["id"], cells["tag"], cells["answer"].lower()
    if own(name) is None:
        mend = "ids are those of the table messages, written `source:native id`"
        raise _FaultError(f"there is no message '{name[:60]}' ({mend})")
    if tag not in tags:
        raise _FaultError(f"there is no tag '{tag[:60]}' ({choices(tag, tags)})")
    if answer not in ANSWERS:
        raise _FaultError(f"'{answer[:60]}' is not an answer (write yes or no)")
    if ANSWERS[answer] and own(name):
        raise _FaultError(f"'{name}' was sent by the company itself (such a message has no tags)")
    return Label(
        message_id=name,
        tag=tag,
        is_yes=ANSWERS[answer],
        reason=cells.get("reason") or None,
        labelled_by=cells.get("by") or None,
        labelled_at=_time(cells["at"], now) if cells.get("at") else None,
    )


def _time(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _FaultError(f"'{text[:60]}' is not a time (such as 2026-11-02T10:00Z)") from error
    if at.tzinfo is None:
        raise _FaultError(f"the time {text} says no zone (end it with Z for UTC, or +01:00)")
    if at > now:
        raise _FaultError(f"the time {text} is yet to come (leave it out: then it is now)")
    return at.astimezone(now.tzinfo)


def _contradictions(placed: Iterable[Placed]) -> dict[int, str]:
    """Lines that say another answer than an earlier line of the same message, tag and time."""
    first: dict[tuple[object, ...], Placed] = {}
    found = {}
    for at, one in placed:
        before, other = first.setdefault((one.message_id, one.tag, one.labelled_at), (at, one))
        if other.is_yes != one.is_yes:
            said, now = ("yes", "no") if other.is_yes else ("no", "yes")
            found[at] = (
                f"says {now} to {one.tag} for '{one.message_id}', line {before} says {said} "
                "(keep the one that is right, or give each its time in a column `at`)"
            )
    return found


def _refused(path: Path, faults: Mapping[int, str]) -> SettingsError:
    count = len(faults)
    shown = "".join(f"\n  line {at}: {faults[at]}" for at in sorted(faults)[:SHOWN])
    more = f"\n  and {count - SHOWN} more" if count > SHOWN else ""
    lines = "1 line" if count == 1 else f"{count} lines"
    return SettingsError(
        f"{lines} cannot be used, so nothing was labelled:{shown}{more}",
        where=str(path),
        mend="mend these lines, then read the file again",
    )
