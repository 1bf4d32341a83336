"""Mails without references: tied by subject only where that can mean one mail."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.conversations import speech, subjects, threads

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SCHEMA = {
    "message_id": pl.String,
    "source": pl.String,
    "author_id": pl.String,
    "is_own": pl.Boolean,
    "sent_at": pl.Datetime("us", "UTC"),
    "subject": pl.String,
    "reply_to_id": pl.String,
}


def mail(
    name: str,
    subject: str | None,
    by: str | None = "ann",
    *,
    day: float = 0,
    own: bool = False,
    to: str | None = None,
    source: str = "mail",
) -> dict[str, Any]:
    """One mail, some days after noon."""
    return {
        "message_id": name,
        "source": source,
        "author_id": "desk" if own else by,
        "is_own": own,
        "sent_at": NOON + timedelta(days=day),
        "subject": subject,
        "reply_to_id": to,
    }


def tied(*mails: dict[str, Any]) -> dict[str, str]:
    frame = subjects.keyed(pl.DataFrame(list(mails), schema=SCHEMA))
    return dict(subjects.ties(frame).select(*threads.TIES).iter_rows())


FIRST = mail("a", "Lamp 88 flikkert")


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Lamp 88 flikkert",
        "RE: RE: lamp 88  flikkert",
        "Antw: Re: Lamp 88 flikkert",
        "AW: Lamp 88 flikkert",
        "Fwd: Lamp 88 flikkert",
        "[EXTERN] RE: Lamp 88 flikkert",
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_an_answer_without_references_continues_the_mail_it_names(subject: str, own: bool) -> None:
    assert tied(FIRST, mail("b", subject, day=1, own=own)) == {"b": "a"}


TRAPS = {
    "the same subject anew": [FIRST, mail("b", "Lamp 88 flikkert", day=1)],
    "an answer that says to what": [FIRST, mail("b", "Re: Lamp 88 flikkert", day=1, to="x")],
    "another subject": [FIRST, mail("b", "Re: Lamp 89 flikkert", day=1)],
    "another customer": [FIRST, mail("b", "Re: Lamp 88 flikkert", "bob", day=1)],
    "nobody known": [mail("a", "Lamp 88", None), mail("b", "Re: Lamp 88", None, day=1)],
    "another mailbox": [FIRST, mail("b", "Re: Lamp 88 flikkert", day=1, source="shop")],
    "too late": [FIRST, mail("b", "Re: Lamp 88 flikkert", day=14.01)],
    "earlier than its answer": [FIRST, mail("b", "Re: Lamp 88 flikkert", day=-1)],
    "at the same moment": [FIRST, mail("b", "Re: Lamp 88 flikkert")],
    "our answer to one of two": [
        mail("a", "Klacht over bezorging"),
        mail("b", "Klacht over bezorging", "bob", day=1),
        mail("c", "RE: Klacht over bezorging", day=2, own=True),
    ],
    "our answer to one of two, who wrote last again": [
        mail("a", "Klacht over bezorging", "bob"),
        mail("b", "Klacht over bezorging", day=1),
        mail("b2", "Klacht over bezorging", day=1.5),
        mail("c", "RE: Klacht over bezorging", day=2, own=True),
    ],
    "our answer to one of two, the other just within reach": [
        mail("a", "Klacht over bezorging", "bob", day=-13),
        mail("b", "Klacht over bezorging"),
        mail("c", "RE: Klacht over bezorging", day=1, own=True),
    ],
    "our answer to a word that all use": [
        mail("a", "Klacht"), mail("b", "RE: Klacht", day=1, own=True),
    ],
    "a subject that only begins like a mark": [
        mail("a", "aling kapot"), mail("b", "Realing kapot", day=1),
    ],
    "no subject": [mail("a", None), mail("b", "Re:", day=1)],
}  # fmt: skip


@pytest.mark.parametrize("mails", TRAPS.values(), ids=TRAPS.keys())
def test_what_only_looks_like_an_answer_stays_apart(mails: list[dict[str, Any]]) -> None:
    assert tied(*mails) == {}


def test_the_newest_mail_counts_and_a_customer_of_long_ago_does_not() -> None:
    long_ago = mail("x", "Lamp 88 flikkert", "bob", day=-15)
    again = mail("c", "Re: Lamp 88 flikkert", day=1)
    answer = mail("d", "Antw: Lamp 88 flikkert", day=2, own=True)
    assert tied(long_ago, FIRST, again, answer) == {"c": "a", "d": "c"}


def test_our_second_answer_continues_what_the_customer_wrote_and_not_our_first() -> None:
    answers = [
        mail(name, "Re: Lamp 88 flikkert", day=day, own=True) for day, name in enumerate("bc", 1)
    ]
    assert tied(FIRST, *answers) == {"b": "a", "c": "a"}


def test_who_writes_to_another_mailbox_or_of_another_thing_keeps_no_answer_apart() -> None:
    elsewhere = mail("x", "Lamp 88 flikkert", "bob", day=-2, source="shop")
    other = mail("y", "Lamp 89 flikkert", "cas", day=-1)
    answer = mail("b", "Re: Lamp 88 flikkert", day=1, own=True)
    assert tied(elsewhere, other, FIRST, answer) == {"b": "a"}


def test_the_order_of_mails_changes_nothing() -> None:
    drawn = random.Random(4)
    mails = [
        mail(str(at), f"{drawn.choice(['', 'Re: '])}Lamp 8{at % 2}", drawn.choice(["ann", "bob"]),
             day=drawn.randrange(30), own=drawn.random() < 0.3)
        for at in range(60)
    ]  # fmt: skip
    found = tied(*mails)
    assert len(found) > 5
    assert tied(*drawn.sample(mails, len(mails))) == found


def test_tied_mails_are_one_conversation_that_begins_with_the_first() -> None:
    columns = {name: None for name in threads.COLUMNS}
    rows = [
        {**columns, **FIRST, "channel": "email", "thread_id": name, "message_id": name,
         "sent_at": NOON + timedelta(hours=at), **dict.fromkeys(speech.FACTS, False)}
        for at, name in enumerate("abc")
    ]  # fmt: skip
    schema = {
        **dict.fromkeys(threads.COLUMNS, pl.String), **SCHEMA,
        "closed_at": pl.Datetime("us", "UTC"), **dict.fromkeys(speech.FACTS, pl.Boolean),
    }  # fmt: skip
    messages = pl.DataFrame(rows, schema=schema).to_arrow(compat_level=pl.CompatLevel.oldest())
    ties = pl.DataFrame({"message_id": ["b", "z"], "earlier_id": ["a", "a"]})
    found = threads.build(messages, ties).to_pylist()
    assert [one["message_ids"] for one in found] == [["a", "b"], ["c"]]
    assert [one["is_partial"] for one in found] == [False, False]
