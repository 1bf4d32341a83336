"""Messages that are forgotten: a file of before says things about them that nobody may keep."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow.compute as pc

from pipeline.console import counted
from pipeline.storage import Lake, among


def forgotten(lake: Lake, message_ids: Iterable[str]) -> frozenset[str]:
    """Those of some messages that are forgotten."""
    ids = among("message_id", message_ids)
    gone = lake.read("messages", ["message_id"], ids & (pc.field("excluded_reason") == "forgotten"))
    return frozenset(gone["message_id"].to_pylist())


def told(count: int) -> str:
    """What to tell of lines that are passed over."""
    are = "is about a message" if count == 1 else "are about messages"
    return f"{counted(count, 'line')} {are} that nobody may know of any more: passed over"
