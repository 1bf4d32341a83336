"""JSON files that are one document each, read whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pipeline.keys import may_repeat_key, objects_in
from pipeline.sources._lines import BYTE_ORDER_MARK, is_utf8


class Document(NamedTuple):
    """One file. `value` is None where `broken` names the rule that the file breaks."""

    value: Any
    broken: Mapping[str, str] | None = None
    """The rejected record for the file, as columns of `records.RECORD`."""
    is_utf8: bool = True
    """False: `sound` may find what is not UTF-8 within `value`."""
    may_repeat: bool = False
    """True: objects of `value` that have a key twice with different values are `Repeated`."""


class Repeated(dict[str, Any]):
    """An object that has a key twice with different values, of which it holds the last."""

    def __init__(self, value: dict[str, Any], key: str) -> None:
        """Keep the object, and the key."""
        super().__init__(value)
        self.key = key


def read_document(path: Path, origin: str) -> Document | None:
    """Read a file; None when it is blank.

    A file that is no JSON breaks the rule `invalid_json`, with the line of the fault, or
    `truncated` when it ends too early. Bytes that are not UTF-8 do not spoil the file, only the
    records that hold them.
    """
    data = path.read_bytes().removeprefix(BYTE_ORDER_MARK)
    if not data.strip():
        return None
    try:
        return _checked(orjson.loads(data), data)
    except orjson.JSONDecodeError as error:
        broken = error
    text = data.decode(errors="surrogateescape")
    if not is_utf8(data):
        try:
            orjson.loads(data.decode(errors="replace"))
        except orjson.JSONDecodeError as error:
            broken = error
    try:
        # The standard library also takes half surrogates, written as bytes or as `\\ud83d`.
        return _looked_at_twice(text)._replace(is_utf8=False)
    except (ValueError, RecursionError):
        is_cut = broken.msg.startswith("unexpected end of data")
    return Document(
        None,
        {
            "origin": f"{origin}:{broken.lineno}",
            "rule_id": "truncated" if is_cut else "invalid_json",
            "raw": cleaned(text),
        },
    )


def _checked(value: Any, data: bytes) -> Document:  # noqa: ANN401 - JSON values
    if may_repeat_key(value, data):
        # Nested deeper than Python reads: no export of messages is.
        with suppress(RecursionError):
            return _looked_at_twice(data)
    return Document(value)


def _looked_at_twice(written: str | bytes) -> Document:
    return Document(json.loads(written, object_pairs_hook=_object), may_repeat=True)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        first: dict[str, str] = {}
        for key, one in pairs:
            # As JSON, for 1, 1.0 and true are equal in Python.
            if first.setdefault(key, as_json(one)) != as_json(one):
                return Repeated(value, key)
    return value


def shown(
    record: Any,  # noqa: ANN401 - JSON values
    document: Document | None = None,
    around: Iterable[Any] = (),
) -> dict[str, str | None]:
    """The `raw` text of a record, and the rule that its shape breaks.

    That is `not_an_object`, or `repeated_key` where an object within the record, or one of those
    `around` it in its document that say something of it, has a key twice with different values.
    """
    raw = {"raw": as_json(record)}
    if not isinstance(record, dict):
        return {**raw, "rule_id": "not_an_object"}
    parts = [*around, *objects_in(record)] if document and document.may_repeat else []
    repeated = next((one.key for one in parts if isinstance(one, Repeated)), None)
    if repeated is None:
        return {**raw}
    return {**raw, "rule_id": "repeated_key", "column": repeated, "value": None}


def sound(row: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    """The row; where it holds what is not UTF-8 it breaks a rule, and that is replaced."""
    if document.is_utf8:
        return row
    clean = {name: cleaned(one) for name, one in row.items() if isinstance(one, str)}
    if all(one == row[name] for name, one in clean.items()):
        return row
    return {**row, **clean, "rule_id": row.get("rule_id") or "invalid_utf8"}


def as_text(value: Any) -> str | None:  # noqa: ANN401 - JSON values
    """A JSON value as the platform wrote it; None for null."""
    if value is None or isinstance(value, str):
        return value
    return str(value) if type(value) is int else as_json(value)


def kept(item: Mapping[str, Any], names: Iterable[str]) -> str:
    """What an item says under some names, in JSON: the attributes of its message."""
    return as_json({name: item[name] for name in names if item.get(name)})


def as_json(value: Any) -> str:  # noqa: ANN401 - JSON values
    """A JSON value in JSON; half surrogates stay as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cleaned(text: str) -> str:
    """Text without what is not UTF-8, to be shown."""
    return text.encode(errors="replace").decode()
