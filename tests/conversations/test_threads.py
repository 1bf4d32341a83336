"""Conversations: who belongs together depends on the messages, never on the order they came in."""

from __future__ import annotations

import random
from datetime import date, timedelta

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts import contract
from pipeline.conversations.threads import build
from tests.conversations.made import NOON, SCHEMA, built, one, said


def test_replies_belong_to_what_they_answer() -> None:
    found = one(
        said("a", subject="Kapot", by="ann"),
        said("b", "a", at=5, own=True),
        said("c", "b", at=9, by="bob", language="en"),
    )
    assert found["conversation_id"] == "a"
    assert found["message_ids"] == ["a", "b", "c"]
    assert (found["messages_count"], found["authors_count"]) == (3, 3)
    assert (found["customer_id"], found["language"], found["subject"]) == ("ann", "nl", "Kapot")
    assert found["started_on"] == date(2026, 11, 2)
    assert found["last_message_at"] == NOON + timedelta(minutes=9)
    assert found["is_partial"] is False


def test_columns_are_those_of_the_table() -> None:
    frame = pl.DataFrame([said("a")], schema=SCHEMA)
    table = build(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    assert set(table.column_names) == set(contract("conversations").full_schema.names)


def test_messages_without_links_are_conversations_of_their_own() -> None:
    assert [row["conversation_id"] for row in built(said("a"), said("b", at=1))] == ["a", "b"]


def test_thread_holds_together_what_no_reply_links() -> None:
    found = one(said("a", thread="t1"), said("b", at=1, thread="t1"), said("c", "b", at=2))
    assert found["message_ids"] == ["a", "b", "c"]


def test_thread_and_message_of_one_name_are_two_things() -> None:
    assert len(built(said("a"), said("b", thread="a"))) == 2


def test_orphans_of_one_missing_parent_stay_together_and_are_partial() -> None:
    found = one(said("b", "lost", at=3), said("a", "lost", at=1))
    assert (found["conversation_id"], found["is_partial"]) == ("a", True)
    assert found["message_ids"] == ["a", "b"]


def test_orphan_beside_a_known_root_makes_the_whole_partial() -> None:
    found = one(said("a", thread="t"), said("b", "lost", at=1, thread="t"))
    assert (found["conversation_id"], found["is_partial"]) == ("a", True)


def test_late_parent_brings_its_orphans_into_its_conversation() -> None:
    orphans = [said("b", "a", at=1), said("c", "a", at=2)]
    assert one(*orphans)["is_partial"] is True
    found = one(*orphans, said("a"))
    assert (found["conversation_id"], found["is_partial"]) == ("a", False)


def test_late_message_joins_two_conversations() -> None:
    apart = [said("a"), said("c", "b", at=9), said("d", "c", at=10)]
    assert len(built(*apart)) == 2
    assert one(*apart, said("b", "a", at=5))["message_ids"] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_reply_cycle_is_one_conversation_that_begins_with_its_earliest(length: int) -> None:
    names = "abcdefg"[:length]
    found = one(*(said(name, names[(at + 1) % length], at=at) for at, name in enumerate(names)))
    assert found["conversation_id"] == "a"
    assert found["messages_count"] == length
    assert found["is_partial"] is False


def test_message_that_answers_itself_is_a_root() -> None:
    found = one(said("a", "a", at=4), said("b", "a", at=2))
    assert found["conversation_id"] == "a"
    assert found["started_at"] == NOON + timedelta(minutes=2)


def test_reply_with_an_earlier_clock_does_not_become_the_root() -> None:
    found = one(said("root", at=5), said("reply", "root", at=1))
    assert found["conversation_id"] == "root"
    assert found["message_ids"] == ["reply", "root"], "messages stand in the order of their times"


def test_answer_with_an_earlier_clock_is_an_answer() -> None:
    ahead = said("ask", at=60, text="Waar blijft mijn pakket?")
    ours = said("ours", "ask", at=5, own=True, text="Het komt morgen.")
    thanks = said("thanks", "ours", at=9, text="Dank je wel.")
    assert one(ahead)["state"] == "unanswered"
    for messages in [(ahead, ours), (ours, ahead), (thanks, ahead, ours)]:
        found = one(*messages)
        assert found["state"] == "answered"
        assert found["first_response_seconds"] == 0
    again = one(ahead, ours, said("again", "ours", at=9, text="Het is er nog niet."))
    assert again["state"] == "waiting_for_us"
    assert again["written_again_at"] > again["first_response_at"]


def test_unknown_authors_are_not_counted() -> None:
    found = one(said("a", by=None), said("b", "a", at=1, by=None))
    assert (found["authors_count"], found["customer_id"]) == (0, None)


# --- any order, any shape

names = st.sampled_from([f"m{at}" for at in range(8)])
worlds = st.lists(
    st.tuples(names, st.none() | names, st.none() | st.sampled_from("tu"), st.integers(0, 3)),
    max_size=8,
    unique_by=lambda row: row[0],
)


@settings(deadline=None)
@given(world=worlds, seed=st.integers(0, 2**32))
def test_order_of_arrival_changes_nothing(
    world: list[tuple[str, str | None, str | None, int]], seed: int
) -> None:
    messages = [said(name, to, thread=thread, at=at, by=name) for name, to, thread, at in world]
    shuffled = random.Random(seed).sample(messages, len(messages))
    assert built(*messages) == built(*shuffled)


@settings(deadline=None)
@given(world=worlds)
def test_every_message_is_in_exactly_one_conversation_with_all_it_is_linked_to(
    world: list[tuple[str, str | None, str | None, int]],
) -> None:
    found = built(*(said(name, to, thread=thread, at=at) for name, to, thread, at in world))
    home = {name: row["conversation_id"] for row in found for name in row["message_ids"]}
    assert sorted(name for row in found for name in row["message_ids"]) == sorted(
        name for name, *_ in world
    )
    by_target: dict[tuple[str, str], set[str]] = {}
    for name, to, thread, _ in world:
        for kind, target in (("message", to), ("thread", thread)):
            if target is not None:
                by_target.setdefault((kind, target), set()).add(home[name])
    for (kind, target), homes in by_target.items():
        assert len(homes) == 1
        assert kind == "thread" or home.get(target, *homes) in homes
    for row in found:
        assert row["conversation_id"] in row["message_ids"]
        mine = [to for name, to, *_ in world if home[name] == row["conversation_id"]]
        lost = any(to is not None and to not in home for to in mine)
        assert row["is_partial"] is lost


def test_no_messages_make_no_conversations_with_the_right_columns() -> None:
    empty = pl.DataFrame(schema=SCHEMA).to_arrow(compat_level=pl.CompatLevel.oldest())
    found = build(empty)
    assert found.num_rows == 0
    assert set(found.column_names) == set(contract("conversations").full_schema.names)
    assert pa.types.is_list(found.schema.field("message_ids").type) or pa.types.is_large_list(
        found.schema.field("message_ids").type
    )


def test_long_chain_is_followed_to_its_end() -> None:
    count = 5_000
    chain = [said(f"m{at:05}", f"m{at - 1:05}" if at else None) for at in range(count)]
    assert one(*chain)["messages_count"] == count
