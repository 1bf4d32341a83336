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
    """False: `fault` may find bytes within `value` that are not UTF-8."""


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


def fault(record: Any, document: Document) -> dict[str, str]:  # noqa: ANN401 - JSON values
    """The rule that a record within a document breaks by its form; empty when it is an object.

    Also gives the `raw` text of the record.
    """
    if document.is_utf8:
        raw, rule = orjson.dumps(record).decode(), ""
    else:
        written = json.dumps(record, ensure_ascii=False)
        raw = cleaned(written)
        rule = "" if raw == written else "invalid_utf8"
    if not isinstance(record, dict):
        rule = "not_an_object"
    return {"raw": raw, "rule_id": rule} if rule else {"raw": raw}


def as_text(value: Any) -> str | None:  # noqa: ANN401 - JSON values
    """A JSON value as the platform wrote it; None for null."""
    if value is None or isinstance(value, str):
        return value
    return str(value) if type(value) is int else json.dumps(value)


def cleaned(text: str) -> str:
    """Text without what is not UTF-8, to be shown."""
    return text.encode(errors="replace").decode()
