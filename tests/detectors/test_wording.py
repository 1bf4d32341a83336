"""What cues are found by, as hashes: another phrase is told, another order or use is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.detectors._wording import wording
from pipeline.detectors.base import MAIN_TAGS, Detector
from pipeline.settings import shipped_models
from pipeline.tagger import detectors

CUES: list[dict[str, Any]] = [
    {"name": "asks", "phrases": ["any tips", "who knows"], "need": "recommend"},
    {"name": "buys", "phrases": ["i will take"], "patterns": [[{"LOWER": "two"}]]},
]


def told(cues: list[dict[str, Any]]) -> dict[str, str]:
    lead = Detector(tag="lead", version="lead.v1")
    vars(lead)["vocabulary"] = {"nl": [], "en": cues}
    return wording("lead", detectors() | {"lead": lead})


@pytest.mark.parametrize(
    "other",
    [
        [{"phrases": ["any tips"]}, {}],
        [{"phrases": ["any tips", "who knows", "which one"]}, {}],
        [{}, {"patterns": [[{"LOWER": "three"}]]}],
        [{}, {"name": "orders"}],
    ],
)
def test_what_finds_another_cue_is_told_of_that_tag_alone(other: list[dict[str, Any]]) -> None:
    before = told(CUES)
    after = told([cue | new for cue, new in zip(CUES, other, strict=True)])
    assert {name for name, one in after.items() if before[name] != one} == {"cues of lead"}


@pytest.mark.parametrize(
    "same",
    [
        [{"phrases": ["who knows", "any tips"]}, {}],
        [{"need": "switch"}, {"grave": True}],
    ],
)
def test_order_and_what_is_done_with_a_cue_are_no_change(same: list[dict[str, Any]]) -> None:
    made = [cue | new for cue, new in zip(CUES, same, strict=True)]
    assert told(made[::-1]) == told(CUES)


def test_models_hold_what_they_were_trained_with() -> None:
    for tag in detectors():
        file = shipped_models() / tag / "metadata.json"
        seen = {f"cues of {one}" for one in {tag, *MAIN_TAGS}}
        held = json.loads(file.read_text("utf-8"))["wording"]
        assert set(held) == {*seen, "classes of words", "signs"}
