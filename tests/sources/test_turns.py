"""Nested turns of clients and agents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.sources.conformance import Facts, Sent, SourceConformance


class TestTurns(SourceConformance):
    """Nested turns of clients and agents."""

    type = "turns"
    suffix = ".json"
    facts = Facts(
        records=14,
        duplicates=1,
        rejected={
            "chats_1.json#[1].dialogContent[2]": "unknown_speaker",
            "chats_1.json#[2]": "no_turns",
            "chats_2.json#.dialogContent[1]": "unreadable_time",
            "chats_2.json#.dialogContent[2]": "not_an_object",
            "chats_3.json:5": "truncated",
        },
        replies={"k-2": "k-1", "k-3": "k-2", "k-5": "k-4"},
    )
    truncation_costs_the_file = True
    shows_raw = False

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        turns = [
            {
                "client": one.author,
                "datetime": one.time("%Y-%m-%dT%H:%M:%S.000Z"),
                "message": one.text,
                "tweet_ID": one.id,
            }
            for one in sent
        ]
        dialogue = {"dialogHeader": {"sessionID": "s-1"}, "dialogContent": turns}
        path.write_text(json.dumps([dialogue], ensure_ascii=False), encoding="utf-8")

    def write_orphan(self, path: Path) -> None:
        self.write(path, [Sent("101", at="nooit"), Sent("102")])

    def test_turns_of_agents_are_messages_of_the_company(self) -> None:
        turns = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert {name for name, one in turns.items() if one["is_agent"]} == {"k-2", "k-7"}
        assert turns["k-5"]["author"] == "guest_33"

    def test_signs_of_the_web_are_written_out(self, path: Path) -> None:
        self.write(path, [Sent("101", text="R&amp;D &gt; sales, and AT&T")])
        (message,) = self.read(path).messages
        assert message["text"] == "R&D > sales, and AT&T"

    def test_the_dialogue_is_the_thread(self) -> None:
        turns = {
            one["native_id"]: one["thread_native_id"] for one in self.read(self.fixtures).messages
        }
        assert {turns["k-1"], turns["k-2"], turns["k-3"]} == {"s-31"}

    def test_a_turn_with_two_speakers_is_rejected(self, path: Path) -> None:
        turn = {"client": "a", "agent": "b", "datetime": "2026-11-03T00:00:00Z", "message": "x"}
        path.write_text(json.dumps([{"dialogContent": [{**turn, "tweet_ID": 1}]}]))
        rejected = self.read(path).rejected
        assert [(one["rule_id"], one["value"]) for one in rejected] == [
            ("unknown_speaker", "client, agent")
        ]

    def test_a_turn_that_has_a_key_with_two_values_is_rejected(self, path: Path) -> None:
        self.write(path, [Sent("101", "Ja"), Sent("102"), Sent("103")])
        text = path.read_text()
        path.write_text(text.replace('"message": "Ja"', '"message": "Ja", "message":"Nee"'))
        got = self.read(path)
        assert (got.ids, got.rules) == (["102", "103"], ["repeated_key"])
        (one,) = got.rejected
        assert one["origin"] == f"{path.name}#[0].dialogContent[0]"
        assert one["column"] == "message"
        path.write_text(text.replace('"sessionID"', '"sessionID": "s-9", "sessionID"'))
        assert self.read(path).rules == ["repeated_key"] * 3

    def test_a_file_of_something_else_is_rejected_piece_by_piece(self, path: Path) -> None:
        path.write_text('[1, {"a": 2}, {"dialogContent": {"b": 3}}]')
        assert self.read(path).rules == ["no_turns", "no_turns", "no_turns"]

    def test_a_bare_value_is_one_rejected_record(self, path: Path) -> None:
        path.write_text("42")
        assert self.read(path).rules == ["no_turns"]
