"""The shape of a batch: types of a kind are put right, drift stops the batch."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.contracts import TABLES, check, conform
from pipeline.contracts import contract as contract_of
from pipeline.errors import ContractError
from tests.contracts.made import NOON, rows

SPANS = contract_of("detections").schema.field("evidence").type


def test_columns_are_put_into_order_with_the_exact_types() -> None:
    data = rows("detections")
    shuffled = data.select(list(reversed(data.column_names)))
    small = shuffled.set_column(
        shuffled.column_names.index("sentence_start"),
        "sentence_start",
        shuffled["sentence_start"].cast(pa.int64()),
    )
    assert conform(small, "detections").schema.equals(
        contract_of("detections").full_schema, check_metadata=True
    )


def test_rows_without_partition_columns_get_the_schema_of_the_file() -> None:
    data = rows("detections").drop_columns(["sent_on"])
    assert conform(data, "detections").schema.equals(contract_of("detections").schema)


def other_type(data: pa.Table, column: str, of_type: pa.DataType) -> pa.Table:
    place = data.column_names.index(column)
    return data.set_column(place, column, data[column].cast(of_type))


@pytest.mark.parametrize(
    ("column", "of_type"),
    [
        ("message_id", pa.large_string()),
        ("tag", pa.dictionary(pa.int32(), pa.string())),
        ("sentence_start", pa.int64()),
        ("score", pa.float64()),
        ("evidence", pa.large_list(SPANS.value_type)),
        ("sent_on", pa.date64()),
    ],
)
def test_type_of_the_same_kind_becomes_the_columns(column: str, of_type: pa.DataType) -> None:
    data = rows("detections")
    assert check(other_type(data, column, of_type), "detections", where="x").good.equals(data)


def test_column_of_nulls_has_any_type() -> None:
    data = rows("messages")
    place = data.column_names.index("rating")
    empty = data.set_column(place, "rating", pa.nulls(3))
    assert check(empty, "messages", where="x").good["rating"].type == pa.float32()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("score", pa.array(["0.5", "0.5", "0.5"])),
        ("is_own", pa.array([1, 0, 1])),
        ("sent_at", pa.array([NOON.replace(tzinfo=None)] * 3, pa.timestamp("us"))),
        ("sent_at", pa.array(["2026-11-02"] * 3)),
        ("likes_count", pa.array([1.5, 2.0, 3.0])),
        ("sentence_start", pa.array([2**40, 1, 1])),
        ("text", pa.array([1, 2, 3])),
        ("sent_on", pa.array([NOON] * 3)),
        ("evidence", pa.array([["a"], ["b"], []])),
    ],
)
def test_drift_of_a_type_stops_the_batch(column: str, values: pa.Array) -> None:
    table = "messages" if column in contract_of("messages").full_schema.names else "detections"
    data = rows(table)
    drifted = data.set_column(data.column_names.index(column), column, values)
    with pytest.raises(ContractError, match=f"{table} 2026-11-02: type drift in column '{column}'"):
        check(drifted, table, where="2026-11-02")


@pytest.mark.parametrize("table", TABLES)
def test_missing_column_stops_the_batch(table: str) -> None:
    known = contract_of(table)
    lost = known.columns[-1].name
    with pytest.raises(ContractError, match=f"missing column '{lost}'") as caught:
        check(rows(table).drop_columns([lost]), table, where="2026-11-02")
    assert "contract" in caught.value.mend


def test_unexpected_column_stops_the_batch() -> None:
    with pytest.raises(ContractError, match="leads 2026-11-02: unexpected column 'mood'"):
        check(rows("leads").append_column("mood", pa.nulls(3)), "leads", where="2026-11-02")


def test_column_given_twice_stops_the_batch() -> None:
    data = rows("leads")
    with pytest.raises(ContractError, match="column given twice 'need'"):
        check(data.append_column("need", data["need"]), "leads", where="2026-11-02")
