"""Tweets between customers and companies, as in "Customer Support on Twitter".

Format:    CSV with tweet_id, author_id, inbound, created_at, text and in_response_to_tweet_id.
           Other columns are not kept.
Threading: `in_response_to_tweet_id`; the export has no thread ids.
Times:     `Tue Oct 31 22:10:47 +0000 2017`, or ISO 8601; without a zone they need `time_zone`.
Agents:    `inbound` False is a message of the company.
Text:      HTML entities (`&amp;`) are read as their characters.
Nulls:     nothing, or `NULL`, `NaN` and the like, in any column but the text.
Numbers:   ids written as `12.0` are the id `12`.
Personal:  author_id (numbers stand for customers, names for companies), and the text.
Rejected:  rows with broken quoting or columns, one by one, with their line.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.sources._delimited import Records, read
from pipeline.sources._mapping import finish, missing_column, whole_ids, without_nulls
from pipeline.sources._rows import Columns
from pipeline.sources._typed import times
from pipeline.sources.base import FileSource

COLUMNS = {
    "native_id": "tweet_id",
    "author": "author_id",
    "is_agent": "inbound",
    "sent_at": "created_at",
    "text": "text",
    "reply_to_native_id": "in_response_to_tweet_id",
}


class TwitterSupport(FileSource):
    """Rows of tweets."""

    channel = "microblog"
    time_format = "%a %b %d %H:%M:%S %z %Y"

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        name = self.origin(path)

        def choose(header: list[str]) -> dict[str, str]:
            for field, column in COLUMNS.items():
                if column not in header:
                    raise missing_column(column, field, header, name)
            return COLUMNS

        def is_time(value: str) -> bool:
            # The zone does not matter here: a naive time is a time all the same.
            return times(pl.Series([value]), "UTC", self.time_format).at.null_count() == 0

        for records in read(path, choose, is_time):
            yield _batch(records, name)


def _batch(records: Records, name: str) -> pa.RecordBatch:
    count = len(records.lines)
    columns: dict[str, Any] = whole_ids(without_nulls(records.values))
    inbound = finish({"is_agent": columns["is_agent"]}, count, records.rules)
    inbound["is_agent"] = [None if one is None else not one for one in inbound["is_agent"]]
    columns |= inbound
    columns["text"] = _unescaped(columns["text"])
    columns["origin"] = [f"{name}:{line}" for line in records.lines]
    columns["raw"] = records.raw
    return Columns(columns, count).batch()


def _unescaped(texts: pa.Array) -> pa.Array:
    marked = pa.compute.match_substring(texts, "&")
    plain = [html.unescape(text) for text in texts.filter(marked).to_pylist()]
    return pa.compute.replace_with_mask(texts, marked, pa.array(plain, pa.string()))


SOURCE = TwitterSupport
