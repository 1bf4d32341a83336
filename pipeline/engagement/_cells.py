"""Values of a column as cells of a sheet can hold them, and the headings above them."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.text import vocabulary

Cell = str | bool | int | float | datetime | date | None

FORMAT = "2"
"""Changes when the same rows give other files: the ledger then exports everything again."""


def values(column: pa.ChunkedArray) -> list[Cell]:
    """Read a column as values that a cell can hold: lists are joined, numbers keep their digits."""
    held: list[Any] = column.to_pylist()
    if pa.types.is_float32(column.type):
        # The shortest number that is this float32, so that 0.87 does not become 0.8700000047.
        held = [None if value is None else float(str(np.float32(value))) for value in held]
    if pa.types.is_floating(column.type):
        return [value if value is not None and math.isfinite(value) else None for value in held]
    if pa.types.is_list(column.type):
        return [None if value is None else " | ".join(map(_listed, value)) for value in held]
    if pa.types.is_nested(column.type):
        return [None if value is None else _listed(value) for value in held]
    return held


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
