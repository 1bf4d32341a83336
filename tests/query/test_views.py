"""The views for those who query: joins done, meanings from the contracts, a today of their own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.contracts import TABLES, contract
from pipeline.query import ask, columns, views
from pipeline.storage import Lake

DAY = date(2026, 11, 15)
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)


def put(lake: Lake, table: str, *rows: dict[str, Any]) -> None:
    """Write rows, each into its partition; what a row does not say is null."""
    known = contract(table)
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[key]) for key in known.partition_by), []).append(row)
    for values, group in groups.items():
        full = [{**dict.fromkeys(known.schema.names), **row} for row in group]
        partition = dict(zip(known.partition_by, values, strict=True))
        lake.write(table, partition, pa.Table.from_pylist(full, schema=known.schema))


def message(name: str, sent_at: datetime = NOON, **more: Any) -> dict[str, Any]:
    sent_on = sent_at.date()
    return {"message_id": name, "source": "shop", "sent_at": sent_at, "sent_on": sent_on, **more}


def lead(name: str, updated_at: datetime = NOON, **more: Any) -> dict[str, Any]:
    return {
        "lead_id": name,
        "message_id": f"shop:{name}",
        "conversation_id": f"shop:{name}",
        "opened_on": updated_at.date(),
        "updated_at": updated_at,
        "waiting_since_at": updated_at,
        "state": "new",
        "recommended_action": "call",
        "priority": 50.0,
        **more,
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"))
    put(made, "messages", message("shop:1", text="Wat kost een brood?", subject="Prijs"))
    return made


def column(lake: Lake, sql: str) -> list[Any]:
    answer: list[Any] = ask(lake, sql).column(0).to_pylist()
    return answer


def test_every_column_of_a_view_has_its_meaning_from_one_place() -> None:
    for name, schema in views.schemas().items():
        about = views.VIEWS[name]
        held = {column for table in about.tables for column in contract(table).full_schema.names}
        assert len(set(schema.names)) == len(schema.names), name
        assert not held & set(about.derived) - {"messages"}, name
        assert set(about.derived) <= set(schema.names), name
        assert all(views.meaning(name, column) for column in schema.names), name


def test_column_that_no_contract_knows_has_no_meaning() -> None:
    with pytest.raises(KeyError, match=r"leads_today\.mood"):
        views.meaning("leads_today", "mood")


def test_views_are_listed_behind_the_tables() -> None:
    listed = list(dict.fromkeys(columns()["table"].to_pylist()))
    assert listed == [*TABLES, *views.VIEWS]


@pytest.mark.parametrize("name", views.VIEWS)
def test_view_of_an_empty_lake_is_empty(tmp_path: Path, name: str) -> None:
    assert ask(Lake(str(tmp_path / "none")), f"FROM {name}").num_rows == 0


def test_today_is_the_newest_day_with_a_message_and_not_the_clock(lake: Lake) -> None:
    put(lake, "leads", lead("1"))
    assert column(lake, "SELECT today FROM leads_today") == [DAY]
    put(lake, "messages", message("shop:9", NOON + timedelta(days=6)))
    assert column(lake, "SELECT today FROM leads_today") == [date(2026, 11, 21)]
    put(lake, "messages", message("shop:10", NOON + timedelta(days=7)))
    assert column(lake, "SELECT today FROM leads_today") == []


def test_today_goes_on_while_nobody_says_a_word(lake: Lake) -> None:
    put(lake, "complaints", complaint("late", -1.5))
    put(lake, "source_days", {"source": "shop", "heard_on": DAY + timedelta(days=8)})
    sql = "SELECT today, hours_left FROM complaints_open"
    assert ask(lake, sql).to_pylist() == [
        {"today": date(2026, 11, 23), "hours_left": -8 * 24 - 1.5}
    ]


def test_leads_today_wait_for_us_are_fresh_and_worth_an_answer_by_priority(lake: Lake) -> None:
    put(
        lake,
        "leads",
        lead("1", priority=10.0),
        lead("2", priority=90.0),
        lead("3", NOON - timedelta(days=6)),
        lead("4", NOON - timedelta(days=7)),
        lead("5", state="contacted", waiting_since_at=None),
        lead("7", state="contacted", answered_at=NOON - timedelta(days=1), priority=20.0),
    )
    assert column(lake, "SELECT lead_id FROM leads_today") == ["2", "3", "7", "1"]


def test_lead_stands_with_its_message_and_conversation_or_without(lake: Lake) -> None:
    put(lake, "leads", lead("1"), lead("2"))
    put(
        lake,
        "conversations",
        {"conversation_id": "shop:1", "started_on": DAY, "state": "waiting_for_us"},
    )
    sql = "SELECT lead_id, text, subject, conversation_state FROM leads_today ORDER BY ALL"
    assert [tuple(row.values()) for row in ask(lake, sql).to_pylist()] == [
        ("1", "Wat kost een brood?", "Prijs", "waiting_for_us"),
        ("2", None, None, None),
    ]


def complaint(name: str, hours: float, **more: Any) -> dict[str, Any]:
    end = datetime(2026, 11, 16, tzinfo=UTC)
    return {
        "complaint_id": name,
        "message_id": "shop:1",
        "opened_on": DAY,
        "state": "open",
        "waiting_since_at": NOON,
        "respond_by": end + timedelta(hours=hours),
        "deadline_state": "red" if hours < 0 else "green",
        **more,
    }


def test_open_complaints_come_by_deadline_then_the_late_ones_by_priority(lake: Lake) -> None:
    put(
        lake,
        "complaints",
        complaint("late", -3.5, priority=5.0),
        complaint("pressing", -0.5, priority=60.0),
        complaint("harm", -90, priority=4.0, severity=4),
        complaint("let be", 0, respond_by=None, deadline_state="green", waiting_since_at=None),
        complaint("later", 30),
        complaint("soon", 1.25),
        complaint("answered", 2, state="answered", answered_at=NOON, waiting_since_at=None),
        complaint("solved", 2, state="solved", waiting_since_at=None),
        complaint("wrote again", 2, state="waiting", answered_at=NOON - timedelta(days=1)),
    )
    rows = ask(lake, "SELECT complaint_id, hours_left FROM complaints_open").to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("soon", 1.25),
        ("wrote again", 2),
        ("later", 30),
        ("harm", -90),
        ("pressing", -0.5),
        ("late", -3.5),
    ]


def test_ideas_stand_under_their_theme_of_the_newest_snapshot(lake: Lake) -> None:
    def theme(name: str, votes: int, as_of: date = DAY) -> dict[str, Any]:
        return {"theme_id": name, "as_of": as_of, "title": name, "votes_count": votes}

    def idea(name: str, theme_id: str) -> dict[str, Any]:
        return {"idea_id": name, "theme_id": theme_id, "opened_on": DAY, "message_id": "shop:1"}

    old = DAY - timedelta(days=1)
    put(lake, "idea_themes", theme("a", 1), theme("b", 3), theme("a", 9, old), theme("c", 9, old))
    put(lake, "ideas", idea("1", "a"), idea("2", "b"), idea("3", "c"), idea("4", "b"))
    sql = "SELECT title, votes_count, idea_id FROM ideas_by_theme"
    assert [tuple(row.values()) for row in ask(lake, sql).to_pylist()] == [
        ("b", 3, "2"),
        ("b", 3, "4"),
        ("a", 1, "1"),
    ]


def test_conversation_has_its_messages_in_order_and_its_tags(lake: Lake) -> None:
    put(
        lake,
        "messages",
        message("shop:0", NOON + timedelta(hours=1), is_own=True),
        message("shop:1"),
    )
    put(
        lake,
        "conversations",
        {"conversation_id": "shop:1", "started_on": DAY, "message_ids": ["shop:0", "shop:1"]},
        {"conversation_id": "shop:7", "started_on": DAY, "message_ids": ["shop:7"]},
    )
    found = {"conversation_id": "shop:1", "sent_on": DAY, "decision": "detected"}
    put(
        lake,
        "detections",
        {**found, "message_id": "shop:1", "tag": "lead"},
        {**found, "message_id": "shop:1", "tag": "complaint"},
        {**found, "message_id": "shop:0", "tag": "lead"},
        {**found, "message_id": "shop:0", "tag": "idea", "decision": "review"},
    )
    first, second = ask(lake, "FROM conversations_full ORDER BY conversation_id").to_pylist()
    assert [one["message_id"] for one in first["messages"]] == ["shop:1", "shop:0"]
    assert first["tags"] == ["complaint", "lead"]
    assert (second["messages"], second["tags"]) == (None, [])
