"""A person who asked for it is in no table any more, and does not come back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import retention
from tests.commands import engage
from tests.conftest import NOW, Company, said
from tests.retention.killed import killed_after
from tests.retention.roos import (
    BROKEN,
    HERS,
    MON,
    NAME,
    OTHERS,
    WED,
    WORDS,
    decide,
    hear,
    pseudonym,
)
from tests.retention.scanned import places_of, texts_of


@pytest.fixture
def forgotten(heard: Company, done: Callable[..., Company]) -> Company:
    """Whom `heard` holds, forgotten."""
    return done(heard, forget)


def test_the_lake_held_her_in_most_tables(heard: Company) -> None:
    found = places_of(heard, *WORDS, pseudonym(heard))
    tables = {table for table, _ in found}
    assert {one for _, one in found} == {*WORDS, pseudonym(heard)}
    assert tables >= {
        "messages", "conversations", "detections", "leads", "complaints", "ideas", "idea_themes",
        "authors", "labels", "outcomes", "theme_decisions", "quarantine",
    }  # fmt: skip


def test_no_table_holds_a_word_or_the_pseudonym_of_whom_was_forgotten(heard: Company) -> None:
    result = engage("forget", "--source", "shop", "--author", NAME)
    assert result.exit_code == 0, result.output
    found = places_of(heard, *WORDS, NAME, pseudonym(heard))
    assert found == {("forgotten", pseudonym(heard))}


def forget(company: Company, name: str = NAME) -> None:
    who = retention.asked(company.settings, "shop", author=name)
    retention.forget(company.settings, who, NOW.date())


def test_what_is_left_is_the_message_without_what_it_said(
    heard: Company, done: Callable[..., Company]
) -> None:
    before = {row["message_id"]: row for row in heard.rows("messages")}
    done(heard, forget)
    after = {row["message_id"]: row for row in heard.rows("messages")}
    assert list(after) == list(before)
    gone = {name for name, row in after.items() if row["excluded_reason"] == "forgotten"}
    assert gone == {"shop:1", "shop:2", "shop:3", "shop:6", "shop:8"}  # 6 repeats her words
    assert {name: after[name] for name in after if name not in gone} == {
        name: before[name] for name in before if name not in gone
    }
    kept = {"message_id", "native_id", "source", "channel", "sent_at", "sent_on", "thread_id"}
    assert {name: after["shop:1"][name] for name in kept} == {
        name: before["shop:1"][name] for name in kept
    }
    assert after["shop:1"]["text"] == "[forgotten]"
    counts = heard.column("conversations", "conversation_id", "messages_count")
    assert (counts["shop:1"], counts["shop:4"]) == (2, 2)


def test_what_others_said_stays_with_what_rests_on_it(forgotten: Company) -> None:
    assert any("oud en hard" in text for text in texts_of(forgotten)["complaints"])
    assert [row["message_id"] for row in forgotten.rows("ideas")] == ["shop:5"]
    last = max(forgotten.rows("idea_themes"), key=lambda row: row["as_of"])
    assert last["votes_count"] == 1
    (town,) = (row for row in forgotten.rows("messages") if row["source"] == "town")
    assert town["text"] == "Waar koop ik brood?"  # who has the same name elsewhere is another


def test_outcomes_keep_what_is_counted_and_labels_go(forgotten: Company) -> None:
    (outcome,) = forgotten.rows("outcomes")
    assert (outcome["outcome"], outcome["reason"]) == ("contacted", None)
    assert forgotten.rows("labels") == []
    assert [row["reason"] for row in forgotten.rows("theme_decisions")] == ["[forgotten]"]


def test_hearing_the_days_again_does_not_bring_the_person_back(forgotten: Company) -> None:
    after = forgotten.checksums()
    runs = forgotten.run(MON, WED)
    assert places_of(forgotten, *WORDS, pseudonym(forgotten)) == {
        ("forgotten", pseudonym(forgotten))
    }
    tables = ("messages", "conversations", "detections", "leads", "complaints", "ideas", "authors")
    again = forgotten.checksums()
    for table in tables:
        assert {k: v for k, v in after.items() if k.startswith(f"{table}/")} == {
            k: v for k, v in again.items() if k.startswith(f"{table}/")
        }, table
    (listened,) = (run for run in runs if (run.stage, run.source) == ("listen", "shop"))
    assert (listened.rows_out, listened.quarantined) == (8, 3)
    assert listened.excluded == 6  # five are forgotten, one is the company's own
    raw = {row["origin"]: row["raw"] for row in forgotten.rows("quarantine")}
    assert raw["shop.jsonl:9"] is None and raw["shop.jsonl:10"] is None
    assert "van een ander" in raw["shop.jsonl:11"]


def test_what_the_person_writes_later_is_forgotten_as_it_comes(forgotten: Company) -> None:
    later = said("20", "Toch weer weckpotten nodig!", "2026-11-05T09:00:00Z", NAME)
    forgotten.hear("shop", [*HERS, *OTHERS, later])
    forgotten.run("2026-11-05")
    assert places_of(forgotten, "weckpotten", pseudonym(forgotten)) == {
        ("forgotten", pseudonym(forgotten))
    }
    assert forgotten.column("messages", "message_id", "excluded_reason")["shop:20"] == "forgotten"


def test_messages_stay_forgotten_under_another_key(
    forgotten: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = forgotten.folder / "engage.toml"
    settings.write_text(settings.read_text() + '[privacy]\nauthor_key_env = "MILL_KEY"\n')
    monkeypatch.setenv("MILL_KEY", "een-andere-sleutel-van-32-tekens")
    forgotten.run(MON, WED)
    assert {table for table, _ in places_of(forgotten, *WORDS[:5])} <= {"quarantine"}
    assert places_of(forgotten, *WORDS[:5]) == set()


@pytest.mark.parametrize("at", [1, 5, 10, 16])
def test_killed_half_way_and_asked_again_ends_in_the_same_lake(
    companies: Callable[[str], Company],
    made: Callable[..., Company],
    done: Callable[..., Company],
    at: int,
) -> None:
    calm, killed = companies("calm"), companies("killed")
    for company in (calm, killed):
        hear(company)
        made(company, MON, WED)
        decide(company)
    done(calm, forget)
    with killed_after(at):
        forget(killed)
    forget(killed)
    assert killed.checksums() == calm.checksums()


def test_dry_run_counts_by_table_and_changes_nothing(heard: Company) -> None:
    before = heard.checksums()
    result = engage("forget", "--source", "shop", "--author", NAME, "--dry-run")
    assert result.exit_code == 0, result.output
    counts = dict(line.split() for line in result.output.splitlines() if len(line.split()) == 2)
    assert counts["messages"] == "5"
    assert counts["labels"] == counts["outcomes"] == counts["theme_decisions"] == "1"
    assert counts["quarantine"] == "3"
    assert "5 messages would be forgotten" in result.output
    assert heard.checksums() == before
    assert not Path(heard.lake.location, "forgotten").exists()


def test_one_message_alone_is_forgotten_by_its_id(heard: Company) -> None:
    result = engage("forget", "--source", "shop", "--message", "2")
    assert result.exit_code == 0, result.output
    assert places_of(heard, "notenallergie") == set()
    assert ("messages", "speltdesem") in places_of(heard, "speltdesem")
    heard.run(MON, WED)
    assert places_of(heard, "notenallergie") == set()


@pytest.mark.parametrize("how", ["without a time", "cut off"])
def test_one_message_stays_forgotten_when_its_record_cannot_be_read(
    heard: Company, how: str
) -> None:
    assert engage("forget", "--source", "shop", "--message", "2").exit_code == 0
    timeless, repost = ({**one, "sent_at": "gisteren"} for one in (HERS[1], OTHERS[2]))
    broken = [json.dumps(one) for one in (timeless, repost)]
    if how == "cut off":
        broken = [line[:-4] for line in broken]
    heard.hear("shop", [HERS[0], *HERS[2:], *OTHERS[:2], OTHERS[3], *broken, *BROKEN])
    heard.run(MON, WED)
    assert len(heard.rows("quarantine")) == len(broken) + len(BROKEN)
    assert places_of(heard, "notenallergie") == set()
    assert ("quarantine", "tompouce") in places_of(heard, "tompouce")


@pytest.mark.parametrize("how", ["name", "@name", "author_id"])
def test_a_person_is_known_by_name_and_by_pseudonym(heard: Company, how: str) -> None:
    given = {"name": NAME, "@name": f"@{NAME}", "author_id": pseudonym(heard)}[how]
    who = retention.asked(heard.settings, "shop", author=given)
    assert who.author_ids.to_pylist() == [pseudonym(heard)]


@pytest.mark.parametrize("given", ["2", "shop:2"])
def test_a_message_is_known_by_its_id_with_and_without_its_source(
    heard: Company, given: str
) -> None:
    who = retention.asked(heard.settings, "shop", message=given)
    assert who.message_ids.to_pylist() == ["shop:2", "shop:6"]


@pytest.mark.parametrize("option", ["--author", "--message"])
def test_somebody_unknown_is_an_error_that_does_not_repeat_the_name(
    heard: Company, option: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    result = engage("forget", "--source", "shop", option, "Piet_van_Nergens")
    assert result.exit_code == 2
    assert "mend:" in result.output
    assert "nergens" not in (result.output + caplog.text).lower()


def test_neither_or_both_is_an_error(heard: Company) -> None:
    for words in ((), ("--author", NAME, "--message", "1")):
        result = engage("forget", "--source", "shop", *words)
        assert (result.exit_code, "--author, or --message" in result.output) == (2, True)


def test_no_log_and_no_output_names_the_person(
    heard: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    result = engage("forget", "--source", "shop", "--author", NAME)
    written = (result.output + caplog.text).lower()
    assert [one for one in (*WORDS, NAME) if one.lower() in written] == []


def test_a_lake_that_was_asked_twice_is_the_same(forgotten: Company) -> None:
    before = forgotten.checksums()
    forget(forgotten)
    assert forgotten.checksums() == before
