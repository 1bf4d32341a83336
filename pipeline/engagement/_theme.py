"""An idea theme as an issue: its title, its votes and three examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.engagement._digest import entry
from pipeline.engagement._escape import line
from pipeline.engagement.base import Context


def summary(row: Mapping[str, Any]) -> str:
    """The title of the issue, one line."""
    return line(row["title"], 200)


def facts(row: Mapping[str, Any], context: Context) -> str:
    """Votes and languages, one line."""
    return entry(row, context).head


def examples(row: Mapping[str, Any]) -> list[str]:
    """What people said, one line each."""
    return [shown for one in row["examples"] if (shown := line(one))]
