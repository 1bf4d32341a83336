"""The report: what a person sees, in which order, on any screen."""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipeline import report
from pipeline.errors import SettingsError
from pipeline.storage import Lake
from tests.commands import engage
from tests.conftest import Company
from tests.page.made import write

TODAY = date(2026, 11, 6)
NOW = datetime(2026, 11, 7, tzinfo=UTC)
LEAD = {
    "updated_at": NOW - timedelta(hours=1),
    "waiting_since_at": NOW - timedelta(hours=1),
    "source": "shop",
    "state": "new",
    "snippet": "Kunt u 40 broodjes leveren?",
    "action_reason": "Asks for a price, speaks for a business.",
    "recommended_action": "private_message",
    "owner": "Bakery desk",
    "respond_by": NOW + timedelta(hours=9),
    "deadline_state": "green",
}
COMPLAINT = {**LEAD, "state": "open", "snippet": "Weer oud brood.", "priority": 10.0}


def heard(lake: Lake, *messages: dict[str, Any], day: date = TODAY) -> None:
    rows = [{"message_id": f"shop:{at}", "is_own": False, **one} for at, one in enumerate(messages)]
    write(lake, "messages", {"source": "shop", "sent_on": str(day)}, *rows)


def leads(lake: Lake, *rows: dict[str, Any]) -> None:
    write(lake, "leads", {"opened_on": str(TODAY)}, *({**LEAD, **row} for row in rows))


def complaints(lake: Lake, *rows: dict[str, Any]) -> None:
    named = [{**COMPLAINT, "complaint_id": f"c{at}", **row} for at, row in enumerate(rows)]
    write(lake, "complaints", {"opened_on": str(TODAY)}, *named)


@pytest.fixture
def lake(company: Company) -> Lake:
    heard(company.lake, {})
    return company.lake


