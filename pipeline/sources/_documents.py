"""JSON files that are one document each, read whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pipeline.sources._lines import BYTE_ORDER_MARK, is_utf8


class Document(NamedTuple):
    """One file. `value` is None where `broken` names the rule that the file breaks."""

    value: Any
    broken: Mapping[str, str] | None = None
    """The rejected record for the file, as columns of `records.RECORD`."""
    is_utf8: bool = True
    """False: `sound` may find what is not UTF-8 within `value`."""


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
        return Document(orjson.loads(data))
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
        return Document(json.loads(text), is_utf8=False)
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


def shown(record: Any) -> dict[str, str]:  # noqa: ANN401 - JSON values
    """The `raw` text of a record within a document, and the rule when it is no object."""
    raw = {"raw": as_json(record)}
    return raw if isinstance(record, dict) else {**raw, "rule_id": "not_an_object"}


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


def as_json(value: Any) -> str:  # noqa: ANN401 - JSON values
    """A JSON value in JSON; half surrogates stay as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cleaned(text: str) -> str:
    """Text without what is not UTF-8, to be shown."""
    return text.encode(errors="replace").decode()
