"""Of a message that is heard twice one row is kept: an edit is taken over, a copy is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa

from pipeline.stages._kept import one_each, settled
from tests.contracts.made import NOON, rows

DAY = timedelta(days=1)


def heard(*versions: tuple[str, str, timedelta, str]) -> pa.Table:
    """Rows of messages by id, text, time after noon, and origin; nothing says when an edit was."""
    times = [NOON + after for _, _, after, _ in versions]
    return rows(
        "messages",
        len(versions),
        message_id=[name for name, *_ in versions],
        text=[text for _, text, _, _ in versions],
        origin=[origin for *_, origin in versions],
        sent_at=times,
        sent_on=[at.date() for at in times],
        subject=[None] * len(versions),
        edited_at=[None] * len(versions),
        duplicate_of=[None] * len(versions),
    )


def seen(table: pa.Table) -> list[tuple[Any, ...]]:
    names = ["message_id", "text", "sent_at", "edited_at", "origin"]
    return [tuple(row.values()) for row in table.select(names).to_pylist()]


def test_what_says_the_same_later_is_a_copy_of_which_the_first_stays() -> None:
    both = heard(("m", "Hi", DAY, "copy"), ("m", "Hi", 0 * DAY, "first"))
    assert seen(one_each(both)) == [("m", "Hi", NOON, None, "first")]


def test_what_says_something_else_later_is_an_edit_of_its_time_on_the_first_day() -> None:
    both = heard(("m", "Hi!", DAY, "edit"), ("m", "Hi", 0 * DAY, "first"))
    assert seen(one_each(both)) == [("m", "Hi!", NOON, NOON + DAY, "edit")]


def test_messages_stay_as_they_were_held_unless_they_are_withdrawn() -> None:
    held = heard(("m", "Hi", 0 * DAY, "m"), ("n", "Ho", DAY, "n"), ("o", "Hm", DAY, "o"))
    found = settled(held, heard(("m", "Hi!", DAY, "new")), pa.array(["o"]))
    assert [name for name, *_ in seen(found)] == ["m", "n"]
