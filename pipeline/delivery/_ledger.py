"""The ledger of deliveries: what is about to be sent is written down before, and the answer after.

So a run that is killed leaves `intended` behind, and the next one knows that this may have been
taken. Nothing is ever sent that the ledger does not hold first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.storage import Lake

TABLE = "deliveries"
State = Literal["intended", "sent", "refused", "failed", "unknown"]


@dataclass(frozen=True)
class Entry:
    """One row of the table `deliveries`, without the name of the delivery."""

    idempotency_key: str
    sent_table: str
    sent_id: str
    intended_on: date
    intended_at: datetime
    attempts_count: int = 1
    state: State = "intended"
    answered_status: int | None = None
    their_reference: str | None = None


class Ledger:
    """The entries of one delivery, in the lake; one run at a time may hold it."""

    def __init__(self, lake: Lake, delivery: str) -> None:
        """Read the delivery's entries."""
        self._lake, self._delivery = lake, delivery
        rows = lake.read(TABLE, where=pc.field("delivery") == delivery)
        held = rows.drop_columns(["delivery"]).to_pylist()
        self._entries = {row["idempotency_key"]: Entry(**row) for row in held}

    def state(self, key: str) -> State | None:
        """Where a row stands; None when it was never about to be sent."""
        entry = self._entries.get(key)
        return None if entry is None else entry.state

    def found(self, state: State) -> list[Entry]:
        """The entries that stand so."""
        return [entry for entry in self._entries.values() if entry.state == state]

    def intend(self, ids: Mapping[str, str], table: str, now: datetime) -> None:
        """Write down that rows, key to id, are about to be sent."""
        made = []
        for key, row_id in ids.items():
            old = self._entries.get(key)
            if old is None:
                made.append(Entry(key, table, row_id, now.date(), now))
            else:
                again = replace(old, intended_at=now, attempts_count=old.attempts_count + 1)
                made.append(replace(again, state="intended", answered_status=None))
        self._put(made)

    def note(
        self, keys: Iterable[str], state: State, status: int = 0, reference: str | None = None
    ) -> None:
        """Write down what became of rows that were about to be sent."""
        told: dict[str, Any] = {
            "state": state,
            "answered_status": status or None,
            "their_reference": reference,
        }
        self._put([replace(self._entries[key], **told) for key in keys])

    def _put(self, entries: Iterable[Entry]) -> None:
        changed = list(entries)
        self._entries |= {entry.idempotency_key: entry for entry in changed}
        schema = contract(TABLE).schema
        for day in sorted({entry.intended_on for entry in changed}):
            rows = [vars(one) for one in self._entries.values() if one.intended_on == day]
            rows.sort(key=lambda row: str(row["idempotency_key"]))
            partition = {"delivery": self._delivery, "intended_on": day.isoformat()}
            self._lake.write(TABLE, partition, pa.Table.from_pylist(rows, schema=schema))
