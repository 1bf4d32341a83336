"""Which ids a source has delivered before, in 16 bytes a message, or 24 where edits come."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Hashes = npt.NDArray[np.uint64]

CONTENT = ("text", "sent_at", "author")
SENDING = ("sent_at", "author")
"""What an edit leaves as it was."""


class SeenIds:
    """Finds ids that come again, with 64-bit hashes in sorted arrays.

    The first readable record with an id wins. A later one with the same text, time and author is
    a duplicate; one that differs breaks the rule `conflicting_duplicate`. Records that break
    another rule take no id: a readable one after them still arrives.
    """

    def __init__(self, *, takes_edits: bool = False) -> None:
        """Begin with nothing seen.

        Args:
            takes_edits: A later record with another text is an edit, and arrives too, where it is
                of the same time and author.
        """
        self._compared = (CONTENT, SENDING) if takes_edits else (CONTENT,)
        # Sorted runs, each at least twice as long as the next: few to search, cheap to merge.
        self._runs: list[tuple[Hashes, Hashes]] = []

    def judge(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Mark the rows whose id came before, here or in an earlier frame.

        Args:
            frame: Typed records (see `typed`), in the order of the origin.

        Returns:
            The frame with a boolean `is_duplicate`, and the rule set on conflicting rows.
        """
        readable = frame["rule_id"].is_null().to_numpy()
        rows = np.flatnonzero(readable)
        ids = frame["native_id"].hash(seed=1).to_numpy()[rows]
        said = [frame.select(names).hash_rows(seed=2).to_numpy()[rows] for names in self._compared]
        content = np.column_stack(said)
        first_content, is_again = self._first(ids, content)
        is_same = first_content == content
        duplicate = np.zeros(len(frame), dtype=bool)
        duplicate[rows[is_again & is_same[:, 0]]] = True
        conflict = np.zeros(len(frame), dtype=bool)
        conflict[rows[is_again & ~is_same[:, -1]]] = True
        frame = frame.with_columns(is_duplicate=pl.Series(duplicate))
        return frame if not conflict.any() else _conflicting(frame, conflict)

    def _first(self, ids: Hashes, content: Hashes) -> tuple[Hashes, npt.NDArray[np.bool_]]:
        """The content that first bore each id, and whether that was another row."""
        unique, first, place = np.unique(ids, return_index=True, return_inverse=True)
        first_content = content[first]
        is_known = np.zeros(len(unique), dtype=bool)
        for known, known_content in self._runs:
            at = np.minimum(np.searchsorted(known, unique), len(known) - 1)
            hit = known[at] == unique
            first_content = np.where(hit[:, None], known_content[at], first_content)
            is_known |= hit
        self._add(unique[~is_known], first_content[~is_known])
        is_again = is_known[place] | (first[place] != np.arange(len(ids)))
        return first_content[place], is_again

    def _add(self, ids: Hashes, content: Hashes) -> None:
        if not len(ids):
            return
        self._runs.append((ids, content))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            later, earlier = self._runs.pop(), self._runs.pop()
            merged = np.concatenate([earlier[0], later[0]])
            order: npt.NDArray[Any] = np.argsort(merged, kind="stable")
            self._runs.append((merged[order], np.concatenate([earlier[1], later[1]])[order]))


def _conflicting(frame: pl.DataFrame, conflict: npt.NDArray[np.bool_]) -> pl.DataFrame:
    broken = pl.Series(conflict)
    return frame.with_columns(
        rule_id=pl.when(broken).then(pl.lit("conflicting_duplicate")).otherwise("rule_id"),
        column=pl.when(broken).then(pl.lit("native_id")).otherwise("column"),
        value=pl.when(broken).then("native_id").otherwise("value"),
    )
