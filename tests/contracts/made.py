"""Makes rows that keep the contract of their table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from pipeline.contracts import Column, contract

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""Names that the tables use twice; everything else has one meaning."""
TEXTS = {
    "author_id": "0123456789abcdef0123456789abcdef",
    "customer_id": "0123456789abcdef0123456789abcdef",
    "language": "nl",
    "url": "https://example.org/1",
    "attributes": "{}",
    "budget_currency": "EUR",
    "contract_version": "1.0.0",
    "contract_versions": '{"messages": "1.0.0"}',
    "model_versions": "{}",
    "tag": "lead",
    "stage": "listen",
    "topic": "delivery",
    "delivery": "sales",
    "sent_table": "leads",
}
LATER = {"sentence_end": 9, "window_end": NOON + timedelta(days=1)}
"""Values that must lie above another column's."""


def rows(table: str, count: int = 3, **columns: list[Any]) -> pa.Table:
    """Rows that keep the contract, except for the columns given."""
    known = contract(table)
    values = {at.name: [_valid(at, row) for row in range(count)] for at in known.columns}
    return pa.Table.from_pydict(values | columns, schema=known.full_schema)


def _valid(column: Column, row: int) -> Any:
    of_type = column.type
    for rule in column.rules:
        if "value_set" in rule.kwargs:
            return rule.kwargs["value_set"][row % len(rule.kwargs["value_set"])]
    if column.name in LATER:
        return LATER[column.name]
    if column.name == "opportunity_id":
        return f"lead:shop:{row}"
    if column.name == "idempotency_key":
        return f"{row:064x}"
    if pa.types.is_string(of_type):
        return TEXTS.get(column.name, f"shop:{row}")
    if pa.types.is_timestamp(of_type):
        return NOON
    if pa.types.is_date(of_type):
        return NOON.date()
    if pa.types.is_list(of_type):
        is_text = pa.types.is_string(of_type.value_type)
        return ["a"] if is_text else [{"start": 0, "end": 1, "text": "a", "weight": 0.5}]
    return True if pa.types.is_boolean(of_type) else 1
