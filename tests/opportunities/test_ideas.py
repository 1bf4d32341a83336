"""Ideas: one row per person and idea, in the person's own sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.contracts import check, conform, contract
from pipeline.detectors.idea import DETECTOR
from pipeline.opportunities import decisions, ideas
from tests.opportunities.made import MONDAY, detected, settings

CUES = DETECTOR.vocabulary
NONE = decisions.holding(contract("theme_decisions").full_schema.empty_table())
DAY = timedelta(days=1)
DARK = {"text": "I like it. Please add a dark mode.", "best": "Please add a dark mode."}


def build(*messages: dict[str, Any], **values: Any) -> list[dict[str, Any]]:
    made = ideas.build(detected(*messages), settings(**values), NONE, CUES)[0]
    return pl.DataFrame(made).to_dicts()


def test_table_keeps_its_contract() -> None:
    made = ideas.build(
        detected(DARK, {"text": "Benches!", "author": None}), settings(), NONE, CUES
    )[0]
    assert check(conform(made, "ideas"), "ideas", where="test").rejected.num_rows == 0


def test_no_messages_make_an_empty_table_with_all_columns() -> None:
    made = ideas.build(detected(), settings(), NONE, CUES)[0]
    assert made.num_rows == 0
    assert set(made.column_names) == set(ideas.COLUMNS)


def test_idea_has_one_owner_who_is_advised_and_whom_else_it_concerns() -> None:
    wish = {"text": "Please add a dark mode to Wolk Thuis, Nimbus has one.", "language": "en"}
    (row,) = build(wish)
    assert (row["department"], row["owner"], row["informed"]) == (
        "product", "product", ["market_research"],
    )  # fmt: skip
    assert (row["recommended_action"], row["respond_by"]) == ("watch", None)
    assert row["action_reason"] == (
        "Asks for it for Wolk Thuis, names the competitor Nimbus, a vote for its theme."
    )


def test_route_of_ideas_gives_owner_action_and_promise() -> None:
    route = {
        "tag": "idea", "channels": ["review"], "department": "marketing", "owner": "Ada",
        "respond_within_hours": 7, "recommended_action": "reply", "action_reason": "We thank.",
    }  # fmt: skip
    said = detected({**DARK, "channel": "review"}, {"text": "Please add benches.", "author": "b"})
    of_route, plain = pl.DataFrame(
        ideas.build(said, settings(routing=[route]), NONE, CUES)[0]
    ).to_dicts()
    assert (of_route["department"], of_route["owner"]) == ("marketing", "Ada")
    assert of_route["respond_by"] == MONDAY + timedelta(hours=7)  # ten o'clock to closing time
    assert of_route["recommended_action"] == "reply"
    assert of_route["action_reason"].startswith("We thank. Asks for it")
    assert (plain["owner"], plain["respond_by"]) == ("product", None)


def test_idea_is_its_sentence_alone() -> None:
    (row,) = build(DARK)
    assert row["sentence"] == "Please add a dark mode."
    assert (row["idea_id"], row["theme_id"]) == ("idea:made:000", "theme:made:000")


def test_sentence_that_says_nothing_takes_the_one_before_along() -> None:
    text = "A child seat is what I miss. Please make one. Bye."
    (row,) = build({"text": text, "best": "Please make one."})
    assert row["sentence"] == "A child seat is what I miss. Please make one."
    assert row["sentence"] in text


def test_same_sentence_of_the_same_person_is_one_idea() -> None:
    again = {**DARK, "author": "a", "sent_at": MONDAY + DAY}
    (row,) = build({**DARK, "author": "a"}, again)
    assert (row["messages_count"], row["opened_at"]) == (2, MONDAY)


def test_same_sentence_of_somebody_else_is_another_idea_of_the_theme() -> None:
    rows = build({**DARK, "author": "a"}, {**DARK, "author": "b"})
    assert len(rows) == 2
    assert len({row["theme_id"] for row in rows}) == 1


def test_repost_by_somebody_else_opens_nothing() -> None:
    assert len(build({**DARK, "author": "a"}, {**DARK, "duplicate_of": "made:000"})) == 1


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Please add a search bar.", "en", True),
        ("Kunnen jullie een zoekbalk maken?", "nl", True),
        ("Een zoekbalk ontbreekt.", "nl", False),
        ("The lack of a search bar is odd.", "en", False),
        ("How about a search bar?", "en", True),
        ("There should be a search bar.", "en", True),
        ("Ik mis een zoekbalk.", "nl", True),
    ],
)
def test_request_is_told_from_mention(text: str, language: str, expected: bool) -> None:
    assert build({"text": text, "language": language})[0]["is_request"] is expected


def test_name_of_the_company_makes_no_theme() -> None:
    # A bakery by the name of Brood & Zoriva wants to hear about bread all the same.
    company = {"name": "Brood & Zoriva", "aliases": ["Zoriva"], "own_accounts": ["zoriva"]}
    texts = ("Please add this to zoriva", "Let Zoriva do that", "I hope Zoriva will have it")
    made = build(*({"text": text} for text in texts), company=company)
    assert len({row["theme_id"] for row in made}) == 3
    bread = ({"text": text} for text in ("Brood zonder zout graag", "Meer brood zonder zout"))
    assert len({row["theme_id"] for row in build(*bread, company=company)}) == 1


def test_product_area_is_the_product_that_is_named() -> None:
    assert build({"text": "Add undo to wolk thuis"})[0]["product_area"] == "Wolk Thuis"
    assert build(DARK)[0]["product_area"] is None
    said = (DARK["text"], f"{DARK['text']} On Wolk Thuis it is too bright.")
    (row,) = build(*({**DARK, "text": text, "author": "b"} for text in said))
    assert row["product_area"] == "Wolk Thuis"


def test_result_does_not_depend_on_the_order_of_the_messages() -> None:
    texts = ["Please add undo", "Graag een donkere modus", "dark mode please", "benches!"]
    heard = detected(
        *({"text": texts[at % 4], "author": "abcdef"[at % 6], "language": "nl"} for at in range(30))
    )
    made = [
        ideas.build(heard.sample(fraction=1, shuffle=True, seed=seed), settings(), NONE, CUES)[0]
        for seed in range(3)
    ]
    assert made[0].equals(made[1]) and made[1].equals(made[2])
