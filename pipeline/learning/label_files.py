"""Reads files of labels: CSV or JSON lines with a message, a tag and yes or no.

A file is taken whole or not at all: each line that cannot be used is named with what mends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path

from pipeline.books import gone
from pipeline.books.record_files import FaultError, Form, Say, lines, moment, refused
from pipeline.labels import ANSWERS
from pipeline.learning.label_book import Label
from pipeline.registry import choices
from pipeline.storage import Lake, among

COLUMNS = {
    "id": ("id", "message_id"),
    "tag": ("tag",),
    "answer": ("answer", "label", "value", "yes/no", "is_yes"),
    "reason": ("reason",),
    "by": ("by", "labelled_by"),
    "at": ("at", "labelled_at"),
}
"""What is read of a file, and the names that its column may have."""
FORM = Form(
    COLUMNS, ("id", "tag", "answer"), lambda cells: cells[2:3] != [] and cells[2] in ANSWERS
)
Placed = tuple[int, Label]


def read(
    path: Path,
    lake: Lake,
    tags: Iterable[str],
    now: datetime,
    zone: tzinfo,
    say: Say = lambda _: None,
) -> list[Label]:
    """Read a file of labels.

    Args:
        path: CSV or JSON lines in UTF-8, or a workbook, that name `id` (a message_id), `tag` and
            `answer` (yes or no), and may name `reason`, `by` and `at` (a time with its zone); a
            table without a header has these columns in this order.
        lake: the lake whose messages they are about.
        tags: the tags that there are.
        now: aware; no answer is later.
        zone: that of times in cells of a workbook.
        say: is told of columns that are not read, and of lines about what is forgotten.

    Returns:
        The answers in the order of the file, each once; none about a message that is forgotten.

    Raises SettingsError that names the lines that cannot be used, each with its mend.
    """
    read_lines = list(lines(path, FORM, say, zone))
    known, faults = set(tags), dict[int, str]()
    placed: list[Placed] = []
    ids = {cells["id"] for _, cells in read_lines}
    own, forgotten = _messages(lake, ids), gone.forgotten(lake, ids)
    kept = [(at, cells) for at, cells in read_lines if cells["id"] not in forgotten]
    if passed := len(read_lines) - len(kept):
        say(gone.told(passed))
    for at, cells in kept:
        try:
            placed.append((at, _label(cells, known, own, now)))
        except FaultError as fault:
            faults[at] = str(fault)
    faults |= _contradictions(placed)
    if faults:
        raise refused(path, faults, "nothing was labelled")
    return list(dict.fromkeys(label for _, label in placed))


def _messages(lake: Lake, wanted: Iterable[str]) -> Callable[[str], bool | None]:
    """A function from a message_id to whether it is the company's own; None: there is none."""
    ids = among("message_id", wanted)
    held = lake.read("messages", ["message_id", "is_own"], ids).to_pydict()
    return dict(zip(held["message_id"], held["is_own"], strict=True)).get


def _label(
    cells: Mapping[str, str],
    tags: set[str],
    own: Callable[[str], bool | None],
    now: datetime,
) -> Label:
    name, tag, answer = cells["id"], cells["tag"].lower(), cells["answer"].lower()
    if own(name) is None:
        mend = "ids are those of the table messages, written `source:native id`"
        raise FaultError(f"there is no message '{name[:60]}' ({mend})")
    if tag not in tags:
        raise FaultError(f"there is no tag '{tag[:60]}' ({choices(tag, tags)})")
    if answer not in ANSWERS:
        raise FaultError(f"'{answer[:60]}' is not an answer (write yes or no)")
    if ANSWERS[answer] and own(name):
        raise FaultError(f"'{name}' was sent by the company itself (such a message has no tags)")
    return Label(
        message_id=name,
        tag=tag,
        is_yes=ANSWERS[answer],
        reason=cells.get("reason") or None,
        labelled_by=cells.get("by") or None,
        labelled_at=moment(cells["at"], now) if cells.get("at") else None,
    )


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
