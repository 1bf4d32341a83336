"""The table `labels`: people's answers are added, never changed, and the last one counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.books import Added, Book
from pipeline.books import add as add_to
from pipeline.storage import Lake

__all__ = ["Added", "Label", "add"]


@dataclass(frozen=True)
class Label:
    """One answer. `labelled_at` is null where the answer is given now."""

    message_id: str
    tag: str
    is_yes: bool
    reason: str | None = None
    labelled_by: str | None = None
    labelled_at: datetime | None = None


BOOK = Book("labels", Label, ("message_id", "tag"), at="labelled_at", said="is_yes")


def add(lake: Lake, given: Iterable[Label], now: datetime) -> Added:
    """Add answers to the table `labels`, as `pipeline.books.add` does."""
    return add_to(lake, BOOK, given, now)
