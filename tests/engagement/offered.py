"""Rows to deliver, a lake that holds them, and settings that send them to a test's server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pytest
from pytest_httpserver import HTTPServer

from pipeline import delivery
from pipeline.contracts import contract
from pipeline.delivery import Sent
from pipeline.engagement.base import Context, Payload, Request, target_of
from pipeline.settings import DeliverySettings
from tests.conftest import SETTINGS, Company

NOW = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
AT = datetime(2026, 11, 15, 19, 41, tzinfo=UTC)
DUE = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
HOSTILE = (
    "<!channel> @here @all hoi\r\nBcc: x@y.example <b>vet</b> [klik](http://kwaad.example) "
    "<https://kwaad.example|klik> `code` ``` :bom: *sterk* _schuin_ #12 \u202egnirts"
)
LEAD = {
    "lead_id": "lead:shop:1",
    "message_id": "shop:1",
    "conversation_id": "shop:1",
    "source": "shop",
    "url": "https://shop.example/1",
    "opened_at": AT,
    "updated_at": AT,
    "waiting_since_at": AT,
    "snippet": "Kunt u mij morgen bellen?",
    "evidence": ["bellen"],
    "need": "quote",
    "priority": 73.6,
    "department": "sales",
    "owner": "Noor",
    "respond_by": DUE,
    "deadline_state": "green",
    "recommended_action": "call",
    "action_reason": "Asks for a call.",
    "state": "new",
    "language": "nl",
}
COMPLAINT = {
    **{key: value for key, value in LEAD.items() if key not in ("lead_id", "need")},
    "complaint_id": "complaint:shop:1",
    "topic": "delivery",
    "severity": 3,
    "state": "open",
    "deadline_state": "red",
}
THEME = {
    "theme_id": "theme:shop:1",
    "title": "Een bel op de fiets",
    "terms": ["bel"],
    "votes_count": 4,
    "mentions_count": 5,
    "languages": ["nl", "en"],
    "examples": ["Doe er een bel op.", "Add a bell!"],
    "state": "new",
}
IDEA = {
    "idea_id": "idea:shop:1",
    "theme_id": "theme:shop:1",
    "source": "shop",
    "language": "nl",
    "sentence": "Doe er een bel op.",
    "opened_at": AT,
}
ALERT = {
    "alert_id": "alert:1",
    "kind": "complaint_spike",
    "subject_kind": "topic",
    "subject": "outage",
    "opened_at": AT,
    "observed": 17,
    "expected": 1.5,
    "sources": ["shop", "town"],
    "words": ["slot", "dicht"],
    "state": "open",
}
ROWS = {
    "alerts": ALERT,
    "leads": LEAD,
    "complaints": COMPLAINT,
    "ideas": IDEA,
    "idea_themes": THEME,
}


def table(name: str, *changes: dict[str, object]) -> pa.Table:
    """Rows of a table in its full schema: each the ordinary row with these changes."""
    known = contract(name)
    (day,) = known.partition_by
    made = [
        {**dict.fromkeys(known.full_schema.names), **ROWS[name], day: AT.date(), **change}
        for change in changes
    ]
    return pa.Table.from_pylist(made, schema=known.full_schema)


def put(company: Company, name: str, *changes: dict[str, object]) -> None:
    """Write rows into the lake, beside a message of the same day."""
    schema = contract("messages").schema
    message = {**dict.fromkeys(schema.names), "message_id": "shop:1"}
    messages = pa.Table.from_pylist([message], schema=schema)
    company.lake.write("messages", {"source": "shop", "sent_on": "2026-11-15"}, messages)
    (day,) = contract(name).partition_by
    rows = table(name, *changes).drop_columns([day])
    company.lake.write(name, {day: "2026-11-15"}, rows)


def set_up(company: Company, **settings: object) -> None:
    """Add a delivery to the settings."""
    lines = [f"{key} = {orjson.dumps(value).decode()}" for key, value in settings.items()]
    file = company.folder / "engage.toml"
    held = file.read_text("utf-8") if file.exists() else SETTINGS
    file.write_text("\n".join([held, "[[deliveries]]", *lines, ""]), "utf-8")


def send(company: Company, **options: bool) -> list[Sent]:
    """Deliver all, and list what became of it."""
    return list(delivery.deliver(company.settings, now=NOW, **options))


def states(company: Company) -> dict[str, str]:
    """The ledger: row to state."""
    return company.column("deliveries", "sent_id", "state")


def context(type_: str, name: str = "leads", **settings: object) -> Context:
    """What a target of a type knows."""
    held = DeliverySettings.model_validate(
        {"name": "desk", "type": type_, "table": name, **settings}
    )
    return Context("Molenaar", ZoneInfo("Europe/Amsterdam"), held)


def built(type_: str, rows: pa.Table, name: str = "leads", **settings: object) -> list[Payload]:
    """The payloads that a target makes of rows."""
    made = context(type_, name, **settings)
    target = target_of(made.delivery)
    return list(target.build(rows, made))


def bodies(payloads: list[Payload]) -> Iterator[dict[str, object]]:
    """The JSON of each request."""
    for one in payloads:
        assert isinstance(one.content, Request)
        yield orjson.loads(one.content.body)


def strings(value: object) -> Iterator[str]:
    """All text in a value of JSON, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def serve(
    company: Company,
    server: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    **settings: object,
) -> None:
    """Let a delivery send to the server of the test; `*_env` settings get a variable."""
    given = {"name": "desk", "table": "leads", **settings}
    if "address_env" in given:
        monkeypatch.setenv(str(given["address_env"]), server.url_for(path))
    else:
        given["address"] = server.url_for("").rstrip("/")
    if "token_env" in given:
        monkeypatch.setenv(str(given["token_env"]), "geheim")
    set_up(company, **given)
