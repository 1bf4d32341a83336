"""Further wishes: which sentences of a message are ideas beside its deciding one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from benchmarks.several import HALVES, counted, labelled, told
from pipeline.contracts import check, conform, contract
from pipeline.detectors.idea import DETECTOR
from pipeline.opportunities import decisions, ideas, outcomes, themes
from tests.opportunities.made import MONDAY, detected, settings

NONE = decisions.holding(contract("theme_decisions").full_schema.empty_table())
DAY = timedelta(days=1)
TWO = {"text": "Please add a dark mode. Could the pass be in the app as well?"}
DARK, PASS = "Please add a dark mode.", "Could the pass be in the app as well?"


def built(*messages: dict[str, Any], refused: tuple[str, ...] = ()) -> pl.DataFrame:
    heard = detected(*messages)
    return pl.DataFrame(ideas.build(heard, settings(), NONE, DETECTOR.vocabulary, refused)[0])


def told_in(text: str, best: str, language: str = "en") -> list[str]:
    rows = built({"text": text, "best": best, "language": language})
    return rows["sentence"].to_list()


def test_every_wish_of_a_message_is_a_row_with_an_id_that_lasts() -> None:
    rows = built({**TWO, "best": DARK})
    assert rows.select("idea_id", "sentence", "message_id").rows() == [
        ("idea:made:000", DARK, "made:000"),
        ("idea:made:000~24", PASS, "made:000"),
    ]
    assert TWO["text"][24:] == PASS
    assert rows["theme_id"].n_unique() == 2
    assert check(conform(rows.to_arrow(), "ideas"), "ideas", where="test").rejected.num_rows == 0


def test_deciding_sentence_has_the_id_of_the_message_wherever_it_stands() -> None:
    rows = built({**TWO, "best": PASS})
    assert dict(rows.select("idea_id", "sentence").rows()) == {
        "idea:made:000": PASS,
        "idea:made:000~0": DARK,
    }


def test_a_further_wish_is_not_cut_at_an_abbreviation() -> None:
    pause, bill = "Graag een pauzeknop.", "Graag ook één factuur per kwartaal i.p.v. per maand."
    assert sorted(told_in(f"{pause} {bill}", pause, "nl")) == [pause, bill]


@pytest.mark.parametrize(
    ("language", "best", "rest"),
    [
        ("en", "Please add a dark mode.", "My eyes hurt at night."),
        ("en", "Please add a dark mode.", "That would be great for my eyes."),
        ("en", "Please add a dark mode.", "Thanks a lot, and keep up the good work!"),
        ("en", "Please add a dark mode.", "I want my money back for the broken kettle."),
        ("en", "Please add a dark mode.", "Would anyone else like a bigger font?"),
        ("en", "Please add a dark mode.", "It would be nice if there was a dark mode."),
        ("en", "Please add a dark mode.", "Could you make one?"),
        ("en", "Please add a dark mode.", "Could you send me my order?"),
        ("nl", "Graag een donkere modus.", "Dat zou fijn zijn voor mijn ogen."),
        ("nl", "Graag een donkere modus.", "Ik hoop dat jullie er iets mee doen."),
        ("nl", "Graag een donkere modus.", "Weet iemand of er een widget is?"),
        ("nl", "Graag een donkere modus.", "Kunnen jullie een keer mijn pakket bezorgen?"),
        ("nl", "Graag een donkere modus.", "Een donkere modus zou handig zijn."),
    ],
)
def test_what_explains_thanks_complains_asks_others_or_repeats_is_no_wish(
    language: str, best: str, rest: str
) -> None:
    assert told_in(f"{best} {rest}", best, language) == [best]
    assert told_in(f"{rest} {best}", best, language) == [best]


@pytest.mark.parametrize(
    "text",
    [
        f"{DARK}   {PASS}",
        f"{DARK}\n\n  {PASS}\nBye",
        f"I miss two things:\n - {DARK}\n * {PASS}",
        f"I miss two things:\n1. {DARK}\n2.  {PASS}",
    ],
)
def test_id_of_a_further_wish_has_the_place_where_it_begins(text: str) -> None:
    rows = built({"text": text, "best": DARK})
    assert rows["idea_id"].to_list() == ["idea:made:000", f"idea:made:000~{text.index(PASS)}"]


def test_items_of_a_list_of_wishes_are_wishes_without_their_marks() -> None:
    text = "Mijn wensen:\n- een leeslamp\n- kluisjes met stroom\n- gratis koffie\n\n- Ada"
    rows = told_in(text, "- een leeslamp", "nl")
    assert rows == ["- een leeslamp", "kluisjes met stroom", "gratis koffie"]
    numbers = "I miss a few things.\n1. bike racks\n2. a vending machine\nBye"
    assert told_in(numbers, "bike racks") == ["bike racks", "a vending machine"]


def test_items_of_another_list_are_none() -> None:
    text = "Please add a dark mode.\nMy phones are:\n- a Fairphone\n- an old tablet"
    assert told_in(text, DARK) == [DARK]


def test_one_wish_among_items_makes_no_wishes_of_the_others_and_what_leads_a_list_is_none() -> None:
    day = "Here is my day.\n- slept late\n- bike racks would be great\n- home by ten"
    assert told_in(f"{DARK} {day}", DARK) == [DARK, "bike racks would be great"]
    leads = "Please put more in the bus:\n- bike racks\n- a vending machine"
    assert told_in(f"{DARK} {leads}", DARK) == [DARK, "bike racks", "a vending machine"]


def test_one_person_who_says_a_further_wish_twice_has_one_row() -> None:
    rows = built(
        {**TWO, "best": DARK, "author": "a"},
        {"text": f"Hello. {PASS}", "best": PASS, "author": "a", "sent_at": MONDAY + DAY},
    )
    assert rows.select("idea_id", "messages_count").rows() == [
        ("idea:made:000", 1),
        ("idea:made:000~24", 2),
    ]


def test_two_wishes_of_one_person_in_one_theme_are_one_vote() -> None:
    rows = built({"text": f"{DARK} {PASS}", "best": DARK}).with_columns(theme_id=pl.lit("theme:x"))
    said = decisions.standing(rows, NONE)
    made = themes.snapshot(rows, themes.spoken(rows, themes.told(rows)), MONDAY.date(), said)
    assert (made["votes_count"].to_pylist(), made["mentions_count"].to_pylist()) == ([1], [2])


def test_rejected_further_wish_goes_alone_and_teaches_nothing_of_its_message() -> None:
    decided = _outcomes(("idea:made:000~24", "rejected"), ("idea:made:001", "rejected"))
    refused = outcomes.refused(decided)
    assert refused == ["idea:made:000~24"]
    rows = built({**TWO, "best": DARK}, refused=tuple(refused))
    assert rows["sentence"].to_list() == [DARK]
    assert outcomes.judged(decided)["message_id"].to_list() == ["made:001"]


def test_further_wish_that_is_planned_after_all_is_not_refused() -> None:
    decided = _outcomes(("idea:made:000~24", "rejected"), ("idea:made:000~24", "planned"))
    assert outcomes.refused(decided) == outcomes.refused(decided.take([1, 0])) == []


def test_planned_further_wish_speaks_for_its_message_and_theme() -> None:
    decided = _outcomes(("idea:made:000~24", "planned"))
    assert outcomes.judged(decided).select("message_id", "opening_id", "is_yes").rows() == [
        ("made:000", "made:000", True)
    ]
    held = pl.concat((NONE, outcomes.statuses(decided)), how="diagonal")
    said = decisions.standing(built({**TWO, "best": DARK}), held)
    assert said.select("theme_id", "given_state").rows() == [("theme:made:000~24", "planned")]


def test_wishes_do_not_depend_on_the_order_of_the_messages() -> None:
    heard = detected(*({**TWO, "best": DARK, "author": "abc"[at % 3]} for at in range(9)))
    made = [
        ideas.build(
            heard.sample(fraction=1, shuffle=True, seed=seed), settings(), NONE, DETECTOR.vocabulary
        )[0]
        for seed in range(3)
    ]
    assert made[0].num_rows == 6
    assert made[0].equals(made[1]) and made[1].equals(made[2])


def test_labelled_wishes_are_told_apart_as_well_as_published() -> None:
    rows = told(labelled())
    for half in HALVES:
        counts = [counted(one)[1] for one in rows if one.message.half == half]
        right, found, wanted = (sum(int(one[at]) for one in counts) for at in range(3))
        assert right / found >= 0.9 and right / wanted >= 0.75, half


def _outcomes(*decided: tuple[str, str]) -> Any:
    schema = contract("outcomes").full_schema
    rows = [
        {
            "opportunity_id": name, "opportunity_kind": "idea", "outcome": outcome,
            "message_id": name.removeprefix("idea:").partition("~")[0],
            "decided_at": MONDAY + at * DAY, "decided_on": (MONDAY + at * DAY).date(),
        }
        for at, (name, outcome) in enumerate(decided)
    ]  # fmt: skip
    return pl.DataFrame(
        rows, {name: pl.DataFrame(schema.empty_table()).schema[name] for name in schema.names}
    ).to_arrow()
