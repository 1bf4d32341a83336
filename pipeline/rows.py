"""Reads the rows of a file that people want tagged; every row keeps its place.

Unlike a source nothing is put into quarantine: a row that cannot be read becomes a row with the
reason in `error`. Line n of a .jsonl file is row n, a blank line included. In a .csv file a
quote that is never closed costs its own line only: reading goes on at the next one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SettingsError

BATCH_ROWS = 8_192
BATCH_CHARACTERS = 16_000_000
LONGEST = 100_000
KINDS = (".jsonl", ".csv", ".parquet")
COLUMNS = ("id", "text", "lang")


@dataclass(frozen=True)
class Batch:
    """Rows that lie together in the file: four string arrays of one length.

    `text` and `language` are null where `error` is not; `language` is null too where the file
    does not say it. `id` is never null. `share` of the file is read, 0 to 1.
    """

    id: pa.StringArray
    text: pa.StringArray
    language: pa.StringArray
    error: pa.StringArray
    share: float


class Row(NamedTuple):
    """One row as read, before it is judged. `size` is the bytes read so far."""

    id: Any
    text: Any
    lang: Any
    error: str | None
    size: int


def read(path: Path) -> Iterator[Batch]:
    """Read a file batch by batch, in its order.

    Raises SettingsError when the file cannot be read, its ending is not one of `KINDS`, or it has
    no column `text`; the message names the columns there are.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise SettingsError(
            f"the input's ending '{path.suffix}' is not known",
            where=str(path),
            mend=f"give a file that ends in {', '.join(KINDS)}",
        )
    try:
        if kind == ".parquet":
            from pipeline.rows_parquet import read_parquet

            yield from read_parquet(path)
        else:
            yield from _read_lines(path, kind)
    except OSError as error:
        raise SettingsError(
            f"the input cannot be read ({error.strerror or type(error).__name__})",
            where=str(path),
            mend="check the path and the rights on the file",
        ) from error


def missing_text(path: Path, columns: list[str]) -> SettingsError:
    """The answer to a file without a column `text`."""
    import difflib

    near = difflib.get_close_matches("text", [name.strip().lower() for name in columns], n=1)
    listed = ", ".join(columns[:30]) or "none"
    return SettingsError(
        f"there is no column 'text'; the columns are: {listed}",
        where=str(path),
        mend="rename the column that holds the messages to 'text'"
        + (f" (is it '{near[0]}'?)" if near else ""),
    )


def judged(
    first: int, ids: list[Any], texts: list[Any], langs: list[Any], errors: list[str | None]
) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Judge rows one by one: id, text, language and error as string arrays.

    `first` is the number of the first row; it stands in where a row has no id.
    """
    for at, (text, lang) in enumerate(zip(texts, langs, strict=True)):
        if errors[at] is None:
            errors[at] = _fault(text) or _lang_fault(lang)
        if errors[at] is not None:
            texts[at] = langs[at] = None
        elif lang is not None:
            langs[at] = _code(lang)
    named = [_id(value, first + at) for at, value in enumerate(ids)]
    text, error = pa.array(texts, pa.string()), pa.array(errors, pa.string())
    return pa.array(named, pa.string()), text, pa.array(langs, pa.string()), error


def _fault(text: Any) -> str | None:
    if text is None:
        return "text is null"
    if not isinstance(text, str):
        return f"text is not a string but a {_kind(text)}"
    if len(text) > LONGEST:
        return f"text has {len(text):,} characters; {LONGEST:,} is the most"
    if not text.strip():
        return "text is blank"
    if not text.isascii() and not _encodable(text):
        return "text is not valid UTF-8"
    return None


def _lang_fault(lang: Any) -> str | None:
    if lang is None or isinstance(lang, str) or _is_nan(lang):
        return None
    return f"lang is not a string but a {_kind(lang)}"


def _code(lang: Any) -> str | None:
    """`en-GB`, `EN` and `en_US` are all `en`; blank means that it must be identified."""
    code = "" if _is_nan(lang) else lang.strip().lower().replace("_", "-").split("-")[0]
    return code if code and _encodable(code) else None


def _id(value: Any, row: int) -> str:
    if isinstance(value, str):
        return value if value.isascii() or _encodable(value) else str(row)
    if value is None or _is_nan(value):
        return str(row)
    import orjson

    if isinstance(value, bool | list | dict):
        return orjson.dumps(value).decode()
    return str(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "number", float: "number", list: "list", dict: "object"}
    return names.get(type(value), type(value).__name__)


def _read_lines(path: Path, kind: str) -> Iterator[Batch]:
    from pipeline import rows_text

    total = max(path.stat().st_size, 1)
    rows = rows_text.read_csv(path) if kind == ".csv" else rows_text.read_json_lines(path)
    held: list[Row] = []
    first = characters = 0
    for row in rows:
        held.append(row)
        characters += len(row.text) if isinstance(row.text, str) else 0
        if len(held) == BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield _batch(first, held, total)
            first, held, characters = first + len(held), [], 0
    if held:
        yield _batch(first, held, total)


def _batch(first: int, rows: list[Row], total: int) -> Batch:
    ids, texts, langs, errors, sizes = (list(column) for column in zip(*rows, strict=True))
    return Batch(*judged(first, ids, texts, langs, errors), min(sizes[-1] / total, 1.0))


def clean_strings(column: pa.Array) -> bool:
    """Tell whether a string array holds valid UTF-8 only."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def all_readable(texts: pa.Array) -> bool:
    """Tell whether no row of a valid string array needs a closer look."""
    lengths = pc.utf8_length(texts)
    bounds = pc.min_max(pc.utf8_length(pc.utf8_trim_whitespace(texts)))
    return (
        texts.null_count == 0
        and (bounds["min"].as_py() or 0) > 0
        and (pc.max(lengths).as_py() or 0) <= LONGEST
    )
