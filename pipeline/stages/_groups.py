"""Days that are worked on together: much of the work costs as much for one row as for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date


def in_groups(
    days: Iterable[date], rows_of: Callable[[date], int], most: int
) -> Iterator[list[date]]:
    """Put days that follow each other together until they hold so many rows."""
    group: list[date] = []
    rows = 0
    for day in days:
        group.append(day)
        rows += rows_of(day)
        if rows >= most:
            yield group
            group, rows = [], 0
    if group:
        yield group
