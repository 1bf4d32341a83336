"""Reposts in the lake: who copies whom depends on the messages, not on the order of the days."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest

from pipeline.stages import assembling
from tests.conftest import Company, said
from tests.contracts.made import NOON, rows

WORDS = "Het brood was vandaag alweer beschimmeld, ik ben er helemaal klaar mee!"
FIRST = date(2026, 8, 3)
DAYS = [FIRST + timedelta(days=at) for at in (0, 20, 40, 60, 80, 81)]
TEXTS = [WORDS, f"Beste mensen, {WORDS}", WORDS, WORDS, WORDS, f"RT @ans: {WORDS}"]
STAGES = ("listen", "assemble")


def spoken(company: Company) -> Company:
    """Copies over months: each can only reach the one before, so a new one changes all later."""
    messages = [
        said(str(at), text, f"{day}T09:00:00Z", f"person{at}")
        for at, (day, text) in enumerate(zip(DAYS, TEXTS, strict=True))
    ]
    company.hear("shop", messages)
    return company


def originals(company: Company, key: str = "native_id") -> dict[str, str | None]:
    return {row[key]: row["duplicate_of"] for row in company.rows("messages")}


EXPECTED = {
    "0": None,
    "1": "shop:0",
    "2": None,
    "3": "shop:2",
    "4": None,
    "5": "shop:4",
}


@pytest.mark.parametrize("order", ["forwards", "backwards", "shuffled"])
def test_days_in_any_order_give_the_same_originals(company: Company, order: str) -> None:
    days = DAYS.copy()
    if order == "backwards":
        days.reverse()
    if order == "shuffled":
        random.Random(2).shuffle(days)
    spoken(company)
    for day in days:
        company.run(str(day), stages=STAGES)
    assert originals(company) == EXPECTED


def test_message_that_goes_changes_all_that_hung_on_it(company: Company) -> None:
    spoken(company).run(str(DAYS[0]), str(DAYS[-1]), stages=STAGES)
    assert originals(company) == EXPECTED
    company.hear("shop", [said("0", "Hallo.", "2026-01-01T10:00:00Z")])
    company.run(str(DAYS[0]), stages=STAGES)
    assert originals(company) == {
        "1": None,
        "2": "shop:1",
        "3": None,
        "4": "shop:3",
        "5": "shop:3",
    }


def test_a_run_that_was_killed_while_it_marked_is_made_good(
    companies: Callable[[str], Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.stages import assembling

    company = spoken(companies("killed"))
    for day in DAYS[1:]:
        company.run(str(day), stages=STAGES)
    rewrite, written = assembling._rewrite, []

    def killed(*words: object) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(words)
        rewrite(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(assembling, "_rewrite", killed)
    with pytest.raises(KeyboardInterrupt):
        company.run(str(DAYS[0]), stages=STAGES)
    monkeypatch.undo()
    company.run(str(DAYS[0]), stages=STAGES)
    assert originals(company) == EXPECTED


def test_message_that_is_decided_anew_leaves_the_others_of_its_day_as_they_were(
    company: Company,
) -> None:
    partition = {"source": "shop", "sent_on": str(NOON.date())}
    held = rows("messages", message_id=list("abc"), duplicate_of=["x", "x", None])
    company.lake.write("messages", partition, held)
    anew = pl.DataFrame({"message_id": ["a", "c"], "original": [None, "y"]})
    assembling._rewrite(company.lake, "shop", NOON.date(), anew)
    assert originals(company, "message_id") == {"a": None, "b": "x", "c": "y"}
