"""Real exports: every record arrives, is a duplicate, or is rejected for a reason that is right.

The exports lie beside the repository and never within it; nothing of their text is here.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources.base import create

THREADS = Path(__file__).parents[3] / "shared" / "data" / "threads"
ALWAYS = Window.of_days("2000-01-01", "2030-12-31")
NOW = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not THREADS.is_dir(), reason=f"no real exports at {THREADS}"),
]


class Got(NamedTuple):
    """What a source gave."""

    messages: list[dict[str, Any]]
    rules: Counter[str]
    duplicates: int

    @property
    def records(self) -> int:
        """Records that were accounted for."""
        return len(self.messages) + self.rules.total() + self.duplicates

    @property
    def answers(self) -> int:
        """Messages that answer something."""
        return sum(one["reply_to_native_id"] is not None for one in self.messages)

    @property
    def answers_found(self) -> int:
        """Messages that answer a message that is there."""
        ids = {one["native_id"] for one in self.messages}
        return sum(one["reply_to_native_id"] in ids for one in self.messages)


def got(kind: str, pattern: str, **changed: Any) -> Got:
    settings = SourceSettings(name=kind, type=kind, path=str(THREADS / pattern), **changed)
    pieces = list(create(settings).fetch(ALWAYS, not_after=NOW))
    return Got(
        [row for piece in pieces for row in piece.messages.to_pylist()],
        Counter(rule for piece in pieces for rule in piece.rejected["rule_id"].to_pylist()),
        sum(piece.duplicates_count for piece in pieces),
    )


def test_fifteen_thousand_orphans_arrive() -> None:
    tweets = got("twcs", "twcs/spotifycares_inbound_only.csv")
    assert tweets.records == 15_103
    # Seven rows have no more than an id, or not even that.
    assert (len(tweets.messages), tweets.duplicates) == (15_096, 0)
    assert tweets.rules == {"missing_time": 6, "missing_id": 1}
    assert (tweets.answers, tweets.answers_found) == (15_090, 0)
    assert not any(one["is_agent"] for one in tweets.messages)


def test_threads_with_half_of_their_parents_arrive() -> None:
    tweets = got("twcs", "twcs/ericsson_threads_355.csv", time_zone="UTC")
    assert (tweets.records, len(tweets.messages)) == (355, 355)
    assert (tweets.answers, tweets.answers_found) == (285, 163)
    assert sum(bool(one["is_agent"]) for one in tweets.messages) == 185


def test_times_without_a_zone_are_not_guessed() -> None:
    tweets = got("twcs", "twcs/ericsson_threads_355.csv")
    assert tweets.rules == {"naive_time": 355}


def test_the_sample_arrives() -> None:
    tweets = got("twcs", "twcs/sample.csv")
    assert (tweets.records, len(tweets.messages)) == (93, 93)
    assert (tweets.answers, tweets.answers_found) == (68, 66)


def test_forum_topics_arrive() -> None:
    posts = got("discourse", "discourse/topic_*.json")
    assert posts.records == 564
    # One post is the forum's own: a topic was pinned.
    assert (len(posts.messages), posts.rules) == (563, {"not_a_message": 1})
    assert len({one["thread_native_id"] for one in posts.messages}) == 160
    assert (posts.answers, posts.answers_found) == (88, 86)
    assert sum(one["subject"] is not None for one in posts.messages) == 160
    assert not any("<p>" in one["text"] or "</a>" in one["text"] for one in posts.messages)


def test_support_conversations_arrive() -> None:
    turns = got("turns", "ibm_twitter_care/*.json")
    assert turns.records == 1_325
    # Six tweets stand in two conversations each; two of them are agents'.
    assert (len(turns.messages), turns.duplicates, turns.rules) == (1_319, 6, {})
    assert sum(bool(one["is_agent"]) for one in turns.messages) == 112
    assert turns.answers == turns.answers_found
