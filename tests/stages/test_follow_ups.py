"""Which messages are follow-ups: those of a lead's person, after it, in its conversation."""

from __future__ import annotations

import polars as pl

from tests.conftest import Company, said


def test_row_has_what_its_person_says_next_and_nobody_else(company: Company) -> None:
    def reply(name: str, text: str, minute: int, author: str) -> dict[str, str]:
        at = f"2026-11-02T10:{minute:02d}:00Z"
        return said(name, text, at, author, reply_to_native_id="ask")

    company.hear(
        "shop",
        (
            said("before", "Hooguit 11 euro, zei ik al.", "2026-11-02T09:00:00Z", "ann"),
            said(
                "ask",
                "Wij zoeken een leverancier voor ons kantoor, kunt u een offerte sturen?",
                "2026-11-02T10:00:00Z",
                "ann",
                reply_to_native_id="before",
            ),
            reply("ours", "Dat kan vanaf 22 man, maximaal 33 euro.", 1, "molenaar"),
            reply("other", "Hooguit 44 euro, meer niet.", 2, "bea"),
            reply("next", "Hooguit 55 euro.", 3, "ann"),
        ),
    )
    company.run("2026-11-02")
    (row,) = pl.DataFrame(company.lake.read("leads")).to_dicts()
    assert (row["message_id"], row["messages_count"]) == ("shop:ask", 1)
    assert (row["budget_amount"], row["team_size"]) == (55, None)
    assert {one["message_id"] for one in row["spans"] if one["field"] == "budget"} == {"shop:next"}
