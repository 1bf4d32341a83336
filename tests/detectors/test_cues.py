"""Cues: found where spaCy finds them, however little of the text it is shown."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.matcher import Matcher, PhraseMatcher
from spacy.util import filter_spans

from pipeline.detectors._cues import CueFinder
from pipeline.detectors.base import Cue, Detector
from pipeline.errors import FatalError
from pipeline.tagger import detectors
from pipeline.text import LANGUAGES

Found = dict[str, list[Cue]]


@cache
def finder() -> CueFinder:
    return CueFinder(detectors().values())


class Plain:
    """What `CueFinder` does without any short cut: spaCy reads every text for every cue."""

    def __init__(self, language: str) -> None:
        self.nlp = spacy.blank(language)
        self.phrases = PhraseMatcher(self.nlp.vocab, attr="LOWER")
        self.patterns = Matcher(self.nlp.vocab)
        for detector in detectors().values():
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                self.phrases.add(label, [self.nlp.make_doc(one) for one in cue.get("phrases", [])])
                if cue.get("patterns"):
                    self.patterns.add(label, cue["patterns"])

    def find(self, text: str) -> Found:
        doc = self.nlp.make_doc(text.replace("’", "'"))
        by_label = defaultdict(list)
        for span in (*self.phrases(doc, as_spans=True), *self.patterns(doc, as_spans=True)):
            by_label[span.label_].append(span)
        found: Found = defaultdict(list)
        for label, spans in sorted(by_label.items()):
            tag, name = label.split(":")
            found[tag] += [Cue(name, at.start_char, at.end_char) for at in filter_spans(spans)]
        return dict(found)


@cache
def plain(language: str) -> Plain:
    return Plain(language)


@cache
def vocabulary(language: str) -> tuple[list[str], list[list[list[str]]]]:
    """All phrases, and for each token pattern the words that fit each token that must be there."""
    phrases, patterns = [], []
    for detector in detectors().values():
        for cue in detector.vocabulary[language]:
            phrases += cue.get("phrases", [])
            patterns += [
                [_words(token) for token in pattern if token.get("OP", "1") == "1"]
                for pattern in cue.get("patterns", [])
            ]
    return phrases, patterns


def _words(token: dict[str, Any]) -> list[str]:
    if "LOWER" not in token:
        return ["3"] if "LIKE_NUM" in token else ["even"]
    lower = token["LOWER"]
    return list(lower["IN"]) if isinstance(lower, dict) else [lower]


def joined(words: list[str]) -> str:
    """Words as people write them: `i 'm` is `i'm`."""
    return " ".join(words).replace(" '", "'").replace(" n't", "n't")


FILLERS = [
    *(
        "",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\u00a0",
        ".",
        ", ",
        "!? ",
        "'s ",
        "-",
        "/",
        "🙄",
        "’t ",
        "\u200b",
        "İ",
    ),
    *("niet ", "can't ", "cannot ", "10km ", "(", ")", "x" * 250, "…", "ik ", "een ", "zo ", "3 "),
]


@st.composite
def texts(draw: st.DrawFn, language: str) -> str:
    phrases, patterns = vocabulary(language)
    parts = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from("ppwff"))
        if kind == "p":
            parts.append(draw(st.sampled_from(phrases)))
        elif kind == "w":
            pattern = draw(st.sampled_from(patterns))
            parts.append(joined([draw(st.sampled_from(words)) for words in pattern]))
        else:
            parts.append(draw(st.one_of(st.sampled_from(FILLERS), st.text(max_size=5))))
        parts.append(draw(st.sampled_from(["", " ", " ", " ", "\n", "  "])))
    text = "".join(parts)
    return draw(st.sampled_from([text, text, text.upper(), text.title()]))


def sorted_cues(found: Found) -> Found:
    return {tag: sorted(cues) for tag, cues in sorted(found.items())}


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_cues_are_those_that_spacy_finds_in_the_whole_text(
    language: str, data: st.DataObject
) -> None:
    batch = data.draw(st.lists(texts(language), min_size=1, max_size=3))
    found = finder().find(pl.Series(batch), language)
    for row, text in enumerate(batch):
        assert sorted_cues(found.get(row, {})) == sorted_cues(plain(language).find(text)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_and_every_pattern_can_be_found(language: str) -> None:
    phrases, patterns = vocabulary(language)
    made = [*phrases, *(joined([words[0] for words in pattern]) for pattern in patterns)]
    found = finder().find(pl.Series(made), language)
    assert [text for row, text in enumerate(made) if row not in found] == []


def names(text: str, language: str, tag: str) -> set[str]:
    found = finder().find(pl.Series([text]), language)
    return {cue.name for cue in found.get(0, {}).get(tag, [])}


@pytest.mark.parametrize(
    ("text", "language", "tag", "name"),
    [
        ("Kunnen jullie mij een vrijblijvende offerte sturen?", "nl", "lead", "asks_for_quote"),
        ("WE ZIJN OP ZOEK NAAR EEN installateur", "nl", "lead", "looking_for"),
        ("i'm so disappointed in this shop", "en", "complaint", "dissatisfied"),
        ("thanks 🙄not happy with this", "en", "complaint", "sarcastic_praise"),
        ("Third time the engineer is late", "en", "complaint", "not_working_again"),
        ("De maat is vol, ik ga een klacht indienen", "nl", "complaint", "dissatisfied"),
        ("Wij zijn echt niet te spreken over de gang van zaken", "nl", "complaint", "dissatisfied"),
        (
            "De loodgieter is niet op komen dagen en laat niets weten",
            "nl",
            "complaint",
            "broken_promise",
        ),
        ("Weer aan het lijntje gehouden door de winkel", "nl", "complaint", "broken_promise"),
        ("Steeds hetzelfde liedje met die poort", "nl", "complaint", "not_working_again"),
        ("Daar gaan we weer, de lift staat stil", "nl", "complaint", "not_working_again"),
        ("Na drie weken wachten ligt er nog geen dak op", "nl", "complaint", "waiting_too_long"),
        ("Wanneer krijg ik eindelijk mijn sleutel?", "nl", "complaint", "waiting_too_long"),
        ("Sindsdien stilte, ook na mijn brief", "nl", "complaint", "no_answer"),
        ("Al vier keer gemaild en geen reactie", "nl", "complaint", "no_answer"),
        ("Afgeblaft door de man aan het loket", "nl", "complaint", "rude_treatment"),
        (
            "De portier was helaas onbeschoft en de ober was heel nors",
            "nl",
            "complaint",
            "rude_treatment",
        ),
        ("Er is te veel aangerekend voor de kist peren", "nl", "complaint", "money_wrong"),
        ("Graaigedrag, meer is het niet", "nl", "complaint", "money_wrong"),
        ("Nou lekker, de kaas staat nog in Breda", "nl", "complaint", "sarcastic_praise"),
        (
            "Een mooi staaltje plannen, twee zalen voor één koor",
            "nl",
            "complaint",
            "sarcastic_praise",
        ),
        ("Hier kom ik niet meer, dag dokter", "nl", "complaint", "threat_to_leave"),
        (
            "Eén keer maar nooit weer bij die stomerij, geen aanrader",
            "nl",
            "complaint",
            "threat_to_leave",
        ),
        ("Zo'n praktijk heet contractbreuk", "nl", "complaint", "legal_threat"),
        ("Wij laten het hier niet bij, dit is wanprestatie", "nl", "complaint", "legal_threat"),
        ("De brief gaat per aangetekende post", "nl", "complaint", "formal_demand"),
        ("Bij uitblijven hiervan volgt de rekening", "nl", "complaint", "formal_demand"),
        ("Schaamteloos hoe ze met de bomen omgaan", "nl", "complaint", "worst_ever"),
        ("Kan niet slechter dan deze tent", "nl", "complaint", "worst_ever"),
        ("De soep was niet veel soeps", "nl", "complaint", "understated"),
        ("De nieuwe schaatsen kan ik wel vergeten", "nl", "complaint", "understated"),
        ("Had van het orkest toch meer verwacht", "nl", "complaint", "understated"),
        ("Wanneer wordt dit opgelost? Het lekt nog", "nl", "complaint", "demand_refund"),
        ("Stort mijn geld op de oude rekening", "nl", "complaint", "demand_refund"),
        ("De gordijnen zijn twee dagen te laat", "nl", "complaint", "late_delivery"),
        ("De kast is beschadigd geleverd", "nl", "complaint", "late_delivery"),
        ("De stoelen zijn aan de krappe kant", "nl", "complaint", "dissatisfied_mildly"),
        ("Klein minpuntje: het deksel", "nl", "complaint", "dissatisfied_mildly"),
        ("Belachelijk duur, zo'n kopje thee", "nl", "complaint", "poor_value"),
        ("Voor dat geld bak ik zelf tien taarten", "nl", "complaint", "poor_value"),
        ("De app crasht zodra ik zing", "nl", "complaint", "product_fails"),
        ("Na twee dagen is de emmer al kapot", "nl", "complaint", "product_fails"),
        ("Sinds de overname is de bakker een loterij", "nl", "complaint", "worse_than_before"),
        ("Het bier wordt steeds kleiner en duurder", "nl", "complaint", "worse_than_before"),
        ("Eén keer per week geveegd, als je geluk hebt", "nl", "complaint", "bitter_irony"),
        ("Wie verzint zoiets, een deur zonder klink", "nl", "complaint", "bitter_irony"),
        ("Koude koffie, en de kamer rook muf", "nl", "complaint", "poor_state"),
        ("Het toilet was vies en de soep was lauw", "nl", "complaint", "poor_state"),
        ("Drie keer gebeld over dezelfde ruit", "nl", "complaint", "repeated_effort"),
        ("Elke keer iemand anders aan het loket", "nl", "complaint", "repeated_effort"),
        ("Het was binnen een dag netjes opgelost", "nl", "complaint", "not_solved_with_thanks"),
        ("Een heerlijk ontbijt, dikke pluim", "nl", "complaint", "not_praise"),
        (
            "Ik heb per ongeluk de verkeerde knop gekozen, mijn fout",
            "nl",
            "complaint",
            "not_own_mistake",
        ),
        (
            "Heb je al gekeken of de stekker past?",
            "nl",
            "complaint",
            "not_own_experience",
        ),
        (
            "Onze excuses voor het ongemak, we zoeken het uit",
            "nl",
            "complaint",
            "not_own_agent_reply",
        ),
        ("Hoe kan ik mijn lidmaatschap pauzeren?", "nl", "complaint", "not_how_to"),
        ("I am sick and tired of the drilling", "en", "complaint", "dissatisfied"),
        ("This hut is not fit for purpose", "en", "complaint", "dissatisfied"),
        ("Nothing but empty promises about the fence", "en", "complaint", "broken_promise"),
        ("We were lied to about the view", "en", "complaint", "broken_promise"),
        ("Same old story with the gate", "en", "complaint", "not_working_again"),
        ("It keeps freezing whenever I hum", "en", "complaint", "not_working_again"),
        ("Hours on hold for a spare knob", "en", "complaint", "waiting_too_long"),
        ("The ferry is painfully slow", "en", "complaint", "waiting_too_long"),
        ("My letter went unanswered", "en", "complaint", "no_answer"),
        ("No response whatsoever since Tuesday", "en", "complaint", "no_answer"),
        ("They fobbed me off with a leaflet", "en", "complaint", "rude_treatment"),
        (
            "The receptionist was quite surly and the owner was rude",
            "en",
            "complaint",
            "rude_treatment",
        ),
        ("I was charged three times for one scone", "en", "complaint", "money_wrong"),
        ("Greedy company, that is all", "en", "complaint", "money_wrong"),
        ("Well done for losing the spare key", "en", "complaint", "sarcastic_praise"),
        ("Surprise surprise, the bridge is shut", "en", "complaint", "sarcastic_praise"),
        ("We are not going back to that farm", "en", "complaint", "threat_to_leave"),
        ("Buyer beware with these hens", "en", "complaint", "threat_to_leave"),
        ("I will sue over the hedge", "en", "complaint", "legal_threat"),
        ("That is gross negligence by the pier", "en", "complaint", "legal_threat"),
        ("This letter is sent without prejudice", "en", "complaint", "formal_demand"),
        ("A final notice before we act", "en", "complaint", "formal_demand"),
        ("An omnishambles of a fair", "en", "complaint", "worst_ever"),
        ("Bunch of cowboys, the lot", "en", "complaint", "worst_ever"),
        ("Cleaning has seen better days", "en", "complaint", "understated"),
        ("The tour was hit or miss", "en", "complaint", "understated"),
        ("What are you doing about the smell?", "en", "complaint", "demand_refund"),
        ("Please fix this before Easter", "en", "complaint", "demand_refund"),
        ("The oven was thrown over the fence", "en", "complaint", "late_delivery"),
        ("The harp is four weeks overdue", "en", "complaint", "late_delivery"),
        (
            "The hall is a bit slow to warm and very confusing",
            "en",
            "complaint",
            "dissatisfied_mildly",
        ),
        ("My only complaint is the lid", "en", "complaint", "dissatisfied_mildly"),
        ("Way overpriced for a jar of honey", "en", "complaint", "poor_value"),
        ("The soup is not worth the money", "en", "complaint", "poor_value"),
        ("The kettle stopped working on Sunday", "en", "complaint", "product_fails"),
        ("I lost everything when it shut", "en", "complaint", "product_fails"),
        ("The pie has gone downhill, it used to be good", "en", "complaint", "worse_than_before"),
        ("Since the update my oven sings", "en", "complaint", "worse_than_before"),
        ("Swept once a week if you're lucky", "en", "complaint", "bitter_irony"),
        (
            "A masterclass, if we're lucky, in how not to run a ferry",
            "en",
            "complaint",
            "bitter_irony",
        ),
        ("We found mould in the jug", "en", "complaint", "poor_state"),
        ("The bathroom was filthy and they sent the wrong towel", "en", "complaint", "poor_state"),
        ("Had to ask three times for a spoon", "en", "complaint", "repeated_effort"),
        ("We keep going round in circles with the clerk", "en", "complaint", "repeated_effort"),
        ("It was sorted the same day by the baker", "en", "complaint", "not_solved_with_thanks"),
        ("A hidden gem, so easy to love", "en", "complaint", "not_praise"),
        ("I accidentally ordered two pianos", "en", "complaint", "not_own_mistake"),
        ("I've heard that the ferry rolls", "en", "complaint", "not_own_experience"),
        ("We're sorry for the trouble, dm us", "en", "complaint", "not_own_agent_reply"),
        ("Just wondering, do you have it in green?", "en", "complaint", "not_neutral_report"),
    ],
)
def test_cue_shows_in_a_sentence(text: str, language: str, tag: str, name: str) -> None:
    assert name in names(text, language, tag)


@pytest.mark.parametrize(
    ("text", "language", "tag", "name"),
    [
        ("Het casino answers niet", "en", "complaint", "no_answer"),
        ("op zoek\nnaar een", "nl", "lead", "looking_for"),
        ("vrijblijvende  offerte", "nl", "lead", "asks_for_quote"),
        ("Ik heb twee offertes", "nl", "lead", "asks_for_quote"),
        ("De maat is 42 en hij past", "nl", "complaint", "dissatisfied"),
        ("Het lijntje op de tekening is blauw", "nl", "complaint", "broken_promise"),
        ("Een liedje dat ik graag hoor", "nl", "complaint", "not_working_again"),
        ("Over drie weken vertrekken wij", "nl", "complaint", "waiting_too_long"),
        ("Ik heb gisteren antwoord gehad", "nl", "complaint", "no_answer"),
        ("De ober was heel vriendelijk", "nl", "complaint", "rude_treatment"),
        ("Het bedrag is netjes betaald", "nl", "complaint", "money_wrong"),
        ("Lekker weer vandaag", "nl", "complaint", "sarcastic_praise"),
        ("Ik raad het iedereen aan", "nl", "complaint", "threat_to_leave"),
        ("Ons contract loopt tot mei", "nl", "complaint", "legal_threat"),
        ("De postbode bracht de brief", "nl", "complaint", "formal_demand"),
        ("Beter kan niet", "nl", "complaint", "worst_ever"),
        ("Ik verwacht vanavond meer gasten", "nl", "complaint", "understated"),
        ("Ik ga terug naar de oude rekening", "nl", "complaint", "demand_refund"),
        ("De kast is keurig geleverd", "nl", "complaint", "late_delivery"),
        ("De kast staat aan de linkerkant", "nl", "complaint", "dissatisfied_mildly"),
        ("Wat is de prijs van zo'n kopje?", "nl", "complaint", "poor_value"),
        ("Welke app is handig bij het zingen?", "nl", "complaint", "product_fails"),
        ("De overname is in mei", "nl", "complaint", "worse_than_before"),
        ("Als je geduld hebt, komt het goed", "nl", "complaint", "bitter_irony"),
        ("De koffie is warm", "nl", "complaint", "poor_state"),
        ("Ik bel je morgen één keer", "nl", "complaint", "repeated_effort"),
        ("Geen ontbijt en geen warm water", "nl", "complaint", "not_praise"),
        ("Jullie hebben de verkeerde gestuurd", "nl", "complaint", "not_own_mistake"),
        ("Mijn stekker is doorgebrand", "nl", "complaint", "not_own_experience"),
        ("This hut is fit for two", "en", "complaint", "dissatisfied"),
        ("She kept every promise", "en", "complaint", "broken_promise"),
        ("A story about a gate", "en", "complaint", "not_working_again"),
        ("Hold the spare knob for an hour", "en", "complaint", "waiting_too_long"),
        ("I answered the letter myself", "en", "complaint", "no_answer"),
        ("The owner was kind", "en", "complaint", "rude_treatment"),
        ("I charged my phone in the hall", "en", "complaint", "money_wrong"),
        ("We love how you bake", "en", "complaint", "sarcastic_praise"),
        ("We are going back to that farm", "en", "complaint", "threat_to_leave"),
        ("The hedge is legal", "en", "complaint", "legal_threat"),
        ("We notice the letter", "en", "complaint", "formal_demand"),
        ("A cowboy film at the fair", "en", "complaint", "worst_ever"),
        ("Cleaning has a good day", "en", "complaint", "understated"),
        ("Please fix the date before Easter", "en", "complaint", "demand_refund"),
        ("The cat sat on the fence", "en", "complaint", "late_delivery"),
        ("The hall is warm", "en", "complaint", "dissatisfied_mildly"),
        ("What is the price of honey?", "en", "complaint", "poor_value"),
        ("The kettle works on Sundays", "en", "complaint", "product_fails"),
        ("I am used to good pie", "en", "complaint", "worse_than_before"),
        ("We were lucky with the rain", "en", "complaint", "bitter_irony"),
        ("The bathroom was clean", "en", "complaint", "poor_state"),
        ("Ask for a spoon", "en", "complaint", "repeated_effort"),
        ("Nothing here is easy", "en", "complaint", "not_praise"),
        ("You sent two pianos", "en", "complaint", "not_own_mistake"),
        ("I heard nothing from you", "en", "complaint", "not_own_experience"),
    ],
)
def test_trap_is_no_cue(text: str, language: str, tag: str, name: str) -> None:
    assert name not in names(text, language, tag)


def test_other_languages_are_read_with_the_english_cues() -> None:
    batch = pl.Series(["no reply from you"])
    assert finder().find(batch, "de") == finder().find(batch, "en") != {}


def test_longest_of_overlapping_spans_of_one_cue_is_kept() -> None:
    text = "kan iemand mij vrijblijvende offerte sturen"
    cues = finder().find(pl.Series([text]), "nl")[0]["lead"]
    spans = [(cue.start, cue.end) for cue in cues if cue.name == "asks_for_quote"]
    assert all(a[1] <= b[0] for a, b in pairwise(spans)), spans


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000 + "no reply",
        "noreply" * 14_000,
        "where" * 20_000 + " can they buy",
        "if we " * 16_000,
        "İ" + "where can it be " * 6_000,
    ],
)
def test_long_text_that_is_no_cue_but_looks_like_many_is_read_in_time(text: str) -> None:
    assert finder().find(pl.Series([text]), "en") == {}


class Odd(Detector):
    """A detector whose cues are given, not read."""

    @property
    def vocabulary(self) -> dict[str, list[dict[str, object]]]:  # type: ignore[override]
        return {one: [{"name": "any", "patterns": [[{"IS_PUNCT": True}]]}] for one in LANGUAGES}


def test_pattern_without_a_word_is_refused_since_it_would_be_sought_everywhere() -> None:
    with pytest.raises(FatalError, match="odd:any names no word that must be there"):
        CueFinder([Odd("odd", "v1")])
