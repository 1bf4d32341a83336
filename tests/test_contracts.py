"""The contracts: every column says one thing, and what breaks a promise is split off or stops."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import contracts
from pipeline.contracts import TABLES, Column, Rule, check, columns_markdown, conform
from pipeline.contracts import contract as contract_of
from pipeline.errors import ContractError, FatalError
from pipeline.records import CHANNELS

ROOT = Path(contracts.__file__).parent.parent
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPANS = contract_of("detections").schema.field("evidence").type
HOMONYMS = {
    "evidence": "spans with weights in detections, passages in the tables made from them",
    "subject": "the subject line of a message, what an alert is about",
    "value": "a scoring factor of opportunities, the offending one in quarantine, what was won",
    "run_id": "the run itself in runs, the run that rejected the row in quarantine",
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
    "topic": "delivery",
    "delivery": "sales",
    "sent_table": "leads",
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


def rejects(checked: contracts.Checked) -> list[tuple[str, str | None, int]]:
    return [(at["rule_id"], at["value"], at["row"]) for at in checked.rejected.to_pylist()]


@pytest.mark.parametrize("table", TABLES)
def test_valid_rows_pass_untouched(table: str) -> None:
    data = rows(table)
    checked = check(data, table, where="2026-11-02")
    assert checked.rejected.num_rows == 0, checked.rejected.to_pylist()
    assert checked.good.equals(data)


# --- shape


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


def test_empty_batch_stops_where_rows_are_promised_only() -> None:
    for table in TABLES:
        known = contract_of(table)
        empty = known.full_schema.empty_table()
        if known.may_be_empty:
            assert check(empty, table, where="x").good.num_rows == 0
        else:
            with pytest.raises(ContractError, match=f"{table} 2026-11-02: no rows"):
                check(empty, table, where="2026-11-02")
    assert not contract_of("runs").may_be_empty


# --- rows


def breaking(rule: Rule, row: dict[str, Any]) -> dict[str, Any]:
    """The row with the one value that breaks the rule."""
    at = rule.kwargs
    if rule.type == contracts.NOT_NULL:
        return row | {rule.column: None}
    if "value_set" in at:
        return row | {rule.column: "no_such_value"}
    if "regex" in at:
        texts = ("", "?", " : ", "HTTP", "[]")
        return row | {rule.column: next(one for one in texts if not re.search(at["regex"], one))}
    if "column_A" not in at:
        low, high = at.get("min_value"), at.get("max_value")
        return row | {rule.column: low - 1 if low is not None else high + 1}
    above, below = row[at["column_A"]], row[at["column_B"]]
    if isinstance(above, datetime):
        broken = {at["column_A"]: below - timedelta(days=30)}
    elif isinstance(above, int):
        broken = {at["column_B"]: above + 1}
    else:
        broken = {at["column_A"]: below - 0.5}
    only = at.get("row_condition")
    return row | broken | ({only["column"]["name"]: only["parameter"]} if only else {})


@pytest.mark.parametrize("table", TABLES)
def test_each_rule_splits_off_the_row_that_breaks_it_and_no_other(table: str) -> None:
    known = contract_of(table)
    rules = [rule for rule in known.rules if not rule.is_batch]
    good = rows(table, 2 * len(rules)).to_pylist()
    mixed = [row if at % 2 else breaking(rules[at // 2], row) for at, row in enumerate(good)]
    checked = check(pa.Table.from_pylist(mixed, schema=known.full_schema), table, where="x")
    assert {2 * at: rule.rule_id for at, rule in enumerate(rules)} == {
        at["row"]: at["rule_id"] for at in checked.rejected.to_pylist()
    }
    assert checked.good.num_rows + checked.rejected.num_rows == len(mixed)
    assert checked.good.to_pylist() == [mixed[at] for at in range(1, len(mixed), 2)]


def test_unknown_value_of_an_enumeration_is_split_off_with_the_value() -> None:
    data = rows("messages", channel=["forum", "carrier_pigeon", "chat"])
    checked = check(data, "messages", where="2026-11-02")
    assert rejects(checked) == [("expect_column_values_to_be_in_set:channel", "carrier_pigeon", 1)]
    assert checked.good["channel"].to_pylist() == ["forum", "chat"]


def test_row_that_breaks_two_rules_counts_for_the_first() -> None:
    data = rows("messages", channel=["forum", None, "chat"], text=["a", " ", "b"])
    assert rejects(check(data, "messages", where="x")) == [
        (f"{contracts.NOT_NULL}:channel", None, 1)
    ]


def test_rule_about_a_share_counts_rows_and_not_values(monkeypatch: pytest.MonkeyPatch) -> None:
    kwargs = {"column": "source", "value_set": ["shop"], "mostly": 0.7}
    share = Rule("expect_column_values_to_be_in_set", "source", kwargs, is_batch=False)
    known = replace(contract_of("messages"), table_rules=(share,))
    monkeypatch.setattr(contracts, "contract", lambda _: known)
    data = rows("messages", 4, source=["shop", "desk", "desk", "desk"])
    assert [row for *_, row in rejects(check(data, "messages", where="x"))] == [1, 2, 3]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_score_that_is_no_probability_is_split_off(value: float) -> None:
    data = rows("detections", score=[1.0, value, 1.0], decision=["audit"] * 3)
    assert [row for *_, row in rejects(check(data, "detections", where="x"))] == [1]


@settings(max_examples=15, deadline=None)
@given(
    texts=st.lists(st.sampled_from(["hello", "", " ", "\n", "\u00a0", "0"]), min_size=1, max_size=9)
)
def test_rows_in_are_rows_out_and_rejected(texts: list[str]) -> None:
    data = rows("messages", len(texts), text=texts)
    checked = check(data, "messages", where="x")
    is_blank = [not text.strip() for text in texts]
    assert [row for *_, row in rejects(checked)] == [at for at, one in enumerate(is_blank) if one]
    assert checked.good["text"].to_pylist() == [text for text in texts if text.strip()]


# --- batches


@pytest.mark.parametrize("table", TABLES)
def test_key_met_twice_stops_the_batch_and_is_named(table: str) -> None:
    known = contract_of(table)
    twice = {name: [rows(table)[name][0].as_py()] * 3 for name in known.key}
    with pytest.raises(ContractError, match="unique") as caught:
        check(rows(table, **twice), table, where="2026-11-02")
    assert str(twice[known.key[0]][0]) in str(caught.value)
    assert caught.value.where == f"{table} 2026-11-02"


def test_error_of_a_batch_never_holds_text() -> None:
    with pytest.raises(ContractError) as caught:
        check(
            rows("messages", message_id=["shop:1"] * 3, text=["secret"] * 3), "messages", where="x"
        )
    assert "secret" not in str(caught.value) + caught.value.mend


def test_rule_that_cannot_be_checked_stops_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    known = contract_of("leads")
    kwargs = {"column": "no_such_column", "min_value": 0}
    odd = Rule("expect_column_values_to_be_between", "priority", kwargs, is_batch=False)
    monkeypatch.setattr(contracts, "contract", lambda _: replace(known, table_rules=(odd,)))
    with pytest.raises(ContractError, match="between:priority cannot be checked"):
        check(rows("leads"), "leads", where="x")


def test_budget_is_a_share_of_the_batch_or_a_number_of_rows() -> None:
    known = contract_of("messages")
    assert (known.reject_share, known.reject_rows) == (0.05, 10)
    assert known.reject_budget(0) == 10
    assert known.reject_budget(200) == 10
    assert known.reject_budget(1_000) == 50
    assert contract_of("runs").reject_budget(1_000) == 0


# --- the contracts themselves


def test_every_table_has_a_contract_and_every_contract_a_table() -> None:
    files = {file.name for file in (ROOT / "data_contracts").iterdir()}
    assert files == {f"{table}.odcs.yaml" for table in TABLES}
    assert [contract_of(table).table for table in TABLES] == list(TABLES)


def test_page_of_the_columns_has_every_column_and_no_other() -> None:
    page = columns_markdown()
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == list(TABLES)
    for table, section in zip(TABLES, page.split("\n## ")[1:], strict=True):
        named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert named == [column.name for column in contract_of(table).columns]
    assert "| `evidence[].start` | `int32` | yes |" in page
    assert page == (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_contract_says_what_each_column_means_and_who_owns_it(table: str) -> None:
    known = contract_of(table)
    assert known.owner
    assert set(known.key) | set(known.partition_by) <= {at.name for at in known.columns}
    assert known.partition_by == tuple(at.name for at in known.columns if at.is_partition)
    for at in known.columns:
        assert at.description.endswith("."), at.name
        assert at.classification in ("public", "internal", "personal"), at.name
        assert at.is_required or "null" in at.description.lower(), f"{at.name}: when is it null?"
        assert at.is_required or not (at.is_key or at.is_partition), at.name
        assert contracts._TYPE_NAMES.get(at.type, at.type_name) == at.type_name


def test_name_means_the_same_in_every_table() -> None:
    met: dict[str, Column] = {}
    for table in TABLES:
        for at in contract_of(table).columns:
            first = met.setdefault(at.name, at)
            if at.name not in HOMONYMS:
                assert (at.type, at.description) == (first.type, first.description), at.name
                assert at.classification == first.classification, at.name


def test_names_say_their_type() -> None:
    endings = {"_at": "timestamp", "_on": "date32", "_count": "int", "_seconds": "int"}
    for table in TABLES:
        for at in contract_of(table).columns:
            for ending, kind in endings.items():
                if at.name.endswith(ending):
                    assert str(at.type).startswith(kind), at.name
            if at.name.startswith(("is_", "has_")):
                assert pa.types.is_boolean(at.type), at.name


def test_channels_are_those_of_the_records() -> None:
    (column,) = (at for at in contract_of("messages").columns if at.name == "channel")
    (allowed,) = (rule.kwargs["value_set"] for rule in column.rules if "value_set" in rule.kwargs)
    assert tuple(allowed) == CHANNELS


def test_description_travels_into_the_file(tmp_path: Path) -> None:
    pq.write_table(rows("leads").select(contract_of("leads").schema.names), tmp_path / "x.parquet")
    found = pq.read_schema(tmp_path / "x.parquet")
    assert found.metadata[b"engage.table"] == b"leads"
    assert found.metadata[b"engage.contract_version"].decode() == contract_of("leads").version
    column = next(at for at in contract_of("leads").columns if at.name == "priority")
    assert found.field("priority").metadata[b"description"].decode() == column.description


def test_unknown_table_is_answered_with_all_tables() -> None:
    with pytest.raises(FatalError, match="no table 'messags'") as caught:
        contract_of("messags")
    assert "messages" in caught.value.mend


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("physicalType: string", "physicalType: varchar"),
        ("name: leads", "name: ''"),
        ("mayBeEmpty", "mightBeEmpty"),
        ("schema:", "schema: ["),
    ],
)
def test_contract_that_cannot_be_read_is_named(tmp_path: Path, old: str, new: str) -> None:
    page = (ROOT / "data_contracts" / "leads.odcs.yaml").read_text(encoding="utf-8")
    assert old in page
    file = tmp_path / "leads.odcs.yaml"
    file.write_text(page.replace(old, new), encoding="utf-8")
    with pytest.raises(FatalError, match=r"^leads\.odcs\.yaml: the contract cannot be") as caught:
        contracts._read(file)
    assert "datacontract lint" in caught.value.mend


@pytest.mark.lint_contracts
@pytest.mark.parametrize("table", TABLES)
def test_datacontract_lint_accepts_the_contract(table: str) -> None:
    tool = ROOT / ".venv-contracts" / "bin" / "datacontract"
    if not tool.exists():
        pytest.skip("`make lint` installs datacontract-cli in an environment of its own")
    done = subprocess.run(
        [tool, "lint", ROOT / "data_contracts" / f"{table}.odcs.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
