"""Reposts: the same words under another id, shortly after."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversations.duplicates import WITHIN, fingerprint, mark

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WORDS = "De nieuwe lamp van Molenaar is na drie dagen al stuk"


def print_of(text: str) -> str | None:
    return pl.select(fingerprint(pl.lit(text))).item()


@pytest.mark.parametrize(
    "text",
    [
        WORDS.upper(),
        f"RT @ann: {WORDS}",
        f"rt @ann {WORDS}!!!",
        f"{WORDS}  👇 https://example.org/a?b=c",
        f"@molenaar {WORDS} @bob",
        WORDS.replace(" ", "\n"),
        f"[mail] {WORDS} [phone]",
    ],
)
def test_decoration_does_not_make_other_words(text: str) -> None:
    assert print_of(text) == print_of(WORDS) is not None


@pytest.mark.parametrize(
    "text",
    [
        WORDS + " maar ik kreeg een nieuwe",
        WORDS.replace("drie", "vier"),
        WORDS.replace("drie", "3"),
        f"Precies! {WORDS}",
    ],
)
def test_other_words_are_no_repost(text: str) -> None:
    assert print_of(text) != print_of(WORDS)


@pytest.mark.parametrize(
    "text", ["Bedankt!", "thanks", "", "👍👍👍👍👍👍", "@ann https://x.y/" + "z" * 99]
)
def test_short_text_is_never_a_repost(text: str) -> None:
    assert print_of(text) is None


def marked(*rows: tuple[str, float, bool]) -> dict[str, str | None]:
    """Original by id of messages with the same words: id, days after noon, sent by the company."""
    frame = pl.DataFrame(
        [
            {"message_id": name, "sent_at": NOON + timedelta(days=days), "is_own": own, "print": 7}
            for name, days, own in rows
        ],
        schema_overrides={"print": pl.UInt64},
    )
    return dict(mark(frame).select("message_id", "original").rows())


def test_earliest_is_the_original_and_the_others_point_to_it() -> None:
    assert marked(("c", 2, False), ("a", 0, False), ("b", 1, False)) == {
        "a": None,
        "b": "a",
        "c": "a",
    }


def test_of_two_at_the_same_moment_the_smaller_id_is_the_original() -> None:
    assert marked(("b", 0, False), ("a", 0, False)) == {"a": None, "b": "a"}


def test_same_words_long_after_are_said_anew() -> None:
    days = WITHIN / timedelta(days=1)
    assert marked(("a", 0, False), ("b", days, False)) == {"a": None, "b": "a"}
    assert marked(("a", 0, False), ("b", days + 0.001, False)) == {"a": None, "b": None}


def test_company_may_be_the_original_but_never_the_repost() -> None:
    assert marked(("a", 0, True), ("b", 1, False), ("c", 2, True)) == {
        "a": None,
        "b": "a",
        "c": None,
    }


def test_other_prints_do_not_mix() -> None:
    rows = [
        {
            "message_id": f"{name}{at}",
            "sent_at": NOON + timedelta(days=at),
            "is_own": False,
            "print": key,
        }
        for key, name in enumerate("ab")
        for at in (0, 29)
    ]
    assert dict(mark(pl.DataFrame(rows)).select("message_id", "original").rows()) == {
        "a0": None,
        "a29": "a0",
        "b0": None,
        "b29": "b0",
    }


rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 100 * 24), st.booleans()), min_size=1, max_size=12
)


@settings(deadline=None)
@given(rows=rows, seed=st.integers(0, 999))
def test_originals_are_those_of_a_plain_search_in_any_order(
    rows: list[tuple[int, int, bool]], seed: int
) -> None:
    messages = [
        {
            "message_id": f"m{at:02}",
            "sent_at": NOON + timedelta(hours=hours),
            "is_own": own,
            "print": key,
        }
        for at, (key, hours, own) in enumerate(rows)
    ]
    random.Random(seed).shuffle(messages)
    found = dict(mark(pl.DataFrame(messages)).select("message_id", "original").rows())
    for one in messages:
        same = [
            other
            for other in messages
            if other["print"] == one["print"] and one["sent_at"] - WITHIN <= other["sent_at"]
        ]
        first = min(same, key=lambda other: (other["sent_at"], other["message_id"]))["message_id"]
        expected = None if one["is_own"] or first == one["message_id"] else first
        assert found[one["message_id"]] == expected


def test_no_messages_are_no_reposts() -> None:
    empty = pl.DataFrame(
        schema={
            "message_id": pl.String,
            "sent_at": pl.Datetime("us", "UTC"),
            "is_own": pl.Boolean,
            "print": pl.UInt64,
        }
    )
    assert mark(empty).columns == ["message_id", "sent_at", "is_own", "print", "original"]
