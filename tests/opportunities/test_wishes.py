"""What a sentence asks for: terms of both languages first, the story around them last."""

from __future__ import annotations

import time
from collections import Counter

import polars as pl
import pytest

from pipeline.opportunities.lookup import kinds, terms_of
from pipeline.opportunities.wishes import KINDS, lengths, reached, weight, wishes
from pipeline.text import concept_weights, concepts, kindred, lexicon


def wish(sentence: str) -> dict[str, float]:
    found = wishes(pl.Series([sentence]))
    return dict(zip(found["term"], found["weight"], strict=True))


def likeness(one: str, other: str) -> float:
    found = wishes(pl.Series([one, other]))
    reach, norms = reached(found, 2)
    near = dict(reach.filter(pl.col("at") == 0).select("term", "weight").iter_rows())
    shared = sum(near.get(term, 0) * weight for term, weight in wish(other).items())
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
        ("storingen", "interruption"),
        ("taken", "task"),
        ("foto's", "photo"),
        ("mailtjes", "email"),
        ("turfvrije", "peat"),
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


def test_a_word_of_several_meanings_has_each_of_them() -> None:
    assert {"card", "map"} <= {term for term, _ in terms_of("kaart")}
    assert {"bank", "sofa"} <= {term for term, _ in terms_of("bank")}


def test_longest_phrase_wins_and_phrases_stand_side_by_side() -> None:
    assert set(wish("a delivery slot")) == {"delivery_slot"}
    assert set(wish("a delivery")) == {"delivery"}
    assert set(wish("dark mode delivery slot")) == {"dark_mode", "delivery_slot"}


@pytest.mark.parametrize(
    ("command", "thing", "term"),
    [
        ("Stuur een sms bij storing", "Maak het stuur wat breder", "handlebar"),
        ("Lever er een hoes bij", "Verkoop ook verse lever", "liver"),
        ("Place a bench outside", "Find a place for the bench", "place"),
    ],
)
def test_verb_that_begins_a_wish_is_not_what_is_wished_for(
    command: str, thing: str, term: str
) -> None:
    assert term not in wish(command)
    assert term in wish(thing)


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


def test_likeness_is_the_same_both_ways_and_1_to_oneself() -> None:
    one, other = "Let me borrow a drill for the day", "Verhuur eens gereedschap"
    assert likeness(one, one) == pytest.approx(1)
    assert likeness(one, other) == pytest.approx(likeness(other, one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Snoei de heg aan de straat", "Trim the shrubs along the road"),
        ("A shelf for the shampoo", "Een plank voor de zeep"),
        ("Sell apples", "Verkoop peren"),
    ],
)
def test_wishes_in_kindred_words_are_nearer_than_by_the_words_they_share(
    one: str, other: str
) -> None:
    mine, theirs = wish(one), wish(other)
    shared = sum(weight * theirs.get(term, 0) for term, weight in mine.items())
    norms = lengths(wishes(pl.Series([one, other])), 2)
    assert likeness(one, other) > shared / norms[0] / norms[1] + 0.05


def test_kindred_terms_are_known_and_each_pair_stands_once() -> None:
    pairs = [frozenset(pair) for *pair, _ in kindred()]
    assert {term for term, *_ in kindred()} <= set(kinds())
    assert all(len(pair) == 2 for pair in pairs)
    assert set(Counter(pairs).values()) == {2}
    assert all(0 < nearness < 1 for *_, nearness in kindred())


def test_key_that_was_held_down_says_nothing_and_costs_no_time() -> None:
    begun = time.process_time()
    assert set(wish(f"Graag een donkere modus, ple{'a' * 50_000}se")) == set(wish("Donkere modus"))
    assert time.process_time() - begun < 5
