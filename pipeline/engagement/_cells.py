"""Values of a column as cells of a sheet can hold them, and the headings above them."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, tzinfo
from typing import Any

import pyarrow as pa

from pipeline.engagement._reasons import reason
from pipeline.text import vocabulary

Cell = str | bool | int | float | datetime | date | None

FORMAT = "3"
"""Changes when the same rows give other files: the ledger then exports everything again."""
_BETWEEN = " | "
"""Stands between the values of a list."""
_CODED = {
    "recommended_action": "actions",
    "topic": "names",
    "department": "names",
    "owner": "names",
    "informed": "names",
    "subject": "names",
    "subject_kind": "subjects",
    "kind": "alerts",
    "need": "needs",
    "state": "states",
    "deadline_state": "deadlines",
    "channel": "channels",
    "switch_direction": "directions",
    "contact_channel": "contacts",
}
"""Column that holds codes to their part of `vocabulary/deliveries.<language>.toml`."""


def values(column: pa.ChunkedArray) -> list[Cell]:
    """Read a column as values that a cell can hold: lists are joined, numbers keep their digits."""
    held: list[Any] = shortest(column).to_pylist()
    if pa.types.is_floating(column.type):
        return [value if value is not None and math.isfinite(value) else None for value in held]
    if pa.types.is_list(column.type):
        return [None if value is None else _BETWEEN.join(map(_listed, value)) for value in held]
    if pa.types.is_nested(column.type):
        return [None if value is None else _listed(value) for value in held]
    return held


def shortest(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of which a float32 is the shortest number that is it: 0.87, not 0.8700000047."""
    if not pa.types.is_float32(column.type):
        return column
    return column.cast(pa.string()).cast(pa.float64())


def meaning(field: pa.Field, zone: tzinfo, language: str | None) -> tuple[str, str]:
    """The kind of values of a column, and what they mean: in Dutch, or as the contract has it."""
    if language == "nl":
        told: dict[str, dict[str, str]] = vocabulary("meanings.nl.toml")
        if field.name in told["columns"]:
            kind = told["types"][_kind(field.type)].format(zone=zone)
            return kind, told["columns"][field.name]
    kind = f"time, {zone}" if pa.types.is_timestamp(field.type) else str(field.type)
    return kind, (field.metadata or {}).get(b"description", b"").decode()


def _kind(of_type: pa.DataType) -> str:
    kinds = {
        "flag": pa.types.is_boolean,
        "day": pa.types.is_date,
        "time": pa.types.is_timestamp,
        "list": pa.types.is_nested,
        "number": lambda one: pa.types.is_integer(one) or pa.types.is_floating(one),
    }
    return next((kind for kind, fits in kinds.items() if fits(of_type)), "text")


def spoken(column: str, held: list[Cell], language: str) -> list[Cell]:
    """The values of a column in the words of a language: its codes, and the reasons of advice."""
    words: dict[str, dict[str, str]] = vocabulary(f"deliveries.{language}.toml")
    if column == "action_reason":
        return [
            reason(value, language, words["names"]) if isinstance(value, str) else value
            for value in held
        ]
    if column not in _CODED:
        return held
    known = words[_CODED[column]]
    return [
        _BETWEEN.join(known.get(code, code) for code in value.split(_BETWEEN))
        if isinstance(value, str)
        else value
        for value in held
    ]


def _listed(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def heading(column: str, language: str | None) -> str:
    """The heading of a column: its name, or words of a language, English where it has none."""
    if language is None:
        return column
    plain = column.removeprefix("is_").removesuffix("_id").replace("_", " ").capitalize()
    return str(vocabulary(f"columns.{language}.toml").get(column, plain))
