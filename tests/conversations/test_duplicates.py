"""Reposts: the same words under another id, shortly after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.listening.pairs import pairs, taken_for_copies
from pipeline.conversations.duplicates import (
    BANDS,
    COMPARED,
    WITHIN,
    candidates,
    find,
    mark,
    ordered,
    sketched,
)

MOMENT = pl.Datetime("us", "UTC")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WORDS = "De nieuwe lamp van Molenaar is na drie dagen al stuk"


def print_of(text: str) -> int | None:
    said = {"message_id": "a", "source": "shop", "author_id": "ann", "sent_at": NOON, "text": text}
    return next(iter(sketched(pl.DataFrame([said]))["print"]), None)


@pytest.mark.parametrize(
    "text",
    [
        WORDS.upper(),
        f"RT @ann: {WORDS}",
        f"rt @ann {WORDS}!!!",
        f"{WORDS}  👇 https://example.org/a?b=c",
        f"@molenaar {WORDS} @bob",
        WORDS.replace(" ", "\n"),
    ],
)
def test_decoration_does_not_make_other_words(text: str) -> None:
    assert print_of(text) == print_of(WORDS) is not None


@pytest.mark.parametrize(
    "text",
    [
        WORDS + " maar ik kreeg een nieuwe",
        WORDS.replace("drie", "vier"),
        WORDS.replace("drie", "3"),
        f"Precies! {WORDS}",
    ],
)
def test_other_words_are_no_repost(text: str) -> None:
    assert print_of(text) != print_of(WORDS)


@pytest.mark.parametrize(
    "text", ["Bedankt!", "thanks", "", "👍👍👍👍👍👍", "@ann https://x.y/" + "z" * 99]
)
def test_short_text_is_never_a_repost(text: str) -> None:
    assert print_of(text) is None


def frame_of(*rows: tuple[str, float, bool, int]) -> pl.DataFrame:
    """Sketches in order: id, days after noon, sent by the company, print."""
    return ordered(
        pl.DataFrame(
            [
                {
                    "message_id": name,
                    "sent_at": NOON + timedelta(days=days),
                    "is_own": own,
                    "print": key,
                    "duplicate_of": None,
                }
                for name, days, own, key in rows
            ],
            schema={
                "message_id": pl.String,
                "sent_at": MOMENT,
                "is_own": pl.Boolean,
                "print": pl.UInt64,
                "duplicate_of": pl.String,
            },
        )
    )


def pairs_of(*pairs: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"row": pl.Int64, "earlier": pl.Int64}, orient="row")


def originals(frame: pl.DataFrame, copies: pl.DataFrame) -> dict[str, str | None]:
    return dict(zip(frame["message_id"], mark(frame, copies), strict=True))


def marked(*rows: tuple[str, float, bool]) -> dict[str, str | None]:
    """Original by id of messages with the same words: id, days after noon, sent by the company."""
    return originals(frame_of(*((*row, 7) for row in rows)), pairs_of())


def test_earliest_is_the_original_and_the_others_point_to_it() -> None:
    assert marked(("c", 2, False), ("a", 0, False), ("b", 1, False)) == {
        "a": None,
        "b": "a",
        "c": "a",
    }


def test_of_two_at_the_same_moment_the_smaller_id_is_the_original() -> None:
    assert marked(("b", 0, False), ("a", 0, False)) == {"a": None, "b": "a"}


def test_same_words_long_after_are_said_anew() -> None:
    days = WITHIN / timedelta(days=1)
    assert marked(("a", 0, False), ("b", days, False)) == {"a": None, "b": "a"}
    assert marked(("a", 0, False), ("b", days + 0.001, False)) == {"a": None, "b": None}


def test_company_may_be_the_original_but_never_the_repost() -> None:
    assert marked(("a", 0, True), ("b", 1, False), ("c", 2, True)) == {
        "a": None,
        "b": "a",
        "c": None,
    }


def test_other_prints_do_not_mix() -> None:
    rows = [(f"{name}{at}", at, False, key) for key, name in enumerate("ab") for at in (0, 29)]
    assert originals(frame_of(*rows), pairs_of()) == {
        "a0": None,
        "a29": "a0",
        "b0": None,
        "b29": "b0",
    }


def test_repost_leads_nobody_so_there_are_no_chains() -> None:
    frame = frame_of(("a", 0, False, 1), ("b", 1, False, 2), ("c", 2, False, 3))
    drifted = pairs_of((1, 0), (2, 1))
    assert originals(frame, drifted) == {"a": None, "b": "a", "c": None}


def test_same_words_said_every_week_have_a_new_original_when_the_old_one_is_out_of_reach() -> None:
    found = marked(*((f"w{week:02}", week * 7.0, False) for week in range(11)))
    assert [name for name, original in found.items() if original is None] == ["w00", "w05", "w10"]
    assert found["w04"] == "w00"
    assert found["w09"] == "w05"


rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 100 * 24), st.booleans()), min_size=1, max_size=14
)
likes = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)))


def world(
    rows: list[tuple[int, int, bool]], likes: set[tuple[int, int]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Messages, and as copies all pairs within reach whose prints are alike."""
    frame = frame_of(
        *((f"m{at:02}", hours / 24, own, key) for at, (key, hours, own) in enumerate(rows))
    )
    held = frame.select("sent_at", "print").rows()
    alike = likes | {(other, one) for one, other in likes}
    pairs = [
        (row, earlier)
        for row in range(len(held))
        for earlier in range(row)
        if (held[row][1], held[earlier][1]) in alike
        and held[row][1] != held[earlier][1]
        and held[row][0] - held[earlier][0] <= WITHIN
    ]
    return frame, pairs_of(*pairs)


