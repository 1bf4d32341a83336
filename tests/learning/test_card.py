"""The cards beside the shipped models say what their metadata hold."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from pipeline.learning import corpora, meaning
from pipeline.learning.card import card
from pipeline.learning.corpora import YOURS
from pipeline.settings import shipped_models
from pipeline.tagger import detectors


@pytest.fixture(params=sorted(detectors()))
def metadata(request: pytest.FixtureRequest) -> dict[str, Any]:
    file = shipped_models() / request.param / "metadata.json"
    held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return held


def test_card_is_made_of_the_metadata_beside_it(metadata: dict[str, Any]) -> None:
    written = (shipped_models() / metadata["tag"] / "README.md").read_text(encoding="utf-8")
    assert written == card(metadata, detectors()[metadata["tag"]])


def test_card_names_the_source_of_meaning_and_its_licence(metadata: dict[str, Any]) -> None:
    assert f"{meaning.SOURCE} ({meaning.LICENCE})" in card(metadata, detectors()[metadata["tag"]])


def test_text_of_ones_own_is_not_called_ours(metadata: dict[str, Any]) -> None:
    tag = metadata["tag"]
    ours = card(metadata, detectors()[tag])
    others = [one for one in metadata["data"] if one["name"] != "own"]
    mine = {"name": "own", "licence": YOURS, "rows": 160, "sha256": "0"}
    yours = card(metadata | {"data": [mine, *others]}, detectors()[tag])
    for text, is_theirs in ((ours, False), (yours, True)):
        assert ("your own text" in text) == is_theirs
        assert ("Your own text counts" in text) == is_theirs
        assert ("never share a trade" in text) != is_theirs
        assert ("not part of this repository" in text) != is_theirs
        assert ("of that set lies from ours" in text) != is_theirs


def test_text_of_ones_own_has_no_licence_of_ours() -> None:
    labels = {"lead": [1, None], "complaint": [0, None], "idea": [None, None]}
    rows = pl.DataFrame(labels, schema=dict.fromkeys(labels, pl.Int8))
    assert [corpora.licence(one) for one in (rows, rows[:1], rows[1:])] == [
        "Apache-2.0",
        "Apache-2.0",
        YOURS,
    ]


def test_model_was_trained_with_the_vectors_that_are_there(metadata: dict[str, Any]) -> None:
    assert metadata["meaning"] == meaning.facts()


def test_thresholds_stand_for_the_share_that_the_tag_says(metadata: dict[str, Any]) -> None:
    detector = detectors()[metadata["tag"]]
    assert metadata["settings"]["threshold_base_rate"] == detector.base_rate
    assert (detector.base_rate > 0.2) == (detector.tag == "complaint")
