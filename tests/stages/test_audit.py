"""The budget of rejected rows grows with the rows of a day, and what was rejected before counts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.contracts import contract
from pipeline.errors import ContractError
from pipeline.stages._audit import REJECTED, audited
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
