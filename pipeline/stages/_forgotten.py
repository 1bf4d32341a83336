"""Whose words are not kept, by the table `forgotten`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.conversations.forgetting import blanked, names_in
from pipeline.conversations.pseudonyms import pseudonyms_of
from pipeline.records import with_column
from pipeline.storage import Lake

RECORD = ("author", "native_id", "raw")
"""What tells whose a rejected record is."""


@dataclass(frozen=True)
class Forgotten:
    """The people and the messages of one source that are forgotten, and the key of pseudonyms."""

    source: str
    author_ids: pa.Array
    message_ids: pa.Array
    key: bytes

    def blanked(self, messages: pa.Table) -> pa.Table:
        """Blank what is forgotten among rows of the table `messages`."""
        if not len(self.author_ids) and not len(self.message_ids):
            return messages
        return blanked(messages, self.author_ids, self.message_ids)

    def without_words(self, rejected: pa.Table) -> pa.Table:
        """Blank `value` and `raw` of the rejected records that are forgotten, by author or id.

        Args:
            rejected: `author`, `native_id`, `raw` and `value` among its columns; of a record that
                is too broken to have an author or an id, all that may be one is looked at.
        """
        if not len(self.author_ids) and not len(self.message_ids):
            return rejected
        authors, ids = set(self.author_ids.to_pylist()), set(self.message_ids.to_pylist())
        records = zip(*(rejected[name].to_pylist() for name in RECORD), strict=True)
        is_other = []
        for author, native_id, raw in records:
            said = set(names_in(raw or "")) if not author or not native_id else set()
            known_as = self._pseudonyms([author] if author else said)
            called = {f"{self.source}:{one}" for one in ([native_id] if native_id else said)}
            is_other.append(authors.isdisjoint(known_as) and ids.isdisjoint(called))
        for name in ("value", "raw"):
            shown = pc.if_else(
                pa.array(is_other, pa.bool_()), rejected[name], pa.scalar(None, pa.string())
            )
            rejected = with_column(rejected, name, shown)
        return rejected

    def _pseudonyms(self, names: Iterable[str]) -> list[str]:
        given = pl.Series(sorted(names), dtype=pl.String)
        return pseudonyms_of(given, self.source, self.key).to_list()


def forgotten(lake: Lake, source: str, key: bytes) -> Forgotten:
    """Read who and what of a source is forgotten."""
    rows = lake.read_partition("forgotten", {"source": source}, ["forgotten_id", "forgotten_kind"])
    authors, messages = (
        rows.filter(pc.equal(rows["forgotten_kind"], kind))["forgotten_id"].combine_chunks()
        for kind in ("author", "message")
    )
    return Forgotten(source, authors, messages, key)
