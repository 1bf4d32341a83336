"""What is older than the settings keep is gone, and what was counted stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline import measuring, stages
from pipeline.errors import SettingsError
from pipeline.records import Window
from tests.commands import engage
from tests.conftest import NOW, Company, said
from tests.retention.killed import killed_after
from tests.retention.scanned import places_of, texts_of

MON, TUE, WED, THU, FRI = (f"2026-11-0{day}" for day in range(2, 7))
WEEK = Window.of_days(MON, FRI)
OLD = ("bolussen", "krentenwegge", "suikerbrood", "beschuitbus", "ontbijtkoek")
MESSAGES = [
    said("1", "Wat een waardeloze service, harde bolussen. Geld terug!", f"{MON}T09:00:00Z"),
    said("2", "Ik wil een offerte voor 200 keer krentenwegge, snel.", f"{MON}T10:00:00Z", "bo"),
    '{"id": "7", "text": "Ontbijtkoek", "sent_at": "gisteren"}',
    said("3", "Het zou fijn zijn als jullie suikerbrood verkopen.", f"{TUE}T09:00:00Z", "cas"),
    said("4", "De beschuitbus is leeg, groetjes", f"{TUE}T10:00:00Z", "dee", thread_native_id="t"),
    said("5", "Nog steeds een slechte service, mijn brood was weer oud! Geld terug graag.",
         f"{THU}T09:00:00Z", "dee", thread_native_id="t"),
    said("6", "Jullie zouden ook suikervrij brood moeten verkopen.", f"{FRI}T09:00:00Z", "eef"),
]  # fmt: skip


def keep(company: Company, days: int) -> None:
    settings = company.folder / "engage.toml"
    settings.write_text(settings.read_text("utf-8") + f"[privacy]\nkeep_days = {days}\n", "utf-8")


@pytest.fixture
def heard(
    company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch
) -> Company:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    company.hear("shop", MESSAGES)
    made(company, MON, FRI)
    keep(company, 3)  # Wednesday to Friday
    return company


def expire(company: Company) -> None:
    stages.expire(company.settings, WEEK, now=NOW)


@pytest.fixture
def expired(heard: Company, done: Callable[..., Company]) -> Company:
    """What `heard` holds, without the days that are older than Wednesday."""
    return done(heard, expire)


def figures(company: Company) -> dict[str, list[dict[str, Any]]]:
    """What was counted, without words, of the days that expire."""
    before = {"source_hours": "heard_on", "alerts": "opened_on", "measurements": "measured_on"}
    found = {
        table: [
            {key: value for key, value in row.items() if key != "words"}
            for row in company.rows(table)
            if str(row[day]) < WED
        ]
        for table, day in before.items()
    }
    votes = ("as_of", "theme_id", "votes_count", "mentions_count", "terms")
    found["idea_themes"] = [
        {name: row[name] for name in votes}
        for row in company.rows("idea_themes")
        if str(row["as_of"]) < WED
    ]
    return found


def test_the_days_before_are_in_no_table_and_their_figures_stay(heard: Company) -> None:
    measuring.measure(heard.settings, WEEK)
    assert {one for _, one in places_of(heard, *OLD)} == set(OLD)
    before = figures(heard)
    assert before["idea_themes"] and before["source_hours"] and before["measurements"]
    result = engage("expire")
    assert result.exit_code == 0, result.output
    assert "all before 2026-11-04" in result.output
    # A theme's terms are lemmas of what it is about, and belong to its figures.
    assert places_of(heard, *OLD) <= {("idea_themes", "suikerbrood")}
    assert figures(heard) == before
    measuring.measure(heard.settings, WEEK)
    heard.run(FRI)
    assert figures(heard) == before
    assert {str(row["sent_on"]) for row in heard.rows("messages")} == {THU, FRI}


def test_no_title_or_example_of_a_theme_is_older_than_what_is_kept(expired: Company) -> None:
    for row in expired.rows("idea_themes"):
        assert "fijn zijn" not in row["title"]
        assert not [text for text in row["examples"] if "suikerbrood" in text]


def test_a_conversation_that_began_before_goes_on_with_what_is_left(
    heard: Company, done: Callable[..., Company]
) -> None:
    assert heard.column("detections", "message_id", "conversation_id")["shop:5"] == "shop:4"
    done(heard, expire)
    assert heard.column("conversations", "conversation_id", "messages_count")["shop:5"] == 1
    assert heard.column("detections", "message_id", "conversation_id")["shop:5"] == "shop:5"
    assert [row["message_id"] for row in heard.rows("complaints")] == ["shop:5"]


def test_an_expired_day_is_not_heard_again_and_the_error_says_so(expired: Company) -> None:
    before = expired.checksums()
    result = engage("run", "--from", MON, "--to", FRI)
    assert result.exit_code == 2
    assert "the days before 2026-11-04 have expired" in result.output
    assert "begin on 2026-11-04" in result.output
    assert expired.checksums() == before
    expired.run(WED, FRI)
    assert places_of(expired, *OLD) <= {("idea_themes", "suikerbrood")}


def test_looking_back_stops_at_the_first_day_that_is_kept(expired: Company) -> None:
    settings = expired.folder / "engage.toml"
    text = settings.read_text("utf-8").replace('"shop.jsonl"', '"shop.jsonl"\nlook_back_days = 9')
    settings.write_text(text, "utf-8")
    expired.run(FRI)
    assert {str(row["sent_on"]) for row in expired.rows("messages")} == {THU, FRI}


def test_what_has_expired_stays_so_when_more_days_are_kept(expired: Company) -> None:
    before = figures(expired)
    text = (expired.folder / "engage.toml").read_text("utf-8")
    (expired.folder / "engage.toml").write_text(text.replace("keep_days = 3", "keep_days = 90"))
    stages.expire(expired.settings, WEEK, now=NOW)
    expired.run(FRI)
    assert figures(expired) == before
    with pytest.raises(SettingsError, match="have expired"):
        expired.run(MON)


@pytest.mark.parametrize("at", [1, 4, 9, 14, 19])
def test_killed_half_way_and_run_again_ends_in_the_same_lake(
    companies: Callable[[str], Company],
    made: Callable[..., Company],
    done: Callable[..., Company],
    at: int,
) -> None:
    calm, killed = companies("calm"), companies("killed")
    for company in (calm, killed):
        company.hear("shop", MESSAGES)
        made(company, MON, FRI)
        keep(company, 3)
    done(calm, expire)
    with killed_after(at):
        expire(killed)
    expire(killed)
    assert killed.checksums() == calm.checksums()


def test_nothing_expires_of_a_lake_that_is_young_enough(heard: Company) -> None:
    before = heard.checksums()
    (heard.folder / "engage.toml").write_text(
        (heard.folder / "engage.toml").read_text().replace("keep_days = 3", "keep_days = 5")
    )
    result = engage("expire")
    assert (result.exit_code, result.output) == (0, "nothing is old enough to expire\n")
    assert heard.checksums() == before


@pytest.mark.parametrize("last", ["2062-11-06", "2026-12-02"])
def test_a_day_to_come_empties_no_lake(heard: Company, last: str) -> None:
    before = heard.checksums()
    window = Window.of_days(MON, last)
    with pytest.raises(SettingsError, match="is yet to come") as caught:
        stages.expire(heard.settings, window, now=NOW)
    assert "up to 2026-12-01" in caught.value.mend
    assert heard.checksums() == before
    assert stages.horizon(heard.lake) == date.min


def test_without_a_limit_nothing_expires_and_the_command_says_what_to_set(heard: Company) -> None:
    settings = heard.folder / "engage.toml"
    settings.write_text(settings.read_text().replace("keep_days = 3", ""))
    result = engage("expire")
    assert result.exit_code == 2
    assert "privacy.keep_days" in result.output
    assert any("bolussen" in text for text in texts_of(heard)["messages"])


def test_expiring_again_on_the_next_day_takes_one_more_day(expired: Company) -> None:
    stages.expire(expired.settings, Window.of_days("2026-11-07"), now=NOW)
    assert stages.horizon(expired.lake).isoformat() == THU
    assert {str(row["sent_on"]) for row in expired.rows("messages")} == {THU, FRI}
    assert NOW.date() > stages.horizon(expired.lake)
