"""The words of an alert are those that its texts have and others lack."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.alerts.words import Said, alike

USUAL = ["Mijn brood was oudbakken.", "Weer oudbakken brood, jammer.", "Geen taart meer om vier."]
CRISIS = [
    "De kassa is kapot en het brood is op @molenaar https://shop.example/kassa",
    "Kassa kapot, brood op. Mail me: [email]",
    "Kassa's doen niets en de kassa is dicht. Mail me: [email]",
    "Kassa stuk, @molenaar https://shop.example/kassa",
]


def apart(texts: list[str], count: int, *ours: str) -> list[str]:
    """The words that set the last `count` texts apart from those before."""
    these = np.arange(len(texts)) >= len(texts) - count
    return Said(pl.Series(texts, dtype=pl.String), ours).apart(these, ~these)


def test_words_that_others_have_too_come_last_and_those_of_one_text_not_at_all() -> None:
    assert apart([*USUAL, *CRISIS], 4) == ["kassa", "kapot", "mail"]
    assert apart([*USUAL, *CRISIS], 4, "Kassa") == ["kapot", "mail"]


def test_a_word_that_is_as_common_among_others_sets_nothing_apart() -> None:
    assert apart([*USUAL[:1] * 6, *USUAL], 3) == []


def test_texts_without_a_word_set_nothing_apart() -> None:
    assert apart(["!!", "[email]", ":("], 2) == []
    assert apart([], 0) == []


def test_texts_are_alike_by_the_number_of_words_that_they_share() -> None:
    texts = pl.Series(["Kapot! KASSA kapot.", "Mooi weer.", ""])
    assert alike(texts, ["kassa", "kapot"]).to_list() == [2, 0, 0]
