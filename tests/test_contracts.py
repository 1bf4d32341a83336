"""The contracts: every column says one thing, and what breaks a promise is split off or stops."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import contracts
from pipeline.contracts import TABLES, Column, Contract, Rule, check, columns_markdown, conform
from pipeline.contracts import contract as contract_of
from pipeline.errors import ContractError, FatalError
from pipeline.records import CHANNELS

ROOT = Path(contracts.__file__).parent.parent
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOMONYMS = {
    "evidence": "spans with weights in detections, passages in the tables made from them",
    "value": "a scoring factor of opportunities, the offending value in quarantine",
}
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
}
LATER = {"sentence_end": 9, "window_end": NOON + timedelta(days=1)}
"""Values that must lie above another column's."""


def rows(table: str, count: int = 3, **columns: list[Any]) -> pa.Table:
    """Rows that keep the contract, except for the columns given."""
    known = contract_of(table)
    values = {at.name: [_valid(at, row) for row in range(count)] for at in known.columns}
    return pa.Table.from_pydict(values | columns, schema=known.full_schema)


def _valid(column: Column, row: int) -> Any:
    of_type = column.type
    for rule in column.rules:
        if "value_set" in rule.kwargs:
            return rule.kwargs["value_set"][row % len(rule.kwargs["value_set"])]
    if column.name in LATER:
        return LATER[column.name]
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


def rejects(checked: contracts.Checked) -> list[tuple[str, str | None, int]]:
    return [(at["rule_id"], at["value"], at["row"]) for at in checked.rejected.to_pylist()]


@pytest.mark.parametrize("table", TABLES)
def test_valid_rows_pass_untouched(table: str) -> None:
    data = rows(table)
    checked = check(data, table, where="2026-11-02")
    assert checked.rejected.num_rows == 0, checked.rejected.to_pylist()
    assert checked.good.equals(data)