@settings(deadline=None)
@given(rows=rows, likes=likes)
def test_original_is_the_earliest_that_leads(
    rows: list[tuple[int, int, bool]], likes: set[tuple[int, int]]
) -> None:
    frame, copies = world(rows, likes)
    alike = set(copies.rows())
    held = frame.select("message_id", "sent_at", "is_own", "print").rows()
    expected: list[str | None] = []
    for row, (_, sent_at, is_own, key) in enumerate(held):
        leaders = [
            name
            for earlier, (name, before, _, other) in enumerate(held[:row])
            if expected[earlier] is None
            and ((other == key and sent_at - before <= WITHIN) or (row, earlier) in alike)
        ]
        expected.append(leaders[0] if leaders and not is_own else None)
    assert mark(frame, copies).to_list() == expected


@settings(deadline=None)
@given(rows=rows, likes=likes, share=st.floats(0, 1))
def test_decisions_go_on_from_what_is_known(
    rows: list[tuple[int, int, bool]], likes: set[tuple[int, int]], share: float
) -> None:
    frame, copies = world(rows, likes)
    whole = mark(frame, copies)
    since = int(share * len(frame))
    known = frame.with_columns(duplicate_of=whole)
    later = mark(known, copies.filter(pl.col("row") >= since), since)
    assert later[since:].to_list() == whole[since:].to_list()


keys = st.lists(st.integers(0, 2), min_size=2, max_size=2)
sketches = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), keys), min_size=1, max_size=14)


@settings(deadline=None)
@given(rows=sketches, share=st.floats(0, 1))
def test_each_is_compared_with_the_earliest_within_reach_that_have_a_key_in_common(
    rows: list[tuple[int, int, list[int]]], share: float
) -> None:
    held = [
        (NOON + sixths * WITHIN / 6, key, [*some, *range(at * BANDS + 3, at * BANDS + BANDS + 1)])
        for at, (sixths, key, some) in enumerate(sorted(rows))
    ]
    schema = {"sent_at": MOMENT, "print": pl.UInt64, "keys": pl.Array(pl.UInt64, BANDS)}
    alike = {"is_cut": False, "size": 9, "turning": 0, "place": None, "voice": None}
    frame = pl.DataFrame(held, schema, orient="row").with_columns(
        **{name: pl.lit(value) for name, value in alike.items()}
    )
    since, expected = int(share * len(rows)), set()
    for at, (sent_at, key, some) in enumerate(held[since:], since):
        for band in range(BANDS):
            near = [
                earlier
                for earlier, (before, _, others) in enumerate(held[:at])
                if some[band] == others[band] and sent_at - before <= WITHIN
            ]
            expected |= {(at, one) for one in near[:COMPARED] if held[one][1] != key}
    assert candidates(frame, since).rows() == sorted(expected)


def test_no_messages_are_no_reposts() -> None:
    empty = pl.DataFrame(
        schema={
            "message_id": pl.String,
            "sent_at": MOMENT,
            "is_own": pl.Boolean,
            "source": pl.String,
            "author_id": pl.String,
            "text": pl.String,
        }
    )
    assert find(empty).rows() == []


# --- small edits


