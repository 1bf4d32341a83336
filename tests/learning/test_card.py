"""The cards beside the shipped models say what their metadata hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.learning import meaning
from pipeline.learning.card import card
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


def test_model_was_trained_with_the_vectors_that_are_there(metadata: dict[str, Any]) -> None:
    assert metadata["meaning"] == meaning.facts()


def test_thresholds_stand_for_the_share_that_the_tag_says(metadata: dict[str, Any]) -> None:
    detector = detectors()[metadata["tag"]]
    assert metadata["settings"]["threshold_base_rate"] == detector.base_rate
    assert (detector.base_rate > 0.2) == (detector.tag == "complaint")
