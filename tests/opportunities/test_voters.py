"""One vote a person, whatever the name; one account vote for all colleagues."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from pipeline.opportunities import ideas
from tests.opportunities.made import MONDAY, detected, settings
from tests.opportunities.test_themes import NONE, snapped

ANN, ANN_TOO, BOB, CAS = (f"{ord(letter):032x}" for letter in "abcd")
PEOPLE = [
    {"author_ids": [ANN, ANN_TOO], "account": "Bakkerij Zon"},
    {"author_ids": [BOB], "account": "Bakkerij Zon"},
]


def theme(*messages: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The one theme of these wishes."""
    texts = ("Dark mode please", "Please add a dark mode", "A dark mode, please!", "Dark mode?")
    heard = detected(*({"text": texts[at], **one} for at, one in enumerate(messages)))
    made = pl.DataFrame(ideas.build(heard, settings(**options), NONE, {})[0])
    (row,) = snapped(made, MONDAY.date()).to_dicts()
    return row


def test_several_names_of_one_person_are_one_vote() -> None:
    said = [{"author": "a"}, {"author": "b"}, {"author": "d"}]
    assert theme(*said)["votes_count"] == 3
    assert theme(*said, people=PEOPLE)["votes_count"] == 2


def test_colleagues_are_one_account_and_the_unknown_none() -> None:
    row = theme({"author": "a"}, {"author": "c"}, {"author": "d"}, people=PEOPLE)
    assert (row["votes_count"], row["accounts_count"]) == (3, 1)


def test_no_account_is_known() -> None:
    assert theme({"author": "a"}, {"author": "c"})["accounts_count"] is None


def test_attribute_of_the_message_names_the_account() -> None:
    firms = [json.dumps({"firm": name}) for name in ("Zon", "Maan", " Zon ", "  ")]
    said = [{"author": one, "attributes": firm} for one, firm in zip("abcd", firms, strict=True)]
    row = theme(*said, scoring={"account_attribute": "firm"})
    assert (row["votes_count"], row["accounts_count"]) == (4, 2)


def test_our_own_name_is_no_customer() -> None:
    """An export of chats says beside each of them whom it was held with: us."""
    firms = [json.dumps({"firm": name}) for name in ("Zon", "wolk", "Wolk & Co", "wolkhelpt")]
    said = [{"author": one, "attributes": firm} for one, firm in zip("abcd", firms, strict=True)]
    row = theme(*said, scoring={"account_attribute": "firm"})
    assert (row["votes_count"], row["accounts_count"]) == (4, 1)


def test_settings_outrank_the_attribute() -> None:
    said = {"author": "a", "attributes": json.dumps({"firm": "Maan"})}
    heard = detected({"text": "Dark mode", **said})
    made = ideas.build(
        heard, settings(people=PEOPLE, scoring={"account_attribute": "firm"}), NONE, {}
    )[0]
    assert made["account_id"].to_pylist() == ["Bakkerij Zon"]


def test_same_sentence_under_two_names_of_a_person_is_one_idea() -> None:
    heard = detected({"text": "Dark mode", "author": "a"}, {"text": "Dark mode", "author": "b"})
    assert ideas.build(heard, settings(people=PEOPLE), NONE, {})[0].num_rows == 1


def test_author_id_of_two_people_is_refused() -> None:
    with pytest.raises(ValidationError, match="author id of two people"):
        settings(people=[{"author_ids": [ANN]}, {"author_ids": [ANN, CAS]}])
