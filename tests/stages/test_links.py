"""What held a conversation together can go from its day: the rest is as if it had never come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline import retention
from tests.conftest import TAGGED, Company, said
from tests.retention.killed import killed_after
from tests.stages.test_subject_ties import mailbox, talks

MON, TUE, WED, FRI = "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-06"
CAKE = said("a", "Mijn taart was te laat en kapot, ik wil mijn geld terug!", f"{MON}T09:00:00Z")
ANSWER = said(
    "b", "Beste klant, wij kijken ernaar.", f"{WED}T09:00:00Z", "molenaar", reply_to_native_id="a"
)
STILL = said(
    "c",
    "Nog steeds niets gehoord, waardeloze service. Ik wil mijn geld terug!",
    f"{FRI}T09:00:00Z",
    reply_to_native_id="b",
)


def told(company: Company) -> dict[str, str]:
    """All but the messages themselves, whose origin is a line that may be another one now."""
    return {name: sha for name, sha in company.checksums().items() if "messages/" not in name}


@pytest.mark.parametrize(
    ("gone", "day"), [(CAKE, MON), (ANSWER, WED)], ids=["the first message", "one between"]
)
def test_a_message_gone_from_one_day_leaves_no_trace_on_the_others(
    companies: Callable[[str], Company], gone: dict[str, Any], day: str
) -> None:
    left = [one for one in (CAKE, ANSWER, STILL) if one is not gone]
    without, repaired = companies("without"), companies("repaired")
    without.hear("shop", left)
    repaired.hear("shop", [CAKE, ANSWER, STILL])
    for company in (without, repaired):
        company.run(MON, FRI)
    repaired.hear("shop", left)
    repaired.run(day)
    assert told(repaired) == told(without)
    assert len(talks(repaired)) == 1 + (gone is ANSWER)


def test_a_conversation_that_came_apart_is_found_by_the_run_after_a_kill(
    companies: Callable[[str], Company],
) -> None:
    calm, killed = companies("calm"), companies("killed")
    for company in (calm, killed):
        company.hear("shop", [CAKE, ANSWER, STILL])
        company.run(MON, FRI, stages=TAGGED)
        company.hear("shop", [CAKE, STILL])
        company.run(WED, stages=("listen",))
    with killed_after(1):
        killed.run(WED, stages=("assemble", "detect"))
    assert talks(killed) == {frozenset("abc"), frozenset("c")}
    for company in (calm, killed):
        company.run(WED, stages=("assemble", "detect"))
    assert talks(killed) == {frozenset("a"), frozenset("c")}
    assert told(killed) == told(calm)


def test_what_a_forgotten_mail_tied_by_its_subject_is_told_of_its_own_conversation(
    company: Company,
) -> None:
    again = {**STILL, "reply_to_native_id": None, "subject": "Re: Taart van zaterdag kapot"}
    mailbox(
        company,
        {**CAKE, "subject": "Taart van zaterdag kapot"},
        {**ANSWER, "reply_to_native_id": None, "subject": "Re: Taart van zaterdag kapot"},
        again,
    ).run(MON, FRI)
    assert company.column("detections", "message_id", "conversation_id")["shop:c"] == "shop:a"
    who = retention.asked(company.settings, "shop", message="a")
    retention.forget(company.settings, who, date(2026, 11, 7))
    assert talks(company) == {frozenset("a"), frozenset("b"), frozenset("c")}
    assert company.column("detections", "message_id", "conversation_id") == {"shop:c": "shop:c"}
    before = company.checksums()
    company.run(MON, FRI, stages=("assemble", "detect", "publish", "watch"))
    assert company.checksums() == before
