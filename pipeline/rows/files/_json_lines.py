"""JSON lines: line n is row n."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from pipeline.keys import has_two_values, may_repeat_key
from pipeline.rows.files._row import COLUMNS, Row, missing_text

SEARCHED_ROWS = 10_000
"""So many readable rows of JSON lines without `text` say that the column is missing."""


def json_lines(path: Path) -> Iterator[Row]:
    """Read a file. Raises SettingsError when no readable row has `text`."""
    total, has_ids = path.stat().st_size or 1, _has_key_id(path)
    read = objects = 0
    seen: dict[str, None] | None = {}
    held: list[Row] = []
    with path.open("rb") as lines:
        for at, line in enumerate(lines):
            read += len(line)
            body = line[3:] if at == 0 and line.startswith(b"\xef\xbb\xbf") else line
            row, found = _json_row(body, read / total)
            row = row._replace(has_ids=has_ids)
            if seen is None:
                yield row
                continue
            # Until one row has `text`, rows wait: a file without it is refused as a whole.
            held.append(row)
            objects += found is not None
            seen.update(dict.fromkeys(found or ()))
            if "text" in seen or len(held) - objects > SEARCHED_ROWS:
                seen = None
                yield from held
            elif objects > SEARCHED_ROWS:
                break
    if seen is not None:
        if objects:
            raise missing_text(path, seen)
        yield from held


def _has_key_id(path: Path) -> bool:
    """Tell whether a key `id` stands anywhere. What can be read only once is taken to have it."""
    if not path.is_file():
        return True
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            return body.find(b'"id"') >= 0


def _json_row(line: bytes, share: float) -> tuple[Row, Mapping[str, Any] | None]:
    """Read one line: the row, and the object it was read from if it was one."""
    line = line.rstrip(b"\r\n")
    if not line.strip():
        return Row(None, None, None, "the line is blank", share), None
    try:
        found = orjson.loads(line)
        if isinstance(found, dict) and isinstance(found.get("id"), float):
            found = {**found, "id": json.loads(line, parse_int=str, parse_float=str)["id"]}
    except orjson.JSONDecodeError:
        try:  # what Python's own writer makes of NaN is not JSON, yet it is common
            found = json.loads(line.decode(), parse_constant=lambda _: None)
        except UnicodeDecodeError:
            return Row(None, None, None, "the line is not valid UTF-8", share), None
        except json.JSONDecodeError as error:
            said = error.msg.removesuffix(" starting at")
            what = f"not valid JSON at column {error.colno}: {said}"
            return Row(None, None, None, what, share), None
        except (ValueError, RecursionError) as error:
            return Row(None, None, None, f"not valid JSON: {type(error).__name__}", share), None
    if not isinstance(found, dict):
        return Row(None, None, None, "the line is not a JSON object", share), None
    if may_repeat_key(found, line) and has_two_values(line):
        what = "a key is there twice with different values"
        return Row(None, None, None, what, share), None
    error_text = None if "text" in found else "there is no text"
    one, text, lang, html, channel, author = map(found.get, COLUMNS)
    return Row(one, text, lang, error_text, share, html, channel, author), found
