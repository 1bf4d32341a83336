"""Messages of a Slack export."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources.base import create
from tests.sources.conformance import AT, MONTH, NOT_AFTER

TS = f"{AT.timestamp():.0f}"


def message(text: str, ts: str = f"{TS}.000100", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U02NOOR", "text": text, "ts": ts, **more}


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    (tmp_path / "helpdesk").mkdir()
    return tmp_path / "helpdesk"


def read(
    channel: Path, *messages: Any, window: Window = MONTH
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    file = channel / "2026-11-03.json"
    if messages:
        file.write_text(json.dumps(list(messages)), encoding="utf-8")
    settings = SourceSettings(name="slack", type="slack_export", path=str(channel / "*.json"))
    got = list(create(settings).fetch(window, not_after=NOT_AFTER))
    return (
        [row for one in got for row in one.messages.to_pylist()],
        [row for one in got for row in one.rejected.to_pylist()],
    )


def test_a_message_has_its_channel_in_its_id_and_its_time_in_utc(channel: Path) -> None:
    ((one,), rejected) = read(channel, message("De bel doet het niet."))
    assert (one["native_id"], one["author"]) == (f"helpdesk/{TS}.000100", "U02NOOR")
    assert abs(one["sent_at"] - AT) < timedelta(milliseconds=1)
    assert rejected == []


def test_a_message_that_was_edited_says_when(channel: Path) -> None:
    edited = {"user": "U02NOOR", "ts": f"{int(TS) + 60}.000000"}
    rows, _ = read(channel, message("Ja", edited=edited), message("Nee", f"{TS}.2", edited=None))
    assert [one["edited_at"] for one in rows] == [AT + timedelta(minutes=1), None]


@pytest.mark.parametrize("twice", ['"text": "Nee"', '"subtype": null, "subtype": "channel_join"'])
def test_a_message_that_has_a_key_with_two_values_is_rejected(channel: Path, twice: str) -> None:
    first, second = (json.dumps(message("Ja", f"{TS}.00{at}")) for at in (1, 2))
    (channel / "2026-11-03.json").write_text(f"[{first}, {second[:-1]}, {twice}}}]")
    (kept, rejected) = read(channel)
    assert [one["native_id"] for one in kept] == [f"helpdesk/{TS}.001"]
    assert [(one["rule_id"], one["column"]) for one in rejected] == [
        ("repeated_key", "text" if "text" in twice else "subtype")
    ]
    assert rejected[0]["origin"].endswith("2026-11-03.json#[1]")
    assert "U02NOOR" not in rejected[0]["raw"]


def test_an_answer_is_in_the_thread_that_it_answers(channel: Path) -> None:
    first = message("Wie weet raad?", thread_ts=f"{TS}.000100")
    answer = message("Ik!", f"{int(TS) + 60}.000200", thread_ts=f"{TS}.000100")
    (rows, _) = read(channel, first, answer)
    assert [one["reply_to_native_id"] for one in rows] == [None, f"helpdesk/{TS}.000100"]
    assert {one["thread_native_id"] for one in rows} == {f"helpdesk/{TS}.000100"}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Zie <https://peddel.example/slot|de uitleg> &amp; bel", "Zie de uitleg & bel"),
        ("<https://peddel.example/slot>", "https://peddel.example/slot"),
        ("In <#C1|storing> zei <@U7>: 1 &lt; 2", "In #storing zei @U7: 1 < 2"),
        ("<!here> de app ligt eruit", "@here de app ligt eruit"),
        ("a < b > c", "a < b > c"),
    ],
)
def test_mark_up_is_taken_off(channel: Path, written: str, read_as: str) -> None:
    ((one,), _) = read(channel, message(written))
    assert one["text"] == read_as


def test_what_nobody_said_is_no_message(channel: Path) -> None:
    joined = message("<@U1> has joined the channel", subtype="channel_join")
    bot = message("Deploy klaar", bot_id="B1")
    assert read(channel, joined, bot) == ([], [])


def test_what_cannot_be_read_is_rejected_with_its_place(channel: Path) -> None:
    no_time = {"type": "message", "user": "U1", "text": "Hallo"}
    (rows, rejected) = read(channel, message("Hallo"), no_time, "niets", message(" ", f"{TS}.3"))
    assert len(rows) == 1
    assert [(one["rule_id"], one["origin"][-3:]) for one in rejected] == [
        ("missing_id", "[1]"),
        ("not_an_object", "[2]"),
        ("empty_text", "[3]"),
    ]


def test_a_file_that_is_cut_off_is_one_rejected_record(channel: Path) -> None:
    read(channel, message("Hallo"))
    file = channel / "2026-11-03.json"
    file.write_text(file.read_text("utf-8")[:-20], encoding="utf-8")
    settings = SourceSettings(name="slack", type="slack_export", path=str(file))
    (one,) = create(settings).fetch(MONTH, not_after=NOT_AFTER)
    assert one.rejected.to_pylist()[0]["rule_id"] == "truncated"


def test_a_window_holds_its_own_days_only(channel: Path) -> None:
    (rows, rejected) = read(channel, message("Hallo"), window=Window.of_days("2026-11-04"))
    assert (rows, rejected) == ([], [])


def test_a_pattern_without_files_is_an_error(channel: Path) -> None:
    settings = SourceSettings(name="slack", type="slack_export", path=str(channel / "*.json"))
    with pytest.raises(SettingsError):
        list(create(settings).fetch(MONTH, not_after=NOT_AFTER))
