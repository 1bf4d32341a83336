"""Outcomes fed back change states, figures and the next training set; figures follow the lake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipeline import measuring
from pipeline.books import add, outcome_files
from pipeline.learning import label_book, people
from pipeline.learning.label_book import Label
from pipeline.records import Window
from tests.commands import engage
from tests.conftest import FIRST, LAST, NOW, Company, said

WEEK = Window.of_days(FIRST, LAST)
OUTCOMES = """\
opportunity_id,outcome,reason,value,decided_at
lead:shop:4,contacted,,,2026-11-03T13:00:00Z
lead:shop:4,won,,4200,2026-11-05T10:00:00Z
complaint:town:b,rejected,about another shop,,2026-11-06T12:00:00Z
"""


def row(company: Company, day: str, source: str = "all", department: str = "all") -> dict[str, Any]:
    found = pl.DataFrame(company.lake.read("measurements")).filter(
        measured_on=date.fromisoformat(day), source=source, department=department
    )
    (one,) = found.to_dicts()
    return one


def feed(company: Company) -> None:
    file = company.folder / "outcomes.csv"
    file.write_text(OUTCOMES, encoding="utf-8")
    handed = outcome_files.read(file, company.lake, NOW, UTC)
    add(company.lake, outcome_files.BOOK, handed.outcomes, NOW)


def test_outcomes_change_states_figures_and_the_next_training_set(ran: Company) -> None:
    measuring.measure(ran.settings, WEEK)
    before = row(ran, "2026-11-05")
    assert (before["won_count"], before["won_value"], before["reviewed_count"]) == (0, 0, 0)
    feed(ran)
    ran.run(FIRST, LAST, stages=("publish",))
    assert ran.column("leads", "lead_id", "state")["lead:shop:4"] == "won"
    assert ran.column("complaints", "complaint_id", "state")["complaint:town:b"] == "rejected"

    measuring.measure(ran.settings, WEEK)
    won = row(ran, "2026-11-05", department="sales")
    assert (won["won_count"], won["valued_count"], won["won_value"]) == (1, 1, 4200)
    called = row(ran, "2026-11-03", "shop", "sales")
    assert (called["contacted_count"], called["answered_count"]) == (1, 1)
    assert called["first_response_median_seconds"] == 3600
    assert row(ran, "2026-11-03")["deadlines_met_count"] == 1
    judged = row(ran, "2026-11-06")
    assert (judged["reviewed_count"], judged["confirmed_count"], judged["rejected_count"]) == (
        1,
        0,
        1,
    )
    assert row(ran, "2026-11-06", "town", "customer_service")["precision"] == 0

    taught = people.taught(ran.lake).rows
    assert sorted(taught["lead"].drop_nulls().to_list()) == [1]
    assert sorted(taught["complaint"].drop_nulls().to_list()) == [0]


def test_measuring_again_and_in_any_order_gives_the_same_bytes(ran: Company) -> None:
    feed(ran)
    measuring.measure(ran.settings, WEEK)
    before = ran.checksums()
    for day in reversed(list(WEEK.days())):
        measuring.measure(ran.settings, Window.of_days(day))
    measuring.measure(ran.settings, WEEK)
    assert ran.checksums() == before


def test_heard_are_messages_of_others_that_were_read(ran: Company) -> None:
    measuring.measure(ran.settings, WEEK)
    told = pl.DataFrame(ran.lake.read("measurements")).filter(source="all", department="all")
    messages = pl.DataFrame(ran.lake.read("messages"))
    assert told["heard_count"].sum() == messages["excluded_reason"].null_count()
    for name in ("leads", "complaints", "ideas"):
        assert told[f"{name}_count"].sum() == len(ran.rows(name))


def test_day_on_which_nothing_happened_has_no_rows(ran: Company) -> None:
    window = Window.of_days("2026-10-01")
    assert measuring.measure(ran.settings, window) == 0
    assert not ran.lake.partitions("measurements")


def test_recall_is_estimated_by_the_answers_until_that_day(ran: Company) -> None:
    toml = ran.folder / "engage.toml"
    toml.write_text(toml.read_text().replace("audit_share = 0.2", "audit_share = 1.0"))
    messages = [one for one in ran.rows("messages") if one["excluded_reason"] is None]
    found = {
        (one["message_id"], one["tag"])
        for one in ran.rows("detections")
        if one["decision"] == "detected" and one["tag"] in ("lead", "complaint", "idea")
    } | {("town:c", "lead")}
    at = datetime(2026, 11, 6, 12, tzinfo=UTC)
    answers = [
        Label(one["message_id"], tag, (one["message_id"], tag) in found, labelled_at=at)
        for one in messages
        for tag in ("lead", "complaint", "idea")
    ]
    label_book.add(ran.lake, answers, NOW)
    measuring.measure(ran.settings, WEEK)
    earlier, later = row(ran, "2026-11-05"), row(ran, "2026-11-06")
    assert earlier["recall"] is None
    assert later["audited_count"] > 0
    assert 0 < later["recall_low"] <= later["recall"] <= later["recall_high"] <= 1
    assert later["recall"] == pytest.approx((len(found) - 1) / len(found))
    assert row(ran, "2026-11-06", department="sales")["recall"] is None


@pytest.mark.usefixtures("ran")
def test_command_measures_the_last_four_weeks_unless_told() -> None:
    done = engage("measure")
    assert done.exit_code == 0
    assert done.output.startswith("2026-10-10..2026-11-06: ")
    one = engage("measure", "--from", "2026-11-03")
    assert one.output.startswith("2026-11-03..2026-11-03: ")


def test_run_measures_its_days_also_when_they_are_long_past(ran: Company) -> None:
    ran.hear("shop", [said("old", "De deur klemt, erg vervelend.", "2026-08-03T10:00:00Z", "ans")])
    ran.run("2026-08-03")
    measuring.after_run(ran.settings, Window.of_days("2026-08-03"))
    assert row(ran, "2026-08-03")["heard_count"] == 1
    assert row(ran, "2026-11-06")["heard_count"] > 0


def test_without_messages_there_is_nothing_to_measure(company: Company) -> None:
    assert measuring.recent(company.lake) is None
    done = engage("measure", "-c", str(company.folder / "engage.toml"))
    assert done.exit_code == 2
    assert "there are no messages yet" in done.stderr
