"""Who speaks: praise and complaints add up, old ones fade, and loud voices are heard further."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.opportunities import authors

LAST = date(2026, 11, 15)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MESSAGE = {
    "source": pl.String, "author_id": pl.String, "sent_at": pl.Datetime("us", "UTC"),
    "author_followers_count": pl.Int64, "likes_count": pl.Int64, "shares_count": pl.Int64,
}  # fmt: skip
SAID = {
    "source": pl.String, "author_id": pl.String, "conversation_id": pl.String,
    "tag": pl.String, "sent_on": pl.Date,
}  # fmt: skip


def wrote(
    author: str, followers: int | None = None, likes: int = 0, days: int = 0
) -> dict[str, Any]:
    return {
        "source": "shop", "author_id": author, "sent_at": NOON - timedelta(days=days),
        "author_followers_count": followers, "likes_count": likes, "shares_count": None,
    }  # fmt: skip


def said(author: str | None, tag: str, days: int = 0, thread: str = "t") -> dict[str, Any]:
    day = LAST - timedelta(days=days)
    return {
        "source": "shop",
        "author_id": author,
        "conversation_id": thread,
        "tag": tag,
        "sent_on": day,
    }


def who(messages: list[dict[str, Any]], *tags: dict[str, Any]) -> dict[str, dict[str, Any]]:
    heard = authors.joined(
        [authors.counted(pl.DataFrame([one], schema=MESSAGE)) for one in messages]
    )
    rows = authors.build(heard, pl.DataFrame(tags, schema=SAID), LAST)
    return {row["author_id"]: row for row in rows.to_dicts()}


def twice(author: str, tag: str, days: int = 0) -> list[dict[str, Any]]:
    return [said(author, tag, days, thread) for thread in ("t", "u")]


def test_who_praises_again_is_an_advocate_and_who_complains_again_a_detractor() -> None:
    names = ("fan", "cross", "calm", "nice", "once", "thread")
    found = who(
        [wrote(name) for name in names],
        *twice("fan", "praise"),
        *twice("cross", "complaint"),
        said("nice", "praise"),
        said("once", "complaint"),
        # What somebody repeats in the same conversation is said once.
        said("thread", "complaint", 1),
        said("thread", "complaint", 0),
        # A wish elsewhere is no second praise and no second complaint.
        said("nice", "idea", 0, "u"),
        said("once", "idea", 0, "u"),
    )
    assert {name: row["role"] for name, row in found.items()} == {
        "fan": "advocate", "cross": "detractor", "calm": "neutral", "nice": "neutral",
        "once": "neutral", "thread": "neutral",
    }  # fmt: skip
    assert (found["calm"]["leaning"], found["calm"]["praised_count"]) == (0, 0)
    assert found["cross"]["complained_count"] == 2
    assert (found["fan"]["praised_count"], found["fan"]["wished_count"]) == (2, 0)


def test_who_praises_twice_for_a_complaint_is_an_advocate_just_so() -> None:
    found = who([wrote("a")], *twice("a", "praise"), said("a", "complaint"), said(None, "praise"))
    assert (found["a"]["role"], found["a"]["leaning"]) == ("advocate", 0.25)


def test_praise_and_complaints_halve_in_ninety_days() -> None:
    assert who([wrote("a")], said("a", "complaint", 90))["a"]["leaning"] == pytest.approx(
        -0.5 / 1.5
    )
    rows = who([wrote("a")], *twice("a", "praise", 180))
    assert rows["a"]["leaning"] == pytest.approx(0.5 / 1.5)


def test_complaint_of_long_ago_is_forgotten_and_of_last_week_is_not() -> None:
    old, fresh = (
        who([wrote("a")], *twice("a", "complaint", days))["a"]["role"] for days in (300, 7)
    )
    assert (old, fresh) == ("neutral", "detractor")


def test_who_praises_and_complains_as_much_leans_nowhere() -> None:
    row = who([wrote("a")], said("a", "praise"), said("a", "complaint"))["a"]
    assert (row["role"], row["praised_count"], row["complained_count"]) == ("neutral", 1, 1)


def test_second_complaint_elsewhere_is_a_return_and_a_second_message_in_the_thread_is_none() -> (
    None
):
    again = [said("a", "complaint", 9, "t1"), said("a", "complaint", 1, "t2")]
    same = [said("b", "complaint", 9, "t3"), said("b", "complaint", 1, "t3")]
    found = who([wrote("a"), wrote("b")], *again, *same)
    assert (found["a"]["is_returning"], found["b"]["is_returning"]) == (True, False)


def test_influence_grows_with_followers_and_reactions_by_the_logarithm_up_to_one() -> None:
    messages = [wrote("none"), wrote("some", 999), wrote("liked", None, 50), wrote("star", 10**9)]
    found = {name: row["influence"] for name, row in who(messages).items()}
    assert found["none"] == 0
    assert found["some"] == pytest.approx(0.5)
    assert found["liked"] == pytest.approx(0.5, abs=0.01)
    assert found["star"] == 1


def test_reactions_to_one_of_many_messages_are_less_influence() -> None:
    often = [wrote("often", None, 50), *(wrote("often") for _ in range(4))]
    found = {name: row["influence"] for name, row in who([wrote("once", None, 10), *often]).items()}
    assert found["often"] == found["once"]


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_messages_of_several_batches_are_one_author(batch: int) -> None:
    messages = [wrote("a", 5), wrote("a", 9, likes=3, days=2), wrote("a", 7, 4, 6), wrote("a")]
    parts = [messages[at : at + batch] for at in range(0, 4, batch)]
    row = authors.joined(
        [authors.counted(pl.DataFrame(part, schema=MESSAGE)) for part in parts]
    ).to_dicts()[0]
    assert row == {
        "source": "shop", "author_id": "a", "messages_count": 4, "reactions_count": 7,
        "author_followers_count": 9, "first_sent_at": NOON - timedelta(days=6),
        "last_sent_at": NOON,
    }  # fmt: skip
