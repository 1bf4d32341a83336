"""Mails tied by their subject are the same conversations, whatever the order of the days."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Company, said

TOPIC = "Lamp 88 flikkert"
A = said("a", "Mijn lamp flikkert.", "2026-11-02T10:00:00Z", subject=TOPIC)
B = said("b", "De mijne ook.", "2026-11-03T10:00:00Z", "bea", subject=TOPIC)
OURS = said("r", "Wij ruilen hem.", "2026-11-04T10:00:00Z", "molenaar", subject=f"RE: {TOPIC}")
AGAIN = said("c", "Graag, dank.", "2026-11-05T10:00:00Z", subject=f"Antw: RE: {TOPIC}")


def mailbox(company: Company, *mails: dict[str, Any]) -> Company:
    toml = company.folder / "engage.toml"
    text = toml.read_text(encoding="utf-8")
    path = 'path = "shop.jsonl"\n'
    if "channel" not in text:
        toml.write_text(text.replace(path, f'{path}channel = "email"\n'), encoding="utf-8")
    company.hear("shop", mails)
    return company


def talks(company: Company) -> set[frozenset[str]]:
    held = company.column("conversations", "conversation_id", "message_ids").values()
    return {frozenset(one.removeprefix("shop:") for one in ids) for ids in held}


def told(company: Company) -> dict[str, str]:
    """All but which days were listened to."""
    return {
        file: digest
        for file, digest in company.checksums().items()
        if not file.startswith("source_days/")
    }


@pytest.mark.parametrize(("mails", "step"), [((A, OURS, AGAIN), 5), ((A, B, OURS, AGAIN), 11)])
def test_days_in_any_order_give_the_same_conversations(
    companies: Callable[[str], Company], mails: tuple[dict[str, Any], ...], step: int
) -> None:
    whole = mailbox(companies("whole"), *mails)
    whole.run("2026-11-02", "2026-11-05", stages=("listen", "assemble"))
    expected = {frozenset("arc")} if B not in mails else {frozenset("ac"), frozenset("b"),
                                                          frozenset("r")}  # fmt: skip
    assert talks(whole) == expected
    orders = itertools.permutations(one["sent_at"][:10] for one in mails)
    for order in itertools.islice(orders, 0, None, step):
        days = mailbox(companies("-".join(day[-2:] for day in order)), *mails)
        for day in order:
            days.run(day, stages=("listen", "assemble"))
        assert told(days) == told(whole), order


def test_a_mail_that_came_late_or_went_unties_and_ties_again(company: Company) -> None:
    mailbox(company, A, OURS).run("2026-11-02", "2026-11-05", stages=("listen", "assemble"))
    before = told(company)
    assert talks(company) == {frozenset("ar")}
    late = {**B, "sent_at": "2026-11-01T10:00:00Z"}
    mailbox(company, late, A, OURS).run("2026-11-01", stages=("listen", "assemble"))
    assert talks(company) == {frozenset("a"), frozenset("b"), frozenset("r")}
    mailbox(company, A, OURS).run("2026-11-01", stages=("listen", "assemble"))
    assert told(company) == before
