"""Whose words are not kept, by the table `forgotten`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.conversations.forgetting import blanked, names_in
from pipeline.conversations.pseudonyms import pseudonyms_of
from pipeline.storage import Lake


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
        """Blank `value` and `raw` of the rejected records that are of somebody forgotten.

        Args:
            rejected: `author`, `raw` and `value` among its columns; of a record that is too broken
                to have an author, all that may be one is looked at.
        """
        if not len(self.author_ids):
            return rejected
        records = zip(rejected["author"].to_pylist(), rejected["raw"].to_pylist(), strict=True)
        is_other = pa.array(
            [
                not self._is_of_them([author] if author else names_in(raw or ""))
                for author, raw in records
            ]
        )
        for name in ("value", "raw"):
            at = rejected.schema.get_field_index(name)
            shown = pc.if_else(is_other, rejected[name], pa.scalar(None, pa.string()))
            rejected = rejected.set_column(at, rejected.schema.field(at), shown)
        return rejected

    def _is_of_them(self, names: Iterable[str]) -> bool:
        given = pl.Series(sorted(set(names)), dtype=pl.String)
        found = pseudonyms_of(given, self.source, self.key)
        return bool(found.is_in(self.author_ids.to_pylist()).any())


def forgotten(lake: Lake, source: str, key: bytes) -> Forgotten:
    """Read who and what of a source is forgotten."""
    rows = lake.read_partition("forgotten", {"source": source}, ["forgotten_id", "forgotten_kind"])
    authors, messages = (
        rows.filter(pc.equal(rows["forgotten_kind"], kind))["forgotten_id"].combine_chunks()
        for kind in ("author", "message")
    )
    return Forgotten(source, authors, messages, key)
