"""What every reader of rows shares: the row, the columns it is made of, and what is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import SettingsError
from pipeline.headers import NO_NAMES, misread, names

COLUMNS = ("id", "text", "lang", "html", "channel", "author")


class Row(NamedTuple):
    """One row as read, before it is judged.

    `share` is how much of the file is read; `has_ids` whether its rows have ids of their own.
    """

    id: Any
    text: Any
    lang: Any
    error: str | None
    share: float
    html: Any = None
    channel: Any = None
    author: Any = None
    has_ids: bool = False


class Unreadable:
    """A value that Python cannot hold, such as a time in the year 36 million."""


def refuse_twice(path: Path, header: Sequence[str]) -> None:
    """Raise SettingsError when a column that is read is there twice."""
    twice = [name for name in COLUMNS if header.count(name) > 1]
    if twice:
        raise SettingsError(
            f"there are {header.count(twice[0])} columns '{twice[0]}'",
            where=str(path),
            mend="rename or remove all but one of them",
        )


def refuse_not_utf8(path: Path, header: Sequence[str]) -> None:
    """Raise SettingsError where names hold lone surrogates: bytes that are not UTF-8."""
    if any("\ud800" <= letter <= "\udfff" for name in header for letter in name):
        raise SettingsError(
            "the first line is not UTF-8",
            where=str(path),
            mend="save the file as UTF-8 (in Excel: Save as, CSV UTF-8)",
        )


def missing_text(path: Path, columns: Iterable[str]) -> SettingsError:
    """Make the error for a file without the column `text`."""
    given = list(columns)
    known = names(given)
    written = {name.strip().lower(): name for name in known}
    near = [written[one] for one in difflib.get_close_matches("text", written, n=1)]
    listed = f"; the columns are: {', '.join(known[:30])}" if known else ""
    guess = f"; is it '{near[0]}'?" if near else "" if known else f"; {NO_NAMES}"
    return SettingsError(
        f"there is no column 'text'{listed}",
        where=str(path),
        mend=misread(given) or f"name the column that holds the messages 'text'{guess}",
    )
