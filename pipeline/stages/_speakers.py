"""The table `authors`: who speaks, from all messages and detections."""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow.compute as pc

from pipeline.opportunities import authors
from pipeline.records import DAY
from pipeline.stages._audit import sound
from pipeline.stages._heard import Heard
from pipeline.storage import Lake, frames

MESSAGE = [
    "source", "author_id", "sent_at", "author_followers_count", "likes_count", "shares_count",
]  # fmt: skip
DETECTION = ["source", "author_id", "conversation_id", "tag", "sent_on"]


def swap(lake: Lake, heard: Heard) -> int:
    """Make the table `authors` anew, one partition a source. Returns the number of rows.

    Raises ContractError when a row breaks the contract; nothing is replaced then.
    """
    last = (heard.until - DAY).date()
    rows = _rows(lake, last)
    good = sound(rows, "authors", where=str(last))
    held = {one["source"] for one in lake.partitions("authors")}
    for source in sorted(held | set(rows["source"])):
        of_source = good.filter(pc.equal(good["source"], source))
        lake.write("authors", {"source": source}, of_source)
    return len(rows)


def _rows(lake: Lake, last: date) -> pl.DataFrame:
    spoke = (
        pc.field("author_id").is_valid()
        & ~pc.field("is_own")
        & pc.field("excluded_reason").is_null()
        & pc.field("duplicate_of").is_null()
    )
    heard = authors.joined(
        [authors.counted(one) for one in frames(lake, "messages", MESSAGE, spoke)]
    )
    said = (pc.field("decision") == "detected") & pc.field("tag").isin(list(authors.TAGS))
    return authors.build(heard, pl.DataFrame(lake.read("detections", DETECTION, said)), last)
