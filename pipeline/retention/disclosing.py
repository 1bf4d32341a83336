"""The right of access: a copy of all that the lake holds of a person, for that person.

Only rows of the person: what quotes others beside it, such as themes, alerts and conversations, is
left out, and so is who of us labelled or decided.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.retention.places import OPPORTUNITIES, Asked, delivered
from pipeline.storage import Lake, refuse_unusable, replace_file

OURS = ["labelled_by", "decided_by"]
"""Columns that name people of the company."""


def disclose(lake: Lake, who: Asked, file: Path) -> dict[str, int]:
    """Write all rows of a person as JSON lines, each with its `table`; the file is replaced whole.

    Args:
        lake: the lake.
        who: what `asked` gives for an author.
        file: where to: a .jsonl, in a folder that is there.

    Returns:
        How many rows of each table it holds, tables without any left out.

    Raises SettingsError where the file cannot be written.
    """
    refuse_unusable(file, (".jsonl",))
    counts: dict[str, int] = {}

    def blocks() -> Iterator[bytes]:
        for table, rows in _rows(lake, who):
            if rows.num_rows:
                counts[table] = rows.num_rows
                frame = pl.DataFrame(rows).drop(OURS, strict=False)
                block = io.BytesIO()
                frame.select(pl.lit(table).alias("table"), pl.all()).write_ndjson(block)
                yield block.getvalue()

    replace_file(file, blocks())
    return counts


def _rows(lake: Lake, who: Asked) -> Iterator[tuple[str, pa.Table]]:
    of_author = pc.field("author_id").isin(who.author_ids)
    messages = lake.read("messages", None, of_author & (pc.field("source") == who.source))
    yield "messages", messages
    ids = messages["message_id"].combine_chunks()
    of_message = pc.field("message_id").isin(ids)
    for table in ("detections", "labels", "outcomes"):
        yield table, lake.read(table, None, of_message)
    for table in OPPORTUNITIES:
        yield table, lake.read(table, None, of_author | of_message)
    yield "authors", lake.read("authors", None, of_author)
    yield "deliveries", delivered(lake, of_author | of_message)
    named = pa.chunked_array([who.author_ids, ids]).combine_chunks()
    yield "forgotten", lake.read("forgotten", None, pc.field("forgotten_id").isin(named))
