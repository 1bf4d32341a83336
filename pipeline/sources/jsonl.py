"""JSON lines: one object per line, any shape.

Format:    UTF-8, one JSON object per line (NDJSON). Blank lines are skipped.
Mapping:   field to key or dotted path, such as `author = "user.name"`; fields of the same name
           need none, and `id` is taken for `native_id`. `"attributes.plan" = "account.plan"`
           keeps any other value. Keys that are not mapped are not kept.
Threading: `reply_to_native_id` and `thread_native_id`, where the export has them.
Times:     ISO 8601, or epoch seconds or milliseconds. Times without a zone need `time_zone`.
Numbers:   kept as written; a number where text is expected is its digits. Ids written as the
           number `12.0` are the id `12`.
Personal:  whatever `author` and `text` hold.
Rejected:  broken lines one by one; a broken last line without a newline is `truncated`. An object
           that has a key twice with different values (`repeated_key`): either may be meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from pipeline.sources._lines import JsonLines, json_lines
from pipeline.sources._mapped import MappedSource
from pipeline.sources._mapping import IDS, finish, whole_id
from pipeline.sources._rows import Columns


class JsonLinesSource(MappedSource):
    """Objects, one a line."""

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        name = self.origin(path)
        is_first = True
        for block in json_lines(path):
            if block.lines:
                yield self._batch(block, name, is_first=is_first)
                is_first = False

    def _batch(self, block: JsonLines, name: str, *, is_first: bool) -> pa.RecordBatch:
        columns: dict[str, list[str | None]] = {}
        nested: dict[str, list[int]] = {}
        keys = set().union(*block.objects)
        for field, paths in self._mapping.paths.items():
            is_there = any({path, path.partition(".")[0]} & keys for path in paths)
            values = _column(block.objects, paths) if is_there else []
            if values.count(None) < len(values):
                columns[field] = _texts(values, block.raw, paths, is_id=field in IDS)
                if {*map(type, values)} & {dict, list}:
                    nested[field] = [
                        row for row, one in enumerate(values) if type(one) in (dict, list)
                    ]
            elif is_first:
                self._mapping.check(block.objects, field, name)
        done: dict[str, Any] = finish(columns, len(block.lines), block.rules, nested)
        done["origin"] = [f"{name}:{line}" for line in block.lines]
        try:
            done["raw"] = pa.array(block.raw, pa.string())
        except pa.ArrowInvalid:
            done["raw"] = [line.decode(errors="replace") for line in block.raw]
        return Columns(done, len(block.lines)).batch()


def _column(objects: list[dict[str, Any]], paths: tuple[str, ...]) -> list[Any]:
    """The value of each object at the first path that it has."""
    values = _values(objects, paths[0])
    for path in paths[1:]:
        if None in values:
            others = zip(values, _values(objects, path), strict=True)
            values = [other if value is None else value for value, other in others]
    return values


def _values(objects: list[dict[str, Any]], path: str) -> list[Any]:
    values = [one.get(path) for one in objects]
    if "." not in path or None not in values:
        return values
    steps, pairs = path.split("."), zip(values, objects, strict=True)
    return [reduce(_step, steps, one) if value is None else value for value, one in pairs]


def _step(value: Any, key: str) -> Any:  # noqa: ANN401 - JSON values
    return value.get(key) if isinstance(value, dict) else None


def _texts(
    values: list[Any], raw: list[bytes], paths: tuple[str, ...], *, is_id: bool
) -> list[str | None]:
    """Values as the platform wrote them."""
    if {*map(type, values)} <= {str, type(None)}:
        return values
    texts = [_text(value, raw[row], paths) for row, value in enumerate(values)]
    if not is_id:
        return texts
    rows = zip(values, texts, strict=True)
    return [whole_id(text) if isinstance(value, float) and text else text for value, text in rows]


def _text(value: Any, raw: bytes, paths: tuple[str, ...]) -> str | None:  # noqa: ANN401
    if isinstance(value, float):
        # Parsing rounds long numbers, and two ids could become one: take the digits themselves.
        # Only a line that is nested deeper than Python reads keeps what was parsed.
        with suppress(RecursionError):
            again = json.loads(raw, parse_float=str, parse_int=str)
            value = _column([again], paths)[0]
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


SOURCE = JsonLinesSource
