"""A customer whose author is not known waits for us as any other does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import Company, said

MON = "2026-11-02"


@pytest.mark.parametrize("author", ["ans", None])
def test_customer_who_writes_again_waits_whether_or_not_we_know_who_it_is(
    company: Company, author: str | None
) -> None:
    ask = "Kunt u mij een offerte sturen voor 40 broden per week?"
    company.hear(
        "shop",
        [
            said("1", ask, f"{MON}T09:00:00Z", author=author),
            said("2", "Natuurlijk, die komt vandaag.", f"{MON}T10:00:00Z", author="molenaar",
                 reply_to_native_id="1"),
            said("3", "Donderdag tussen vier en vijf past het best.", f"{MON}T11:00:00Z",
                 author=author, reply_to_native_id="2"),
        ],
    )  # fmt: skip
    company.run(MON)
    (row,) = company.rows("leads")
    assert row["waiting_since_at"] == datetime(2026, 11, 2, 11, tzinfo=UTC)
