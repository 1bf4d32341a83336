"""What is left of somebody who is forgotten, and whose a record is that is too broken to say it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from pipeline.contracts import contract
from pipeline.conversations.forgetting import BLANK, blanked, names_in

MESSAGES = contract("messages").full_schema
KEPT = {
    "source", "sent_on", "message_id", "channel", "native_id", "reply_to_id", "thread_id",
    "is_own", "sent_at", "edited_at", "closed_at", "seen_at",
}  # fmt: skip
"""Columns that say nothing of a person, and hold conversations and counts together."""
MOMENT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def full(name: str, author: str | None) -> dict[str, Any]:
    """A message of which every column says something."""
    said = {pa.string(): "Roos", pa.bool_(): True, pa.date32(): date(2026, 11, 2)}
    moments = dict.fromkeys(("sent_at", "edited_at", "closed_at", "seen_at"), MOMENT)
    row = {field.name: said.get(field.type, 4) for field in MESSAGES}
    return {**row, **moments, "message_id": name, "author_id": author}


@pytest.mark.parametrize(("authors", "ids"), [(["a"], []), ([], ["m1"])])
def test_a_column_of_a_forgotten_message_is_blank_unless_it_must_stay(
    authors: list[str], ids: list[str]
) -> None:
    rows = [full("m1", "a"), full("m2", "b"), full("m3", None)]
    messages = pa.Table.from_pylist(rows, MESSAGES)
    made = blanked(messages, pa.array(authors, pa.string()), pa.array(ids, pa.string()))
    assert made.schema == MESSAGES
    gone, *others = made.to_pylist()
    assert others == rows[1:]
    left = {name: value for name, value in gone.items() if value is not None}
    assert left.keys() - KEPT == {"text", "origin", "language", "excluded_reason"}
    assert (left["text"], left["origin"], left["language"]) == (BLANK, BLANK, "und")
    assert {name: rows[0][name] for name in KEPT} == {name: left[name] for name in KEPT}


def test_messages_of_nobody_are_forgotten_with_no_person() -> None:
    messages = pa.Table.from_pylist([full("m1", None)], MESSAGES)
    none = pa.array([], pa.string())
    assert blanked(messages, none, none) is messages
    assert blanked(messages, pa.array(["a"]), none) is messages


@pytest.mark.parametrize(
    "record",
    [
        '{"id": 3, "user": {"names": ["Roos Bakker"]}}',
        'b,gisteren, "Roos Bakker" ,"Waar blijft mijn brood?"',
        "b;gisteren;'Roos Bakker';Waar blijft mijn brood?",
        'b,gisteren\nc\tRoos Bakker\t"hoi"',
    ],
)
def test_name_of_two_words_is_found_whole(record: str) -> None:
    assert "Roos Bakker" in names_in(record)


def test_name_is_found_as_a_word_of_what_breaks_off() -> None:
    assert "roos_b" in names_in('{"id": 3, "author": "roos_b", "text": "Waar bl')
