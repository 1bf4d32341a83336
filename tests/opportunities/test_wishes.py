"""What a sentence asks for: terms of both languages first, the story around them last."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.opportunities.lookup import kinds, terms_of
from pipeline.opportunities.wishes import KINDS, lengths, weight, wishes
from pipeline.text import concept_weights, concepts, lexicon


def wish(sentence: str) -> dict[str, float]:
    found = wishes(pl.Series([sentence]))
    return dict(zip(found["term"], found["weight"], strict=True))


def likeness(one: str, other: str) -> float:
    found = wishes(pl.Series([one, other]))
    norms = lengths(found, 2)
    mine, theirs = wish(one), wish(other)
    shared = sum(mine[term] * theirs.get(term, 0) for term in mine)
    return float(shared / norms[0] / norms[1]) if norms.all() else 0.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please add a dark mode.", "Wanneer komt er een donkere modus?"),
        ("A pause button for the subscription", "Laat mij mijn abonnement pauzeren"),
        ("Parcel lockers please", "Graag een pakketkluis"),
        ("Subtitles would be great", "Ondertiteling zou fijn zijn"),
        ("Group chats please", "Ik wil een groepsgesprek kunnen beginnen"),
        ("Bigger shelves in the fridge", "Grotere schappen in de koelkast"),
    ],
)
def test_same_wish_in_dutch_and_english_is_alike(one: str, other: str) -> None:
    assert likeness(one, other) > 0.6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please add a dark mode to the app.", "Please add a search bar to the app."),
        ("I'd love a delivery slot", "I'd love a return label"),
        ("Zet een bankje bij de halte", "Zet een prullenbak bij de halte"),
        ("The weather is nice", "The soup is nice"),
        ("A fridge with less noise", "A train with less noise at night"),
    ],
)
def test_other_wishes_in_the_same_words_are_not_alike(one: str, other: str) -> None:
    assert likeness(one, other) < 0.55


@pytest.mark.parametrize(
    ("word", "term"),
    [
        ("facturen", "invoice"),
        ("pauzeknop", "pause"),
        ("reservesleutel", "key"),
        ("laadpalen", "charging_station"),
        ("opladers", "charger"),
        ("brieven", "letter"),
        ("afrekenen", "payment"),
        ("koelkastdeur", "fridge"),
        ("gordijnen", "blinds"),
        ("opgeslagen", "save"),
        ("the", None),
        ("meer", None),
        ("was", None),
    ],
)
def test_inflected_and_compound_words_show_their_term(word: str, term: str | None) -> None:
    found = [name for name, _ in terms_of(word) if not name.startswith("~")]
    assert term in found or (term is None and not found)


@pytest.mark.parametrize(
    ("dutch", "english"),
    [
        ("mozaïek", "mosaic"),
        ("seismologie", "seismology"),
        ("kristallisatie", "crystallisation"),
        ("kameleons", "chameleons"),
    ],
)
def test_kindred_words_in_no_list_meet_by_their_spelling(dutch: str, english: str) -> None:
    assert terms_of(dutch) == terms_of(english)


def test_longest_phrase_wins_and_phrases_stand_side_by_side() -> None:
    assert set(wish("a delivery slot")) == {"delivery_slot"}
    assert set(wish("a delivery")) == {"delivery"}
    assert set(wish("dark mode delivery slot")) == {"dark_mode", "delivery_slot"}


def test_common_terms_and_unlisted_words_weigh_less() -> None:
    assert weight("subtitles") > weight("hour")
    assert weight("~zebrano") < weight("subtitles")
    assert all(0 < weight(term) <= max(KINDS.values()) for term in kinds())


def test_addresses_and_handles_are_no_part_of_a_wish() -> None:
    bare = wish("more benches please")
    assert wish("@somebody more benches please https://example.org/benchmark") == bare


def test_sentence_without_words_says_nothing() -> None:
    assert wishes(pl.Series(["?!", None, "benches"]))["at"].unique().to_list() == [2]
    assert wishes(pl.Series([], dtype=pl.String)).is_empty()


def test_each_form_belongs_to_one_concept_and_weights_to_known_ones() -> None:
    forms = [form for listed in concepts().values() for form in listed]
    assert len(forms) == len(set(forms))
    assert set(concept_weights()) <= set(concepts())
    assert all(0 < weight <= 1 for weight in concept_weights().values())


def test_kinds_of_the_lexicon_have_weights_and_lines_both_languages() -> None:
    assert set(KINDS) == {"concept", *lexicon()}
    assert all(len(line) >= 2 for lines in lexicon().values() for line in lines)
