"""Snippets that read well, evidence worth showing, and the sentence that is the idea."""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.passages import (
    LONGEST,
    SHOWN,
    sentence,
    snippet,
    with_context,
    with_evidence,
)
from tests.opportunities.made import detected

BEST = "Could you quote us for forty seats?"
LONG = f"{'Before that there was rain. ' * 20}{BEST} {'After it came the sun. ' * 20}".strip()


def cut(text: str, best: str) -> str:
    return str(detected({"text": text, "best": best}).select(snippet()).item())


def test_short_text_is_its_own_snippet_on_one_line() -> None:
    assert cut("Hello,\n\n  could you   call?", "could you   call?") == "Hello, could you call?"


def test_snippet_holds_the_best_sentence_and_whole_words_around_it() -> None:
    made = cut(LONG, BEST)
    assert BEST in made
    assert len(made) <= LONGEST
    assert made.startswith("…") and made.endswith("…")
    assert set(made.strip("…").split()) <= set(LONG.split())


def test_snippet_uses_its_room_at_either_end_of_the_text() -> None:
    assert cut(f"{BEST} {LONG}", BEST).startswith(BEST)
    assert len(cut(f"{BEST} {LONG}", BEST)) > LONGEST - 15
    at_end = detected({"text": f"{LONG} The end.", "best": "The end."}).select(snippet()).item()
    assert at_end.endswith("The end.")
    assert len(at_end) > LONGEST - 15


def test_sentence_longer_than_a_snippet_is_cut_at_a_word() -> None:
    endless = "I want " + "a very " * 100 + "big one"
    made = cut(endless, endless)
    assert len(made) <= LONGEST
    assert made.endswith(" very…") or made.endswith(" a…")


def test_offsets_count_characters_and_not_bytes() -> None:
    text = "Één café, geïnd: € 5. " * 20 + "Wat kost de crèche?"
    assert cut(text, "Wat kost de crèche?").endswith("Wat kost de crèche?")


def evidence(*spans: tuple[str, float, str], text: str) -> list[str]:
    parts = [
        {"start": text.index(said), "end": text.index(said) + len(said), "text": said}
        | {"weight": weight, "kind": kind}
        for said, weight, kind in spans
    ]
    row = detected({"text": text, "evidence": parts}).with_columns(row_id=pl.col("message_id"))
    made: list[str] = with_evidence(row.drop("evidence"), row)["evidence"][0].to_list()
    return made


def test_cues_come_first_and_then_the_weightiest_words() -> None:
    text = "Please send a quote for the new roof"
    spans = [("roof", 0.9, "ngram"), ("new", 0.2, "ngram"), ("send a quote", 0.1, "cue:asks")]
    assert evidence(*spans, text=text) == ["send a quote", "roof", "new"]


def test_evidence_leaves_out_what_speaks_against_and_what_says_nothing() -> None:
    text = "Is there a quote for it? Thanks, solved"
    spans = [
        ("solved", -1.0, "ngram"),
        ("?", 0.8, "ngram"),
        ("for it", 0.7, "ngram"),
        ("", 0.6, "bias"),
        ("quote", 0.5, "ngram"),
    ]
    assert evidence(*spans, text=text) == ["quote"]


def test_passage_within_a_longer_one_is_shown_once() -> None:
    text = "Please send us a quote"
    spans = [("quote", 0.9, "ngram"), ("send us a quote", 0.3, "cue:asks")]
    assert evidence(*spans, text=text) == ["send us a quote"]


def test_evidence_is_never_empty_and_never_long() -> None:
    assert evidence(text="Nothing stands out here.") == ["Nothing stands out here."]
    text = "alpha bravo charlie delta foxtrot golf hotel india"
    made = evidence(*((word, 0.5, "ngram") for word in text.split()), text=text)
    assert len(made) == SHOWN


def test_sentence_is_an_exact_part_of_the_text() -> None:
    row = detected({"text": "Hi there. Please add undo. Bye.", "best": "Please add undo."})
    assert row.select(sentence()).item() == "Please add undo."


def test_context_is_the_sentence_before_or_else_the_one_behind() -> None:
    text = "I miss a dark mode. Please make one. Thanks!"
    behind = detected({"text": text, "best": "Please make one."}).select(with_context()).item()
    first = detected({"text": text, "best": "I miss a dark mode."}).select(with_context()).item()
    assert behind == "I miss a dark mode. Please make one."
    assert first == "I miss a dark mode. Please make one."
