"""The rules: a row that breaks one is split off, a batch that breaks one is stopped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import contracts
from pipeline.contracts import TABLES, Rule, _expectations, check, refuse_unknown
from pipeline.contracts import contract as contract_of
from pipeline.contracts._declared import NOT_NULL
from pipeline.errors import ContractError
from tests.contracts.made import rows


def rejects(checked: contracts.Checked) -> list[tuple[str, str | None, int]]:
    return [(at["rule_id"], at["value"], at["row"]) for at in checked.rejected.to_pylist()]


@pytest.mark.parametrize("table", TABLES)
def test_valid_rows_pass_untouched(table: str) -> None:
    data = rows(table)
    checked = check(data, table, where="2026-11-02")
    assert checked.rejected.num_rows == 0, checked.rejected.to_pylist()
    assert checked.good.equals(data)


# --- rows


def breaking(rule: Rule, row: dict[str, Any]) -> dict[str, Any]:
    """The row with the one value that breaks the rule."""
    at = rule.kwargs
    if rule.type == NOT_NULL:
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


@pytest.mark.parametrize("few", [0, _expectations.FEW])
@pytest.mark.parametrize("table", TABLES)
def test_each_rule_splits_off_the_row_that_breaks_it_and_no_other(
    monkeypatch: pytest.MonkeyPatch, table: str, few: int
) -> None:
    monkeypatch.setattr(_expectations, "FEW", few)
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


def test_rule_that_held_for_other_values_is_asked_again() -> None:
    held = rows("messages", channel=["forum", "chat", "chat"])
    assert check(held, "messages", where="x").rejected.num_rows == 0
    broken = rows("messages", channel=["forum", "chat", "carrier_pigeon"])
    for _ in range(2):
        assert [row for *_, row in rejects(check(broken, "messages", where="x"))] == [2]
    assert check(held, "messages", where="x").rejected.num_rows == 0


def test_rule_that_held_for_the_same_values_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = rows("messages")
    check(data, "messages", where="x")
    monkeypatch.setattr(_expectations, "_failing", None)
    assert check(data, "messages", where="another day").good.equals(data)


def test_row_that_breaks_two_rules_counts_for_the_first() -> None:
    data = rows("messages", channel=["forum", None, "chat"], text=["a", " ", "b"])
    assert rejects(check(data, "messages", where="x")) == [(f"{NOT_NULL}:channel", None, 1)]


def test_rule_about_a_share_counts_rows_and_not_values(monkeypatch: pytest.MonkeyPatch) -> None:
    kwargs = {"column": "source", "value_set": ["shop"], "mostly": 0.7}
    share = Rule("expect_column_values_to_be_in_set", "source", kwargs, is_batch=False)
    known = replace(contract_of("messages"), table_rules=(share,))
    monkeypatch.setattr(contracts, "contract", lambda _: known)
    data = rows("messages", 4, source=["shop", "desk", "desk", "desk"])
    assert [row for *_, row in rejects(check(data, "messages", where="x"))] == [1, 2, 3]


@pytest.mark.parametrize("few", [0, _expectations.FEW])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_score_that_is_no_probability_is_split_off(
    value: float, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_expectations, "FEW", few)
    data = rows("detections", score=[1.0, value, 1.0], decision=["audit"] * 3)
    assert [row for *_, row in rejects(check(data, "detections", where="x"))] == [1]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2003", "\x1c", "\n"])
def test_text_that_is_blank_to_python_is_split_off(blank: str) -> None:
    count = _expectations.FEW + 1
    texts = ["a", blank, *["é"] * (count - 2)]
    checked = check(rows("messages", count, text=texts), "messages", where="x")
    assert [row for *_, row in rejects(checked)] == [1]


def test_pattern_that_only_python_knows_is_asked_of_every_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kwargs = {"column": "source", "regex": "^(?!desk)"}
    unlike = Rule("expect_column_values_to_match_regex", "source", kwargs, is_batch=False)
    known = replace(contract_of("messages"), table_rules=(unlike,))
    monkeypatch.setattr(contracts, "contract", lambda _: known)
    count = _expectations.FEW + 1
    data = rows("messages", count, source=["shop", "desk", *["shop"] * (count - 2)])
    assert [row for *_, row in rejects(check(data, "messages", where="x"))] == [1]


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


@pytest.mark.parametrize(
    ("of_type", "more"),
    [
        ("expect_column_values_to_be_betwen", {"min_value": 0}),
        ("expect_column_values_to_be_between", {"minimum": 0}),
        ("expect_column_values_to_match_regex", {"regex": "("}),
    ],
)
def test_rule_that_is_not_known_is_named_before_there_are_rows(
    monkeypatch: pytest.MonkeyPatch, of_type: str, more: dict[str, Any]
) -> None:
    odd = Rule(of_type, "priority", {"column": "priority", **more}, is_batch=False)
    with pytest.raises(ContractError, match=f"{of_type}:priority cannot be checked"):
        refuse_unknown([odd], "leads")
    known = contract_of("leads")
    monkeypatch.setattr(contracts, "contract", lambda _: replace(known, table_rules=(odd,)))
    with pytest.raises(ContractError, match=f"{of_type}:priority cannot be checked"):
        check(rows("leads"), "leads", where="x")
