"""Who asks not to add what others wish for is no vote for it."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.opportunities.opposition import opposes
from tests.opportunities.test_ideas import build

AGAINST = [
    "Please do NOT add time slots for delivery, it will only make it more expensive.",
    "Don't add a dark mode, the app is fine.",
    "I am against introducing seats with a screen.",
    "Voeg alsjeblieft geen tijdvakken toe, dat maakt het duurder.",
    "Voeg die donkere modus niet toe.",
    "Voer dat statiegeld op dozen nooit in.",
    "Begin niet aan een bezorgabonnement.",
]
FOR = [
    "Why don't you add time slots for delivery?",
    "I wonder, you never add what people ask for: time slots.",
    "Waarom voegen jullie geen tijdvakken toe?",
    "Kunnen jullie niet een donkere modus toevoegen?",
    "Voeg tijdvakken toe, nu weet ik nooit wanneer jullie komen.",
    "De app laat niet toe dat ik een tijdvak kies.",
    "Add time slots, so that I do not wait all day.",
    "Please don't use so much plastic.",
    "Graag geen plastic meer in de doos.",
]


@pytest.mark.parametrize(
    ("text", "expected"), [*((one, True) for one in AGAINST), *((one, False) for one in FOR)]
)
def test_asking_not_to_add_is_told_from_asking_why_it_is_not_there(
    text: str, expected: bool
) -> None:
    assert opposes(pl.Series([text])).to_list() == [expected]


@pytest.mark.parametrize(
    ("wish", "against", "language"),
    [
        ("Please add time slots for delivery.", "Please do not add time slots for delivery.", "en"),
        (
            "Voeg tijdvakken voor de bezorging toe.",
            "Voeg geen tijdvakken voor bezorging toe.",
            "nl",
        ),
    ],
)
def test_opponent_has_a_theme_apart_and_opponents_share_it(
    wish: str, against: str, language: str
) -> None:
    said = [(wish, "a"), (against, "b"), (wish, "c"), (against, "d")]
    rows = build(*({"text": text, "author": one, "language": language} for text, one in said))
    themes = [row["theme_id"] for row in rows]
    assert themes[0] == themes[2] != themes[1] == themes[3]