@pytest.fixture
def shown(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    def show(width: int = 100) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.delenv("FORCE_COLOR", raising=False)
        capsys.readouterr()
        report.show(company.settings, lambda words: f"engage {words}")
        return capsys.readouterr().out

    return show


def part(text: str, head: str) -> str:
    """The lines under a heading."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(head))
    heads = (
        "What ",
        "The last day",
        "Alerts",
        "Today's",
        "Complaints due",
        "Ideas with",
        "Where it is",
    )
    rest = lines[start + 1 :]
    end = next((at for at, line in enumerate(rest) if line.startswith(heads)), len(rest))
    return "\n".join(rest[:end])


def test_parts_come_in_the_order_of_a_morning(lake: Lake, shown: Callable[..., str]) -> None:
    heads = [
        "Molenaar: ",
        "What came in",
        "What was rejected, and why",
        "What went out",
        "Today's most valuable leads",
        "Complaints due soonest",
        "Ideas with most votes",
        "Where it is",
    ]
    places = [shown().index(head) for head in heads]
    assert places == sorted(places)


def test_without_a_message_the_report_says_what_to_run(company: Company) -> None:
    with pytest.raises(SettingsError, match="no messages yet") as caught:
        report.show(company.settings, str)
    assert "engage run" in caught.value.mend


def test_parts_without_rows_say_so(lake: Lake, shown: Callable[..., str]) -> None:
    text = shown()
    assert part(text, "What was rejected").strip() == "Nothing."
    assert part(text, "Today's").strip() == "None are open."
    assert part(text, "Complaints").strip() == "None are waiting for an answer."
    assert part(text, "Ideas").strip() == "None yet."
    assert "no leads · no complaints" in text


def test_every_message_is_counted_in_one_column(lake: Lake, shown: Callable[..., str]) -> None:
    heard(
        lake,
        {},
        {"is_own": True},
        {"duplicate_of": "shop:0"},
        {"excluded_reason": "job_ad"},
        {"is_own": True, "excluded_reason": "own"},
    )
    partition = {"table_name": "messages", "source": "shop", "seen_on": str(TODAY)}
    write(lake, "quarantine", partition, {"rule_id": "empty_text", "origin": "shop.jsonl:8"})
    text = shown()
    (row,) = [line.split() for line in text.splitlines() if line.startswith(" shop ")]
    assert row == ["shop", "5", "2", "1", "1", "1", "1"]
    assert "Left out: job ad (1)." in text
    rejected = part(text, "What was rejected")
    assert re.search(r"empty_text +1 +shop\.jsonl:8", rejected)
    assert "engage quarantine list" in rejected


def test_days_of_another_year_have_it_beside_them(lake: Lake, shown: Callable[..., str]) -> None:
    heard(lake, {}, day=date(2025, 3, 8))
    complaints(lake, {"respond_by": datetime(2025, 3, 9, 12, tzinfo=UTC), "deadline_state": "red"})
    text = shown()
    assert "Sat 8 Mar 2025 to Fri 6 Nov 2026" in text
    assert "Sun 9 Mar 2025 13:00" in part(text, "Complaints due")


def test_topic_of_an_alert_is_said_as_people_write_it(
    lake: Lake, shown: Callable[..., str]
) -> None:
    alert = {
        "alert_id": "a",
        "kind": "severe_message",
        "subject": "opening_hours",
        "observed": 1.0,
        "opened_at": NOW,
        "state": "open",
        "words": [],
        "spread_to": [],
        "message_ids": ["shop:0"],
    }
    write(lake, "alerts", {"opened_on": str(TODAY)}, alert)
    assert "grave complaint about opening hours" in part(shown(), "Alerts")


def test_today_is_the_last_day_with_a_message(lake: Lake, shown: Callable[..., str]) -> None:
    heard(lake, {}, day=date(2026, 11, 2))
    text = shown()
    assert text.startswith("Molenaar: Mon 2 Nov to Fri 6 Nov 2026\n")
    assert "Today's most valuable leads (Fri 6 Nov)" in text


def test_five_open_leads_with_the_highest_priority_are_shown(
    lake: Lake, shown: Callable[..., str]
) -> None:
    leads(
        lake,
        *(
            {"lead_id": f"l{at}", "priority": float(at), "snippet": f"wish {at}."}
            for at in range(8)
        ),
        {
            "lead_id": "won",
            "priority": 99.0,
            "waiting_since_at": None,
            "snippet": "wish won.",
        },
    )
    assert re.findall(r"wish (\w+)", part(shown(), "Today's")) == ["7", "6", "5", "4", "3"]


def test_lead_who_wrote_again_after_our_answer_is_shown_and_an_answered_one_is_not(
    lake: Lake, shown: Callable[..., str]
) -> None:
    told = {"state": "contacted", "answered_at": NOW - timedelta(hours=3), "priority": 50.0}
    leads(
        lake,
        {**told, "lead_id": "again", "snippet": "wish again."},
        {**told, "lead_id": "done", "snippet": "wish done.", "waiting_since_at": None},
        {"lead_id": "new", "priority": 10.0, "snippet": "wish new."},
    )
    assert re.findall(r"wish (\w+)", part(shown(), "Today's")) == ["again", "new"]


def test_lead_says_what_why_who_and_by_when_in_local_time(
    lake: Lake, shown: Callable[..., str]
) -> None:
    leads(lake, {"lead_id": "l", "priority": 41.6})
    lines = [line.strip() for line in part(shown(), "Today's").splitlines()]
    assert lines[:3] == [
        "42  “Kunt u 40 broodjes leveren?”",
        "Asks for a price, speaks for a business.",
        "private message · Bakery desk · shop · by Sat 7 Nov 10:00",
    ]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("orange", " · by Sat 7 Nov 10:00"),
        ("red", " · late since Sat 7 Nov 10:00"),
    ],
)
def test_deadline_of_a_lead_is_said_in_words_while_it_counts(
    lake: Lake, shown: Callable[..., str], state: str, said: str
) -> None:
    leads(lake, {"lead_id": "l", "priority": 1.0, "deadline_state": state})
    assert re.search(rf"shop{said}\s*$", part(shown(), "Today's"), re.M)


def test_complaints_whose_deadline_is_ahead_come_first_the_soonest_on_top(
    lake: Lake, shown: Callable[..., str]
) -> None:
    ahead = [
        {"snippet": f"ahead {hours}.", "respond_by": NOW + timedelta(hours=hours)}
        for hours in (9, 3, 6)
    ]
    late = [
        {
            "snippet": f"late {priority}.",
            "priority": float(priority),
            "respond_by": NOW - timedelta(hours=priority),
            "deadline_state": "red",
        }
        for priority in (1, 3, 2)
    ]
    complaints(lake, *late, *ahead)
    said = part(shown(), "Complaints")
    assert said.lstrip().startswith("3 are late already.")
    assert re.findall(r"“(\w+ \d)", said) == ["ahead 3", "ahead 6", "ahead 9", "late 3", "late 2"]
    assert len(re.findall(r"· late\s*$", said, re.M)) == 2


def test_the_most_pressing_late_complaints_keep_two_places_however_many_are_ahead(
    lake: Lake, shown: Callable[..., str]
) -> None:
    late = {"deadline_state": "red", "respond_by": NOW - timedelta(hours=1)}
    complaints(
        lake,
        *({**late, "snippet": f"late {at}.", "priority": float(at)} for at in range(4)),
        *({"snippet": f"ahead {at}.", "priority": float(9 - at)} for at in range(6)),
    )
    said = part(shown(), "Complaints")
    assert "4 are late already." in said
    assert re.findall(r"“(\w+ \d)", said) == ["ahead 0", "ahead 1", "ahead 2", "late 3", "late 2"]


def test_complaint_that_does_not_wait_for_us_is_not_due(
    lake: Lake, shown: Callable[..., str]
) -> None:
    complaints(lake, {"state": "answered", "answered_at": NOW, "waiting_since_at": None})
    assert part(shown(), "Complaints").strip() == "None are waiting for an answer."


def test_complaint_that_came_back_after_our_answer_is_due(
    lake: Lake, shown: Callable[..., str]
) -> None:
    complaints(lake, {"state": "waiting", "answered_at": NOW - timedelta(days=3)})
    assert "Weer oud brood." in part(shown(), "Complaints")


def test_themes_are_those_of_the_last_snapshot(lake: Lake, shown: Callable[..., str]) -> None:
    seen = {"languages": ["en", "nl"], "first_seen_at": datetime(2026, 11, 3, 10, tzinfo=UTC)}
    for day, votes in (("2026-11-05", 9), ("2026-11-06", 3)):
        write(
            lake,
            "idea_themes",
            {"as_of": day},
            {"theme_id": "a", "title": f"Spelt op {day}", "votes_count": votes, **seen},
            {"theme_id": "b", "title": "Zaterdag bezorgen", "votes_count": 5, **seen},
        )
    said = part(shown(), "Ideas")
    assert re.findall(r"^ *(\d+)  (\w+)", said, re.M) == [("5", "Zaterdag"), ("3", "Spelt")]
    assert "en, nl · since Tue 3 Nov" in said
    assert "2026-11-05" not in said
    assert "2 idea themes" in shown()


HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]Hallo[/] :smile:\u202e\nregel twee"


def test_hostile_text_is_shown_and_does_nothing(lake: Lake, shown: Callable[..., str]) -> None:
    told = {"snippet": HOSTILE, "action_reason": HOSTILE, "owner": HOSTILE}
    leads(lake, {"lead_id": "l", "priority": 1.0, **told})
    complaints(lake, told)
    theme = {"theme_id": "a", "title": HOSTILE, "votes_count": 1, "languages": ["nl"]}
    theme["first_seen_at"] = NOW
    write(lake, "idea_themes", {"as_of": str(TODAY)}, theme)
    partition = {"table_name": "messages", "source": "shop", "seen_on": str(TODAY)}
    write(lake, "quarantine", partition, {"rule_id": "empty_text", "origin": HOSTILE})
    text = shown()
    assert not set(text) & set("\x1b\x07\u202e")
    assert text.count("[bold red]Hallo[/] :smile: regel twee") >= 4


def test_long_text_is_cut_at_a_word(lake: Lake, shown: Callable[..., str]) -> None:
    leads(lake, {"lead_id": "l", "priority": 1.0, "snippet": "brood " * 200})
    said = " ".join(part(shown(), "Today's").split())
    assert said.count("brood") < 40
    assert "brood …”" in said


def test_there_are_no_colours_in_a_pipe(lake: Lake, shown: Callable[..., str]) -> None:
    leads(lake, {"lead_id": "l", "priority": 1.0, "deadline_state": "red"})
    assert "\x1b" not in shown()


def test_there_are_colours_on_a_terminal(
    company: Company, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    leads(lake, {"lead_id": "l", "priority": 1.0, "deadline_state": "red"})
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", screen)
    report.show(company.settings, lambda words: f"engage {words}")
    assert "\x1b[1mWhat came in\x1b[0m" in screen.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_but_commands_and_places_is_wider_than_the_screen(
    lake: Lake, shown: Callable[..., str], width: int
) -> None:
    leads(lake, {"lead_id": "l", "priority": 1.0})
    complaints(lake, {})
    text = shown(width)
    lines = text[: text.index("Where it is")].splitlines()
    assert max(map(len, lines)) <= width
    assert any("shop" in line for line in lines)
    assert "Kunt u 40 broodjes" in text


def test_lines_are_no_longer_than_can_be_read(lake: Lake, shown: Callable[..., str]) -> None:
    leads(lake, {"lead_id": "l", "priority": 1.0, "snippet": "brood " * 200})
    text = shown(220)
    assert max(map(len, text[: text.index("Where it is")].splitlines())) == report.WIDEST


def test_exports_are_named_once_they_are_there(
    company: Company, lake: Lake, shown: Callable[..., str]
) -> None:
    assert "not written yet: engage export" in part(shown(), "Where")
    company.settings.exports_folder.mkdir()
    assert f"CSV, XLSX:   {company.settings.exports_folder}" in part(shown(), "Where")


def test_places_below_this_folder_are_said_from_here(
    company: Company, lake: Lake, shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(company.folder)
    assert "Tables:      ./lake\n" in shown()


def test_every_command_that_is_suggested_works_when_copied(
    company: Company, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["engage"])
    config = company.folder / "engage.toml"
    output = engage("report", "-c", str(config)).output
    commands = [line.strip() for line in output.splitlines() if line.startswith("  engage ")]
    assert len(commands) == len(report.QUERIES)
    for command in commands:
        words = shlex.split(command)[1:]
        assert words[-2:] == ["-c", str(config)]
        result = engage(*words)
        assert result.exit_code == 0, f"{command}\n{result.output}"


def test_counts_are_said_in_words_where_columns_have_no_room(
    lake: Lake, shown: Callable[..., str]
) -> None:
    heard(lake, {}, {"is_own": True})
    assert "shop  2 heard, 1 our own, 1 read for tags" in shown(50)
    assert re.search(r"source +heard", shown(80))
