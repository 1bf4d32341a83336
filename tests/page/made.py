"""A lake for the page, with text that is hostile to HTML in every place that takes text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import page
from pipeline.contracts import contract
from pipeline.storage import Lake
from tests.conftest import Company

DAY = "2026-11-06"
NOW = datetime(2026, 11, 6, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def write(lake: Lake, table: str, partition: dict[str, str], *rows: dict[str, Any]) -> None:
    """Write rows that say only what matters; everything else is null."""
    schema = contract(table).schema
    whole = [{name: row.get(name) for name in schema.names} for row in rows]
    lake.write(table, partition, pa.Table.from_pylist(whole, schema=schema))


def hostile(company: Company) -> Company:
    """Fill a lake: one message, lead, complaint, theme and alert, and a company of that name."""
    toml = company.folder / "engage.toml"
    settings = toml.read_text(encoding="utf-8")
    toml.write_text(settings.replace('name = "Molenaar"', f"name = '''{HOSTILE}'''"), "utf-8")
    message = {"message_id": "shop:1", "is_own": False, "text": HOSTILE}
    write(company.lake, "messages", {"source": "shop", "sent_on": DAY}, message)
    row = {
        "source": "shop", "snippet": HOSTILE, "owner": HOSTILE, "department": HOSTILE,
        "product": HOSTILE, "recommended_action": "call", "opened_at": NOW, "updated_at": NOW,
        "waiting_since_at": NOW, "respond_by": NOW + timedelta(hours=2), "deadline_state": "red",
    }  # fmt: skip
    lead = {
        **row, "lead_id": "lead:shop:1", "need": HOSTILE, "priority": 61.5, "state": "new",
        "competitor": HOSTILE, "budget_amount": 4200.0, "budget_currency": HOSTILE,
        "timeframe": HOSTILE, "is_existing_customer": True,
    }  # fmt: skip
    write(company.lake, "leads", {"opened_on": DAY}, lead)
    complaint = {
        **row, "complaint_id": "complaint:shop:1", "topic": HOSTILE, "severity": 4, "state": "open",
        "priority": 10.0, "is_repeat": True, "churn_risk": 0.9, "crisis_id": "x",
    }  # fmt: skip
    write(company.lake, "complaints", {"opened_on": DAY}, complaint)
    theme = {
        "theme_id": "theme:shop:1", "title": HOSTILE, "votes_count": 3, "mentions_count": 3,
        "languages": [HOSTILE], "first_seen_at": NOW, "state": "new",
    }  # fmt: skip
    write(company.lake, "idea_themes", {"as_of": DAY}, theme)
    alert = {
        "alert_id": "alert:1", "kind": "complaint_spike", "subject": HOSTILE, "observed": 9.0,
        "expected": 1.5, "opened_at": NOW, "state": "open",
    }  # fmt: skip
    write(company.lake, "alerts", {"opened_on": DAY}, alert)
    figures = {
        "source": "all", "department": "all", "own_mentions_count": 3, "won_count": 2,
        "competitor_mentions_count": 1, "valued_count": 1, "won_value": 4200.0,
        "reviewed_count": 10, "confirmed_count": 9, "recall": 0.5, "recall_low": 0.4,
        "recall_high": 0.6,
    }  # fmt: skip
    write(company.lake, "measurements", {"measured_on": DAY}, figures)
    return company


def written(company: Company) -> str:
    """The page of a company."""
    file = company.folder / "report.html"
    page.write(company.settings, file)
    return Path(file).read_text(encoding="utf-8")
