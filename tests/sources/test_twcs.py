"""Tweets of customers and companies."""

from __future__ import annotations

import csv
import html
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import FatalError
from tests.sources.conformance import Facts, Sent, SourceConformance

HEADER = "tweet_id author_id inbound created_at text response_tweet_id in_response_to_tweet_id"


class TestTwcs(SourceConformance):
    """Tweets of customers and companies."""

    type = "twcs"
    suffix = ".csv"
    facts = Facts(
        records=15,
        duplicates=1,
        rejected={
            "tweets_1.csv:7": "unreadable_is_agent",
            "tweets_1.csv:8": "csv_quoting",
            "tweets_1.csv:12": "unreadable_time",
            "tweets_2.csv:5": "conflicting_duplicate",
            "tweets_2.csv:6": "csv_columns",
        },
        replies={"502": "501", "511": "504", "512": "511"},
    )

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            rows.writerow(HEADER.split())
            for one in sent:
                at, text = one.time("%a %b %d %H:%M:%S +0000 %Y"), html.escape(one.text)
                rows.writerow([one.id, one.author, "True", at, text, "", one.reply_to or ""])

    def test_messages_of_the_company_are_the_agent_s(self) -> None:
        agents = {one["native_id"]: one["is_agent"] for one in self.read(self.fixtures).messages}
        assert {name for name, is_agent in agents.items() if is_agent} == {"502", "511"}

    def test_character_references_are_read(self) -> None:
        assert "een taart & zes kinderen" in self.read(self.fixtures).messages[0]["text"]

    def test_ids_that_became_floats_still_link(self, path: Path) -> None:
        self.write(path, [Sent("101"), Sent("102", reply_to="101.0")])
        assert self.read(path).messages[1]["reply_to_native_id"] == "101"

    def test_iso_times_without_a_zone_need_one(self, path: Path) -> None:
        sent = Sent("101", at="2017-10-29 06:16:40")
        assert self.wrote(path, sent).rules == ["naive_time"]

    def test_a_file_of_another_type_is_not_shown(self, path: Path) -> None:
        path.write_text('{"id": "c-1", "text": "Wie heeft, net als ik, een kapot slot?"}\n')
        with pytest.raises(FatalError, match="no column 'tweet_id'") as caught:
            self.read(path)
        assert "slot" not in caught.value.mend

    def test_a_file_that_is_no_export_of_tweets_stops(self, path: Path) -> None:
        path.write_text("tweet_id,author_id,inbound,created_at,tekst,in_response_to_tweet_id\n")
        with pytest.raises(FatalError, match=r"no column 'text' \(for text\)") as caught:
            self.read(path)
        assert "did you mean 'tekst'?" in caught.value.mend
