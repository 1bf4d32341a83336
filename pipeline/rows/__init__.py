"""Judges the rows of a file that people want tagged or cleaned; every row keeps its place.

Unlike a source nothing is put into quarantine: a row that cannot be read becomes a row of nulls
with the reason in `error`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa

from pipeline.conversations.language import stated
from pipeline.looks import is_blank
from pipeline.memory import keep_freed
from pipeline.records import CHANNELS
from pipeline.rows.files import Row, Unreadable, read_file

BATCH_ROWS = 8_192
BATCH_CHARACTERS = 16_000_000
LONGEST = 100_000
"""Most characters of a text; more is not a message."""

_YES = dict.fromkeys(("true", "yes", "1"), True)
_YES_NO = _YES | dict.fromkeys(("false", "no", "0", ""), False)


@dataclass(frozen=True)
class Batch:
    """Rows that lie together in the file: four string arrays of one length.

    `text` and `language` are null where `error` is not; `language` is null too where the file
    does not say it, or says what is no language (`unknown_count` rows). `id` is never null.
    `share` is how much of the file is read, 0 to 1.
    """

    id: pa.StringArray
    text: pa.StringArray
    language: pa.StringArray
    error: pa.StringArray
    share: float
    unknown_count: int = 0


def read(path: Path) -> Iterator[Batch]:
    """Read a file batch by batch, in its order and in bounded memory, and judge its rows.

    Raises SettingsError when the file cannot be read or has no column `text`.
    """
    keep_freed()
    for first, rows in batches(path):
        yield judged(first, rows)


def batches(path: Path) -> Iterator[tuple[int, list[Row]]]:
    """Read a file as `read` does, without judging: the number of the first row, and rows.

    Raises SettingsError when the file cannot be read or has no column `text`.
    """
    held: list[Row] = []
    first = characters = 0
    for row in read_file(path):
        held.append(row)
        characters += len(row.text) if isinstance(row.text, str) else 0
        if len(held) == BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield first, held
            first, held, characters = first + len(held), [], 0
    if held:
        yield first, held


def judged(first: int, rows: list[Row]) -> Batch:
    """Judge rows one by one. `first` is the number of the first, counted from 0."""
    ids: list[str] = []
    texts: list[str | None] = []
    languages: list[str | None] = []
    errors: list[str | None] = []
    unknown_count = 0
    for at, row in enumerate(rows, first):
        error = row.error or _fault(row.text) or _language_fault(row.lang)
        try:
            one = _id(row.id)
        except (TypeError, ValueError, RecursionError):
            one, error = None, error or "id cannot be written as text"
        # A bare number could be another row's id, where the file has ids.
        ids.append((f"row:{at}" if row.has_ids else str(at)) if one is None else one)
        language = None if error else _language(row.lang)
        unknown_count += not error and language is None and _is_said(row.lang)
        texts.append(None if error else row.text)
        languages.append(language)
        errors.append(error)
    return Batch(
        id=pa.array(ids, pa.string()),
        text=pa.array(texts, pa.string()),
        language=pa.array(languages, pa.string()),
        error=pa.array(errors, pa.string()),
        share=min(rows[-1].share, 1.0),
        unknown_count=unknown_count,
    )


def fault_beside(row: Row) -> str | None:
    """What is wrong with `html`, `channel` or `author`; a blank is as good as none."""
    if is_html(row.html) is None:
        return "html is neither true nor false"
    if row.channel is not None and row.channel not in ("", *CHANNELS):
        return f"channel is none of {', '.join(CHANNELS)}"
    if row.author is not None and not (isinstance(row.author, str) and _is_utf8(row.author)):
        return "author is not a string"
    return None


def is_html(value: object) -> bool | None:
    """Read a yes or no; blank and missing are no, None is neither."""
    if value is None or _is_nan(value):
        return False
    return _YES_NO.get(str(value).strip().lower())


def _fault(text: object) -> str | None:
    if text is None:
        return "text is null"
    if not isinstance(text, str):
        return f"text is not a string but {_kind(text)}"
    if len(text) > LONGEST:
        return f"text has {len(text):,} characters; {LONGEST:,} is the most"
    if is_blank(text):
        return "text is blank"
    return None if _is_utf8(text) else "text is not valid UTF-8"


def _language_fault(language: object) -> str | None:
    if language is None or isinstance(language, str) or _is_nan(language):
        return None
    return f"lang is not a string but {_kind(language)}"


def _language(given: object) -> str | None:
    """`en-GB`, `EN` and `English` are all `en`; None is to be identified."""
    return stated(given) if isinstance(given, str) else None


def _is_said(language: object) -> bool:
    return isinstance(language, str) and language.strip().lower() not in ("", "und")


def _id(value: object) -> str | None:
    """Text, numbers as they are, all else as JSON; None where there is none.

    Raises TypeError, ValueError or RecursionError where it cannot be written.
    """
    if isinstance(value, str):
        return value if _is_utf8(value) else value.encode(errors="backslashreplace").decode()
    if value is None or _is_nan(value):
        return None
    if not isinstance(value, bool | list | dict | Unreadable):
        return str(value)
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError:  # numbers of more than 64 bits, half a character
        return json.dumps(value, default=_plain, separators=(",", ":"))


def _plain(value: object) -> str:
    """A value of Parquet that JSON does not have."""
    if isinstance(value, Unreadable):
        raise TypeError
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_utf8(text: str) -> bool:
    """Bytes that were not UTF-8 are carried as lone surrogates, which cannot be encoded."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: object) -> str:
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
        Unreadable: "a value out of range",
    }
    return names.get(type(value), type(value).__name__)
