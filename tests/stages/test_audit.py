"""The budget of rejected rows grows with the rows of a day, and what was rejected before counts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.contracts import contract
from pipeline.errors import ContractError
from pipeline.stages._audit import REJECTED, audited
from pipeline.stages._runs import Counts
from pipeline.stages.publishing import _swap
from pipeline.storage import Lake
from tests.contracts.made import NOON, rows


def unread(count: int) -> pa.Table:
    one = {"rule_id": "empty_text", "origin": "shop.jsonl:1", "day": NOON.date()}
    return pa.Table.from_pylist([one] * count, REJECTED)


def test_budget_is_a_share_of_all_rows_of_the_day() -> None:
    good = rows("messages", 400)
    budget = contract("messages").reject_budget(400 + 20)
    assert budget > contract("messages").reject_budget(20)
    kept, rejected = audited(good, "messages", where="shop", earlier=unread(20), origin="origin")
    assert (kept.num_rows, rejected.num_rows) == (400, 20)
    with pytest.raises(ContractError, match="30 of 430 rows are rejected, 21 may be"):
        audited(good, "messages", where="shop", earlier=unread(30), origin="origin")


def test_rows_that_break_the_contract_are_rejected_beside_those_that_could_not_be_read() -> None:
    made = rows("messages", text=["Goedemorgen.", " ", "Tot morgen."])
    kept, rejected = audited(made, "messages", where="shop", earlier=unread(1), origin="origin")
    assert (kept.num_rows, rejected.num_rows) == (2, 2)
    # Of our own making all broken rows would be a mistake, but for a single one.
    kept, rejected = audited(made.slice(1, 1), "messages", where="shop")
    assert (kept.num_rows, rejected["origin"].to_pylist()) == (0, ["shop:1"])


def test_a_lead_that_breaks_its_contract_waits_in_the_quarantine_until_it_does_not(
    tmp_path: Path,
) -> None:
    lake = Lake(str(tmp_path))
    for priority, names in ((101, ["shop:0", "shop:2"]), (99, ["shop:0", "shop:1", "shop:2"])):
        made = rows("leads", messages_count=[1, 2, 3], priority=[7, priority, 7])
        counts = Counts(rows_in=6)
        _swap(lake, "leads", made, counts)
        assert lake.read("leads")["lead_id"].to_pylist() == names
        waiting = lake.read("quarantine").to_pylist()
        told = [(one["origin"], one["column"], one["value"], one["seen_on"]) for one in waiting]
        broken = [("shop:1", "priority", "101.0", NOON.date())]
        assert (told, counts.quarantined) == ((broken, 2) if priority > 100 else ([], 0))
