"""What a sentence asks for: concepts of both languages first, the story around them last."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.opportunities.wishes import ALL_WORDS, Wish, wishes
from pipeline.text import concept_weights, concepts


def wish(sentence: str) -> Wish:
    return wishes(pl.Series([sentence]))[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please add a dark mode.", "Wanneer komt er een donkere modus?"),
        ("A pause button for the subscription", "Laat mij mijn abonnement pauzeren"),
        ("Parcel lockers please", "Graag een pakketkluis"),
        ("Subtitles would be great", "Ondertiteling zou fijn zijn"),
    ],
)
def test_same_wish_in_dutch_and_english_is_alike(one: str, other: str) -> None:
    assert wish(one).likeness(wish(other)) > 0.8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please add a dark mode to the app.", "Please add a search bar to the app."),
        ("I'd love a delivery slot", "I'd love a return label"),
        ("Zet een bankje bij de halte", "Zet een prullenbak bij de halte"),
        ("The weather is nice", "The soup is nice"),
    ],
)
def test_other_wishes_in_the_same_words_are_not_alike(one: str, other: str) -> None:
    assert wish(one).likeness(wish(other)) < 0.5


@pytest.mark.parametrize(
    ("word", "concept"),
    [
        ("facturen", "invoice"),
        ("pauzeknop", "pause"),
        ("reservesleutel", "key"),
        ("verzamelfactuur", "combined"),
        ("laadpalen", "charger"),
        ("brieven", None),
        ("afrekenen", "payment"),
        ("draaglijk", None),
        ("station", None),
        ("the", None),
    ],
)
def test_inflected_and_compound_words_show_their_concept(word: str, concept: str | None) -> None:
    found = [term for term in wish(f"{word}").terms if term in concepts()]
    assert found[:1] == ([concept] if concept else [])


def test_longest_phrase_wins() -> None:
    assert set(wish("a delivery slot").terms) == {"delivery_slot"}
    assert set(wish("a delivery").terms) == {"delivery"}


def test_story_never_outweighs_the_wish() -> None:
    story = wish("Yesterday grandfather walked seven endless muddy kilometres wanting subtitles")
    assert story.likeness(wish("subtitles")) > 0.85
    words = [weight for term, weight in story.terms.items() if term not in concepts()]
    assert sum(weight**2 for weight in words) <= ALL_WORDS**2 + 1e-9


def test_addresses_and_handles_are_no_part_of_a_wish() -> None:
    bare = wish("more benches please")
    assert wish("@somebody more benches please https://example.org/benchmark").terms == bare.terms


def test_sentence_without_words_is_like_nothing() -> None:
    assert wish("?!").likeness(wish("?!")) == 0.0


def test_each_form_belongs_to_one_concept_and_weights_to_known_ones() -> None:
    forms = [form for listed in concepts().values() for form in listed]
    assert len(forms) == len(set(forms))
    assert set(concept_weights()) <= set(concepts())
    assert all(0 < weight <= 1 for weight in concept_weights().values())
