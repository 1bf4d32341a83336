"""Sources that look back: what came late or changed since is right by itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline import stages
from pipeline.errors import SettingsError
from pipeline.records import Window
from tests.conftest import FIRST, LAST, NOW, TAGGED, Company, said

MOULD = "Het brood was vandaag alweer beschimmeld, ik ben er helemaal klaar mee!"
BEFORE = [
    said("1", MOULD, "2026-11-04T10:00:00Z"),
    said("2", "Wij zoeken een bakker, kunt u een offerte sturen?", "2026-11-04T11:00:00Z", "bea"),
    said("3", "De winkel is weer open, fijn!", "2026-11-03T11:00:00Z", "cor"),
    said("4", "Goedemorgen allemaal.", "2026-11-02T11:00:00Z", "cor"),
]
AFTER = [
    # Edited, closed, late, and one (2) deleted.
    said(
        "1", f"{MOULD} En de taart ook.", "2026-11-04T10:00:00Z", closed_at="2026-11-05T09:00:00Z"
    ),
    said("5", "Ik wil mijn geld terug, dit is al de derde keer!", "2026-11-04T12:00:00Z", "gus"),
    *BEFORE[2:],
]


def looking(company: Company, days: int) -> Company:
    toml = company.folder / "engage.toml"
    text = toml.read_text(encoding="utf-8")
    path = 'path = "shop.jsonl"\n'
    toml.write_text(text.replace(path, f"{path}look_back_days = {days}\n"), encoding="utf-8")
    return company


def days_one_by_one(company: Company, **options: Any) -> None:
    """The days pass; on the last but one the shop changes what it holds."""
    company.hear("shop", BEFORE)
    for day in Window.of_days(FIRST, "2026-11-05").days():
        company.run(str(day), **options)
    company.hear("shop", AFTER)
    company.run(LAST, **options)


def test_what_changed_within_the_days_looked_back_is_as_if_it_had_always_been_so(
    companies: Callable[[str], Company],
) -> None:
    always = looking(companies("always"), 2)
    always.hear("shop", AFTER)
    always.run(FIRST, LAST)
    later = looking(companies("later"), 2)
    days_one_by_one(later)
    assert later.checksums() == always.checksums()
    assert "En de taart ook." in later.column("messages", "message_id", "text")["shop:1"]
    assert later.column("conversations", "conversation_id", "state")["shop:1"] == "closed"
    assert set(later.column("detections", "message_id", "tag")) >= {"shop:5"}


@pytest.mark.parametrize("days", [0, 1])
def test_what_changed_before_that_waits(company: Company, days: int) -> None:
    days_one_by_one(looking(company, days), stages=("listen",))
    texts = company.column("messages", "message_id", "text")
    assert texts["shop:1"] == MOULD
    assert "shop:2" in texts
    assert "shop:5" not in texts


def test_only_days_that_changed_are_written(company: Company) -> None:
    looking(company, 4)
    company.hear("shop", BEFORE)
    company.run(FIRST, LAST, stages=("listen",))

    def written() -> dict[str, int]:
        files = (company.folder / "lake" / "messages").rglob("*.parquet")
        return {Path(one).parent.name: one.stat().st_mtime_ns for one in files}

    before = written()
    company.hear("shop", AFTER)
    company.run(LAST, stages=("listen",))
    changed = {day for day, at in written().items() if at != before.get(day)}
    assert changed == {"sent_on=2026-11-04"}


def test_a_run_is_that_of_the_day_it_was_for(company: Company) -> None:
    looking(company, 2)
    company.hear("shop", BEFORE)
    (run,) = [one for one in company.run(LAST, stages=("listen",)) if one.source == "shop"]
    assert (str(run.window_on), run.rows_in) == (LAST, 2)


def test_a_source_that_does_not_look_back_is_not_asked_about_earlier_days(
    company: Company,
) -> None:
    looking(company, 2)
    company.hear("town", [said("a", "Mooi weer.", "2026-11-05T10:00:00Z")])
    stages.listen(company.settings, "town", Window.of_days(LAST), now=NOW)
    assert company.rows("messages") == []


@pytest.mark.parametrize("days", [-1, 32])
def test_days_that_are_not_sensible_are_refused(company: Company, days: int) -> None:
    with pytest.raises(SettingsError, match="look_back_days"):
        _ = looking(company, days).settings


def narrowed(company: Company) -> Company:
    """Its shop is a folder of which only some files are taken in from now on."""
    toml = company.folder / "engage.toml"
    old = 'type = "jsonl"\npath = "shop.jsonl"'
    new = 'type = "drop"\npath = "sh*.jsonl"'
    toml.write_text(toml.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    company.run(FIRST, LAST, stages=("listen",))
    (company.folder / "shop.jsonl").rename(company.folder / "other.jsonl")
    company.hear("shop", BEFORE[2:])
    return company


def test_place_that_forgets_begins_afresh_without_its_folder(
    companies: Callable[[str], Company],
) -> None:
    """As docs/sources.md says for when a query changes."""
    company, always = companies("company"), companies("always")
    company.hear("shop", BEFORE)
    narrowed(company).run(FIRST, LAST, stages=TAGGED)
    assert {"shop:1", "shop:3"} <= set(company.column("messages", "message_id", "text"))
    shutil.rmtree(company.folder / "lake" / "messages" / "source=shop")
    company.run(FIRST, LAST)
    assert set(company.column("messages", "message_id", "text")) == {"shop:3", "shop:4"}
    always.hear("shop", BEFORE[2:])
    narrowed(always).run(FIRST, LAST)
    assert company.checksums() == always.checksums()
