"""Detectors: their cues are read from files, and broken files are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.detectors import base
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError
from pipeline.tagger import detectors
from pipeline.text import LANGUAGES

CUE = '[[cue]]\nname = "asks"\nphrases = ["please"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(base, "PATTERNS", tmp_path)
    for language in LANGUAGES:
        (tmp_path / f"mood.{language}.toml").write_text(CUE)
    return tmp_path


def test_cues_of_both_languages_are_one_sorted_list_of_names(folder: Path) -> None:
    (folder / "mood.nl.toml").write_text(CUE + '[[cue]]\nname = "angry"\nphrases = ["boos"]\n')
    assert Detector("mood", "v1").cue_names == ("angry", "asks")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("[[cue]", "cannot be read"),
        ("cues = []", "cannot be read"),
        (CUE + CUE, "cue declared twice: asks"),
        ('[[cue]]\nphrases = ["please"]\n', "cue without a name"),
    ],
)
def test_broken_file_of_cues_is_named(folder: Path, text: str | None, said: str) -> None:
    file = folder / "mood.nl.toml"
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(FatalError, match=said) as caught:
        _ = Detector("mood", "v1").vocabulary
    assert caught.value.where == "detectors/patterns/mood.nl.toml"
    assert caught.value.mend


def test_needs_are_told_by_cues_that_speak_for_the_tag(folder: Path) -> None:
    (folder / "mood.nl.toml").write_text(
        '[[cue]]\nname = "asks"\nneed = "quote"\nphrases = ["x"]\n'
        '[[cue]]\nname = "not_asks"\nneed = "buy"\nphrases = ["y"]\n'
    )
    assert Detector("mood", "v1").needs == {"asks": "quote"}


@pytest.mark.parametrize("tag", ["lead", "complaint", "idea"])
def test_shipped_cues_exist_in_both_languages_in_lower_case(tag: str) -> None:
    detector = detectors()[tag]
    assert detector.tag == tag
    for language in LANGUAGES:
        for cue in detector.vocabulary[language]:
            phrases = cue.get("phrases", [])
            assert phrases or cue.get("patterns"), cue["name"]
            assert [one for one in phrases if one != one.lower()] == [], cue["name"]


def test_every_need_is_one_that_the_contract_of_leads_knows() -> None:
    from pipeline.contracts import contract

    (need,) = (at for at in contract("leads").columns if at.name == "need")
    (allowed,) = (rule.kwargs["value_set"] for rule in need.rules if "value_set" in rule.kwargs)
    assert set(detectors()["lead"].needs.values()) <= set(allowed)