def found(*texts: str) -> list[str | None]:
    """Originals of texts said an hour apart; ids are a, b, c, ..."""
    messages = pl.DataFrame(
        {
            "message_id": list("abcdefgh"[: len(texts)]),
            "sent_at": [NOON + timedelta(hours=at) for at in range(len(texts))],
            "is_own": [False] * len(texts),
            "source": ["shop"] * len(texts),
            "author_id": [None] * len(texts),
            "text": texts,
        }
    )
    return find(messages)["original"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        f"Beste mensen, {WORDS}",
        f"{WORDS}, graag delen",
        f"{WORDS} #fail #lamp",
        WORDS.replace("Molenaar", "Molenar"),
        WORDS.replace("drie dagen al", "drie dagen"),
        WORDS.replace("De nieuwe", "Die nieuwe"),
        "RT @ann: De nieuwe lamp van Molenaar is na drie dagen a…",
    ],
)
def test_small_edits_leave_a_copy(text: str) -> None:
    assert found(WORDS, text) == [None, "a"]
    assert found(text, WORDS) == [None, "a"]


@pytest.mark.parametrize(
    "text",
    [
        WORDS.replace("drie", "3"),
        WORDS.replace("drie", "twee"),
        WORDS.replace("lamp", "bank"),
        WORDS.replace("al stuk", "niet stuk"),
        WORDS.replace("al stuk", "al weer heel"),
        f"Precies! {WORDS}",
        f'"{WORDS}" Nou, bij mij niet hoor, ik heb die lamp al een jaar en ben er blij mee',
        "RT @ann: De nieuwe lamp van…",
    ],
)
def test_other_meaning_or_an_answer_is_no_copy(text: str) -> None:
    assert found(WORDS, text) == [None, None]
    assert found(text, WORDS) == [None, None]


def test_receipts_of_one_template_are_never_compared() -> None:
    receipts = pl.DataFrame(
        {
            "message_id": [f"{at:04}" for at in range(500)],
            "sent_at": [NOON] * 500,
            "is_own": [False] * 500,
            "source": ["shop"] * 500,
            "author_id": [None] * 500,
            "text": [f"Uw bestelling {at} is onderweg, volg hem in de app" for at in range(500)],
        }
    )
    assert len(candidates(ordered(sketched(receipts)))) == 0


def of_people(text: str, *people: tuple[str, str | None]) -> list[str | None]:
    """Originals of one text that is said by people, each a source and an author."""
    messages = pl.DataFrame(
        {
            "message_id": list("abcdefgh"[: len(people)]),
            "sent_at": [NOON + timedelta(hours=at) for at in range(len(people))],
            "is_own": [False] * len(people),
            "source": [source for source, _ in people],
            "author_id": pl.Series([author for _, author in people], dtype=pl.String),
            "text": [text] * len(people),
        }
    )
    return find(messages)["original"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        "Mijn naam is [name], ik wil graag een offerte voor mijn bedrijf",
        "Ik wil graag een bezichtiging plannen, bel mij op [phone] of mail [mail]",
        "I would like a quote for my company please. Kind regards, [name]",
    ],
)
def test_two_people_who_speak_of_themselves_in_the_same_words_are_no_copies(text: str) -> None:
    ann, bob, nobody = ("shop", "ann"), ("shop", "bob"), ("shop", None)
    assert of_people(text, ann, bob, ann, bob) == [None, None, "a", "b"]
    assert of_people(text, nobody, nobody) == [None, None]
    assert of_people(text, ann, ("town", "x")) == [None, "a"], "it may be the same person"
    assert of_people(f"RT @user: {text}", ann, bob) == [None, "a"]


def test_what_anyone_could_say_is_a_copy_whoever_says_it() -> None:
    text = "Mevrouw [name] van de bank zei dat @user ons daarover terug zou bellen"
    assert of_people(text, ("shop", "ann"), ("shop", "bob"), ("shop", None)) == [None, "a", "a"]


def test_retweet_of_what_somebody_says_of_himself_is_a_copy() -> None:
    text = "Ik zoek een loodgieter in Utrecht voor morgen, bel mij op [phone]"
    assert found(text, f"RT @ann: {text}") == [None, "a"]


def test_members_of_a_group_are_copies_of_its_original_not_of_each_other() -> None:
    drift = [
        WORDS,
        f"Beste mensen, {WORDS}",
        f"Beste mensen, {WORDS}, graag even delen",
        f"Beste mensen, {WORDS}, graag even delen met iedereen die deze winkel ook kent",
    ]
    assert found(*drift) == [None, "a", "a", None]


def test_pairs_of_the_report_half_are_told_apart() -> None:
    some = [pair for pair in pairs() if pair.is_report]
    taken = taken_for_copies(some)
    copies = sum(pair.is_copy for pair in some)
    right = sum(pair.is_copy for pair, is_taken in zip(some, taken, strict=True) if is_taken)
    assert right >= 0.98 * sum(taken)
    assert right >= 0.75 * copies


def test_set_of_pairs_is_as_large_as_is_said() -> None:
    known = pairs()
    assert len(known) >= 300
    assert sum(not pair.is_copy for pair in known) >= 150
    assert all(pair.one != pair.other for pair in known)
