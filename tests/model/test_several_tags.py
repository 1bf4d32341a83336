"""A message may have several tags: a wish is no praise, and who looks elsewhere may be fed up."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.learning.evaluation import score
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger

TAGS = ("complaint", "idea", "lead")


@pytest.mark.parametrize(
    ("text", "language", "tags"),
    [
        ("Adverts after every song, it's driving me mad. Give us a paid version without them.",
         "en", {"complaint", "idea"}),
        ("Waited 40 minutes in the rain because the times on the sign were wrong again. "
         "Put live times in the app.", "en", {"complaint", "idea"}),
        ("Our cleaner has let us down again. Can anyone recommend a reliable firm in Leeds?",
         "en", {"complaint", "lead"}),
        ("Let me stay signed in, that would save me a step.", "en", {"idea"}),
        ("Can anyone recommend a reliable cleaning firm in Leeds?", "en", {"lead"}),
        ("Wifi valt elke avond weg op de kamers. Leg er gewoon een kabel bij.",
         "nl", {"complaint", "idea"}),
        ("De app logt mij elke dag uit en dan is mijn winkelmandje leeg. "
         "Laat ons gewoon ingelogd blijven.", "nl", {"complaint", "idea"}),
        ("Derde storing deze maand, ik ben er klaar mee. Welke provider raden jullie aan?",
         "nl", {"complaint", "lead"}),
        ("Laat ons ingelogd blijven, dat scheelt een stap.", "nl", {"idea"}),
        ("Wie kent er een betrouwbare schilder in Gent?", "nl", {"lead"}),
    ],
)  # fmt: skip
def test_one_tag_does_not_keep_another_away(text: str, language: str, tags: set[str]) -> None:
    scored = score(
        pl.DataFrame({"text": [text], "lang": [language]}), Tagger.load(shipped_models())
    )
    assert {tag for tag in TAGS if scored[f"{tag}_detected"].item()} == tags
