"""One row per person and matter: what joins, what stays apart, and what is only an echo."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.opportunities.merging import first_specific, latest, rows_of, voiced, with_row
from tests.opportunities.made import MONDAY, detected

DAY = timedelta(days=1)


def rows(*messages: dict[str, Any], matter: str = "quote", alone: str | None = None) -> list[str]:
    """The `row_id` of each message, in order of time."""
    heard = voiced(detected(*({"text": "hello", **one} for one in messages)))
    return with_row(heard.with_columns(matter=pl.lit(matter)), "matter", 10, alone)[
        "row_id"
    ].to_list()


def test_messages_of_a_person_in_a_conversation_are_one_row() -> None:
    first, second = {"author": "a", "conversation_id": "c"}, {"author": "a", "conversation_id": "c"}
    assert rows(first, {**second, "sent_at": MONDAY + 300 * DAY}) == ["made:000"] * 2


def test_conversations_about_the_same_within_the_silence_are_one_row() -> None:
    later = [{"author": "a", "sent_at": MONDAY + at * DAY} for at in (0, 9, 18)]
    assert rows(*later) == ["made:000"] * 3


def test_after_a_longer_silence_a_new_row_is_opened() -> None:
    first, later = {"author": "a"}, {"author": "a", "sent_at": MONDAY + 11 * DAY}
    assert rows(first, later) == ["made:000", "made:001"]
    assert rows(later, first) == ["made:001", "made:000"]


def test_another_matter_of_the_same_person_is_another_row() -> None:
    heard = voiced(detected(*({"text": "hello", "author": "a"} for _ in range(4))))
    made = with_row(heard.with_columns(matter=pl.Series(["quote", "demo"] * 2)), "matter", 10)
    assert made["row_id"].to_list() == ["made:000", "made:001"] * 2


@pytest.mark.parametrize(
    ("settled_at", "author", "matter", "second"),
    [
        (MONDAY + DAY, "a", "quote", "made:001"),
        (MONDAY + 2 * DAY, "a", "quote", "made:000"),  # it began at that moment, not later
        (MONDAY + DAY, "b", "quote", "made:000"),
        (MONDAY + DAY, "a", "demo", "made:000"),
    ],
)
def test_what_begins_after_the_matter_was_over_is_a_row_of_its_own(
    settled_at: datetime, author: str, matter: str, second: str
) -> None:
    said = [("a", 0), ("a", 2), (author, 0)]
    heard = voiced(
        detected(*({"text": "hi", "author": who, "sent_at": MONDAY + at * DAY} for who, at in said))
    )
    of_last = pl.when(pl.col("message_id") == "made:002").then(pl.lit(matter))
    messages = heard.with_columns(matter=of_last.otherwise(pl.lit("quote")))
    settled = pl.DataFrame({"message_id": ["made:002"], "settled_at": [settled_at]})
    made = with_row(messages, "matter", 10, settled=settled)
    assert dict(made.select("message_id", "row_id").rows())["made:001"] == second


def test_row_has_the_words_of_its_strongest_message_and_the_latest_that_is_told() -> None:
    heard = detected(
        *(
            {"text": text, "author": "a", "conversation_id": "c", "score": score}
            for text, score in (("one", 0.6), ("two", 0.75), ("three", 0.75), ("four", 0.7))
        )
    ).with_columns(
        pl.col("sent_at") + pl.int_range(4) * DAY,
        budget=pl.Series([100, None, 300, None]),
        span=pl.Series(["a", "b", None, "d"]),
    )
    messages = heard.with_columns(row_id=pl.lit("made:000"))
    (row,) = rows_of(messages, latest("budget", "span")).to_dicts()
    assert (row["message_id"], row["text"], row["probability"]) == ("made:001", "two", 0.75)
    assert (row["budget"], row["span"]) == (300, None)
    assert (row["opened_at"], row["updated_at"]) == (MONDAY, MONDAY + 3 * DAY)
    assert row["messages_count"] == 4


def test_silence_counts_from_the_last_word_and_not_from_the_last_conversation() -> None:
    """A long conversation that is still going on holds a short later one."""
    long = {"author": "a", "conversation_id": "long"}
    made = rows(
        long,
        {"author": "a", "conversation_id": "short", "sent_at": MONDAY + 2 * DAY},
        {**long, "sent_at": MONDAY + 30 * DAY},
        {"author": "a", "conversation_id": "late", "sent_at": MONDAY + 35 * DAY},
    )
    assert made == ["made:000"] * 4


def test_other_people_have_rows_of_their_own_in_a_conversation() -> None:
    both = [{"author": who, "conversation_id": "c"} for who in "ab"]
    assert rows(*both) == ["made:000", "made:001"]


def test_unknown_author_is_one_person_within_a_conversation_only() -> None:
    unknown = [{"author": None, "conversation_id": name} for name in "xxy"]
    assert rows(*unknown) == ["made:000", "made:000", "made:002"]


def test_matter_that_says_nothing_is_not_put_together_over_conversations() -> None:
    twice = ({"author": "a"}, {"author": "a"})
    assert rows(*twice, matter="other", alone="other") == ["made:000", "made:001"]


def test_repost_of_somebody_else_is_left_out_and_ones_own_is_kept() -> None:
    heard = detected(
        {"text": "hello", "author": "a"},
        {"text": "hello", "author": "b", "duplicate_of": "made:000"},
        {"text": "hello", "author": "a", "duplicate_of": "made:000"},
        {"text": "hello", "author": "b", "duplicate_of": "gone:001"},
    )
    assert voiced(heard)["message_id"].to_list() == ["made:000", "made:002", "made:003"]


def test_first_specific_matter_stands_for_the_conversation() -> None:
    told = detected(*({"text": "hi", "author": "a", "conversation_id": "c"} for _ in range(4)))
    needs = pl.Series("need", ["buy", "quote", "demo", "buy"])
    made = voiced(told).with_columns(needs).with_columns(first_specific("need", "buy"))
    assert made["need"].to_list() == ["quote"] * 4


def test_conversation_without_anything_specific_stays_unspecific() -> None:
    made = voiced(detected({"text": "hi"})).with_columns(need=pl.lit("buy"))
    assert made.with_columns(first_specific("need", "buy"))["need"].to_list() == ["buy"]
