"""A lead as a person of sales reads it in a CRM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.engagement._digest import told, when, why
from pipeline.engagement._escape import line, url
from pipeline.engagement.base import Context


def name(row: Mapping[str, Any]) -> str:
    """What stands where a CRM wants a name: nobody's, as the table holds none."""
    return line(f"Lead {row['source']} {row['lead_id'].rpartition(':')[2]}", 80)


def description(row: Mapping[str, Any], context: Context) -> str:
    """The lead in lines of plain text."""
    return "\n".join(_lines(row, context))


def _lines(row: Mapping[str, Any], context: Context) -> Iterator[str]:
    words = told(context)
    yield f"{words['said']}: “{line(row['snippet'], 1000)}”"
    if row["action_reason"]:
        yield f"{words['reason']}: {line(why(row['action_reason'], context))}"
    yield f"{words['priority']}: {row['priority']:.0f}"
    if row["respond_by"] is not None:
        yield words["by"].format(time=when(row["respond_by"], context))
    yield url(row["url"]) or line(row["message_id"])
