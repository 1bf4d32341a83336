"""Tags: scikit-learn's own numbers, explained to the last digit, never for other languages."""

from __future__ import annotations

import json
import math
import re
import shutil
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import hstack

from pipeline.detectors import _tokens
from pipeline.detectors._features import Found
from pipeline.detectors._tables import DETECTIONS
from pipeline.errors import FatalError, SettingsError
from pipeline.looks import shown
from pipeline.model_store import load, read_metadata, save
from pipeline.settings import shipped_models
from pipeline.tagger import Scores, Tagger

TAGS = ("complaint", "idea", "lead")
FITTING = {"detected": 0.4, "review": 0.2}
SHADOWS = ("praise", "question")
QUOTE = "Kunnen jullie mij een vrijblijvende offerte sturen voor twaalf bureaus?"
BROKEN = "My parcel is three weeks late and nobody answers the phone. Unacceptable!"
GLAD = "Super blij met onze nieuwe fietsen, een dikke aanrader!"
ASK = "How do I change the language of the app?"
WISH = "It would be great if the app had a dark mode, please add it."
PLAIN = "We fietsten gisteren langs de rivier en aten een ijsje."
ODD = [
    "",
    " ",
    "🙄",
    "👩\u200d👩\u200d👧 wil graag een offerte 🙄👍🏽",
    "İSTANBUL: graag een offerte İİ, nog geen antwoord",
    "e\u0301e\u0301n o\u0308fferte graag",
    "Kapot!\r\n\r\nAlweer kapot.\r\nGraag een offerte.",
    "\u200bgraag\u200b een\u200b offerte\u202e ontvangen\u202c",
    "שלום, graag een offerte مرحبا",
    "𝐆𝐫𝐚𝐚𝐠 een offerte 𐍈",
    "NO REPLY. NOT HAPPY WITH THIS AT ALL!!!",
    "x" * 5_000,
    "no reply " * 2_000,
    "\x1fgraag een offerte\x1f\x00",
    "½ 10² graag een offerte",
]


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(shipped_models())


def tagged(tagger: Tagger, texts: list[str | None], language: str = "nl") -> pa.RecordBatch:
    return tagger.tag(pa.array(texts, pa.string()), pa.array([language] * len(texts), pa.string()))


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


@cache
def scored(text: str, language: str) -> tuple[Scores, Found]:
    """What the tagger makes of one message, for all tags, and the features alone."""
    tagger, given = Tagger.load(shipped_models()), (pa.array([text]), pa.array([language]))
    return tagger.score(*given), tagger.features.transform(*given)


def naive(tagger: Tagger, tag: str, text: str, language: str) -> float:
    """The score as anyone would write it with scikit-learn, one message at a time."""
    model, metadata = loaded(tag)
    place = {name: at for at, name in enumerate(tagger.features.names)}
    words = model["vectorizer"].transform(_tokens.readable(shown(pl.Series([text]))))
    _, found = scored(text, language)
    columns = [words.shape[1] + place[name] for name in metadata["features"]]
    vectors = hstack([words, found.matrix[:, columns]]).tocsr()
    score = model["classifier"].decision_function(vectors)[0]
    known = np.arange(words.shape[1]).tolist() + columns
    highest = model["classifier"].decision_function(found.sentences.matrix[:, known]).max()
    seen = [[score, highest, float(language == "nl")]]
    return float(model["calibrator"].predict_proba(seen)[0, 1])


@cache
def loaded(tag: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return load(shipped_models() / tag)


@pytest.mark.parametrize("tag", [*TAGS, *SHADOWS])
@pytest.mark.parametrize("text", [QUOTE, BROKEN, WISH, GLAD, ASK, PLAIN, *ODD[:10]])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_probability_is_that_of_the_two_scikit_learn_models(
    tagger: Tagger, tag: str, text: str, language: str
) -> None:
    found = scored(text, language)[0].tags[tag].probability[0]
    assert found == pytest.approx(naive(tagger, tag, text, language), abs=1e-6)


words = st.sampled_from([*QUOTE.split(), *BROKEN.split(), *WISH.split(), *ODD[2:11]])
texts = st.lists(st.one_of(words, st.text(max_size=5)), max_size=12).map(" ".join)
messages = st.one_of(texts, st.sampled_from(ODD))


@settings(max_examples=40, deadline=None)
@given(batch=st.lists(messages, min_size=1, max_size=4), data=st.data())
def test_weights_add_up_to_the_logit_and_spans_are_the_text(
    tagger: Tagger, batch: list[str], data: st.DataObject
) -> None:
    spoken = st.sampled_from(["nl", "en", "und"])
    languages = [data.draw(spoken) for _ in batch]
    scores = tagger.score(pa.array(batch), pa.array(languages))
    rows = np.arange(len(batch))
    for tag in tagger.tags:
        explained = tagger.explanations(scores, tag, rows, pa.array(batch))
        for row, parts in enumerate(explained.evidence.to_pylist()):
            weights = [part["weight"] for part in parts]
            assert sum(weights) == pytest.approx(scores.tags[tag].logits[row], abs=1e-6)
            for part in parts:
                assert part["text"] == batch[row][part["start"] : part["end"]]
                assert 0 <= part["start"] <= part["end"] <= len(batch[row])
                assert bool(part["text"]) == (part["kind"] not in ("rest", "bias"))
            sentence = slice(explained.sentence_start[row], explained.sentence_end[row])
            assert "\n" not in batch[row][sentence]


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from([QUOTE, BROKEN, WISH]),
    places=st.lists(st.integers(0, 70), min_size=1, max_size=6),
    unseen=st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e", "\u200f"]),
)
def test_what_is_not_seen_changes_no_score_and_stays_in_the_evidence(
    tagger: Tagger, text: str, places: list[int], unseen: str
) -> None:
    marked = text
    for at in sorted(places, reverse=True):
        marked = marked[:at] + unseen + marked[at:]
    plain, found = tagged(tagger, [text, marked], "en").to_pylist()
    assert [found[tag] for tag in TAGS] == [plain[tag] for tag in TAGS]
    for before, after in zip(plain["evidence"], found["evidence"], strict=True):
        assert after["text"] == marked[after["start"] : after["end"]]
        assert after["text"].replace(unseen, "") == before["text"]


def test_accents_may_stand_behind_their_letter(tagger: Tagger) -> None:
    text = "Eén keer privé gebeld, géén antwoord: waardeloze service"
    apart = unicodedata.normalize("NFD", text)
    assert len(apart) > len(text)
    plain, found = (tagged(tagger, [one]).to_pylist()[0] for one in (text, apart))
    assert found["complaint"] == plain["complaint"]
    assert [unicodedata.normalize("NFC", one["text"]) for one in found["evidence"]] == [
        one["text"] for one in plain["evidence"]
    ]


@settings(max_examples=20, deadline=None)
@given(batch=st.lists(messages, min_size=2, max_size=6), cut=st.integers(1, 5))
def test_batches_do_not_change_the_results(tagger: Tagger, batch: list[str], cut: int) -> None:
    whole = tagged(tagger, batch).to_pylist()
    apart = [*tagged(tagger, batch[:cut]).to_pylist(), *tagged(tagger, batch[cut:]).to_pylist()]
    assert whole == apart


@pytest.mark.parametrize(
    ("story", "wish", "language"),
    [
        (
            "I ride home along the canal every night after my shift at the bakery, the lamp on "
            "and my coat full of flour, and I meet the same heron under the same bridge.",
            "Please add a dark mode.",
            "en",
        ),
        (
            "Elke avond na mijn dienst in de bakkerij fiets ik langs het kanaal naar huis, meel op "
            "mijn jas, en onder de brug staat altijd dezelfde reiger naar het water te kijken.",
            "Graag een donkere modus erbij.",
            "nl",
        ),
    ],
)
def test_wish_in_the_midst_of_a_story_is_found_and_named(
    tagger: Tagger, story: str, wish: str, language: str
) -> None:
    text = f"{story} {wish} {story}"
    scores = tagger.score(pa.array([text, story]), pa.array([language] * 2))
    idea, model = scores.tags["idea"], tagger.models["idea"]
    found = scores.found.sentences
    assert text[found.start[idea.deciding[0]] : found.end[idea.deciding[0]]] == wish
    whole = scores.found.matrix @ model.coefficients
    parts = found.matrix @ model.coefficients
    added = model.sentence * (parts[idea.deciding[0]] - whole[0])
    assert added > 1.0
    weights = idea.logits[0] - idea.bias[0] - (model.slope + model.sentence) * whole[0]
    assert weights == pytest.approx(added)
    assert idea.probability[0] > model.limits(pa.array([language]), "detected")[0]
    assert idea.probability[1] < model.limits(pa.array([language]), "review")[0]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Namens de stichting sommeer ik u de bijlage te lezen, bij gebreke waarvan.", "nl"),
        ("We are instructed by the choir about the hymn books, failing which we sing.", "en"),
    ],
)
def test_formal_demand_is_shown_to_a_person_whatever_its_score(
    tagger: Tagger, text: str, language: str
) -> None:
    texts, languages = pa.array([text, PLAIN]), pa.array([language] * 2)
    score = tagger.score(texts, languages).tags["complaint"].probability[0]
    assert score < tagger.models["complaint"].limits(languages, "review")[0]
    none = pa.array([False, False])
    rows = tagger.detections(texts, languages, none).to_pylist()
    (row,) = (one for one in rows if one["tag"] == "complaint")
    assert (row["row"], row["decision"]) == (0, "review")
    assert tagger.detections(texts, pa.array(["und"] * 2), none).num_rows == 0


def test_a_calibration_that_sees_other_numbers_is_refused(tmp_path: Path) -> None:
    shutil.copytree(shipped_models(), tmp_path / "models")
    held, metadata = load(tmp_path / "models" / "idea")
    held["calibrator"].coef_ = held["calibrator"].coef_[:, 1:]
    save(tmp_path / "models" / "idea", held, metadata)
    with pytest.raises(FatalError, match="sees 2 numbers instead of score, highest") as refused:
        Tagger.load(tmp_path / "models")
    assert "engage calibrate" in refused.value.mend


@pytest.mark.parametrize(
    ("text", "language", "tag"),
    [(QUOTE, "nl", "lead"), (BROKEN, "en", "complaint"), (WISH, "en", "idea")],
)
def test_each_tag_is_found_in_a_plain_example(
    tagger: Tagger, text: str, language: str, tag: str
) -> None:
    (row,) = tagged(tagger, [text], language).to_pylist()
    assert row[f"is_{tag}"]
    kinds = {part["kind"] for part in row["evidence"] if part["tag"] == tag}
    assert {"ngram", "rest", "bias"} < kinds
    assert any(kind.startswith("cue:") for kind in kinds)


def test_message_without_anything_has_no_tag_and_no_evidence(tagger: Tagger) -> None:
    (row,) = tagged(tagger, [PLAIN]).to_pylist()
    assert not any(row[f"is_{tag}"] for tag in TAGS)
    assert row["evidence"] == []


def test_evidence_speaks_for_detected_and_reviewable_tags_alone(tagger: Tagger) -> None:
    texts = [QUOTE, BROKEN, WISH, PLAIN]
    for row in tagged(tagger, texts).to_pylist():
        shown = {part["tag"] for part in row["evidence"]}
        limits = {tag: tagger.models[tag].thresholds["nl"]["review"] for tag in TAGS}
        assert shown == {tag for tag in TAGS if row[tag] >= np.float32(limits[tag])}
        for tag in shown:
            weights = [part["weight"] for part in row["evidence"] if part["tag"] == tag]
            assert sum(weights) == pytest.approx(logit(row[tag]), abs=1e-4)


@pytest.mark.parametrize("language", ["de", "und", "fr", "zz", ""])
def test_other_languages_are_scored_but_never_tagged(tagger: Tagger, language: str) -> None:
    for row in tagged(tagger, [QUOTE, BROKEN], language).to_pylist():
        assert all(0 < row[tag] < 1 for tag in TAGS)
        assert not any(row[f"is_{tag}"] for tag in TAGS)
        assert row["evidence"] == []


def test_null_language_and_null_text_are_other_language_and_no_text(tagger: Tagger) -> None:
    rows = tagger.tag(pa.array([QUOTE, None]), pa.array([None, "nl"], pa.string())).to_pylist()
    assert not any(row[f"is_{tag}"] for row in rows for tag in TAGS)
    assert rows[1] == tagged(tagger, [""]).to_pylist()[0]


def test_threshold_is_that_of_the_language(tagger: Tagger) -> None:
    for model in tagger.models.values():
        found = model.limits(pa.array(["nl", "en", "de", None]), "detected").tolist()
        limits = model.thresholds
        assert found == [limits[name]["detected"] for name in ("nl", "en", "pooled", "pooled")]


def test_no_texts_give_no_rows(tagger: Tagger) -> None:
    assert tagged(tagger, []).num_rows == 0
    nothing = pa.array([], pa.string())
    assert tagger.detections(nothing, nothing, pa.array([], pa.bool_())).num_rows == 0


def test_numbers_are_probabilities_in_single_precision(tagger: Tagger) -> None:
    found = tagged(tagger, [*ODD, QUOTE, BROKEN])
    for tag in TAGS:
        assert found[tag].type == pa.float32()
        assert found[tag].null_count == 0
        assert all(0 <= one <= 1 for one in found[tag].to_pylist())
        assert found[f"is_{tag}"].type == pa.bool_()


# --- rows of the table `detections`


def detections(tagger: Tagger, texts: list[str], languages: list[str], drawn: list[bool]) -> Any:
    found = tagger.detections(pa.array(texts), pa.array(languages), pa.array(drawn))
    assert found.schema.equals(DETECTIONS)
    return found.to_pylist()


def test_detection_says_what_it_rests_on(tagger: Tagger) -> None:
    found = detections(tagger, [PLAIN, "Hallo. " + QUOTE], ["nl", "nl"], [False, False])
    (row,) = (row for row in found if row["tag"] == "lead")
    text = "Hallo. " + QUOTE
    assert (row["row"], row["decision"]) == (1, "detected")
    assert text[row["sentence_start"] : row["sentence_end"]] == QUOTE
    assert row["score"] >= row["threshold"]
    weights = [part["weight"] for part in row["evidence"]]
    assert sum(weights) == pytest.approx(logit(row["score"]), abs=1e-4)
    assert row["model_version"] == tagger.model_versions["lead"]


def test_score_between_the_thresholds_is_for_review(tagger: Tagger) -> None:
    texts = (QUOTE, BROKEN, GLAD, ASK, WISH)
    words = [" ".join(text.split()[:at]) for text in texts for at in range(1, 14)]
    found = detections(tagger, words, ["nl"] * len(words), [False] * len(words))
    assert {row["decision"] for row in found} == {"detected", "review"}
    for row in found:
        limits = tagger.models[row["tag"]].thresholds["nl"]
        assert (row["decision"] == "detected") == (row["score"] >= np.float32(limits["detected"]))
        assert row["score"] >= np.float32(limits["review"])


def test_every_tag_of_a_drawn_message_is_kept_for_the_audit(tagger: Tagger) -> None:
    found = detections(tagger, [PLAIN, PLAIN], ["nl", "nl"], [True, False])
    assert [(row["row"], row["tag"], row["decision"]) for row in found] == [
        (0, tag, "audit") for tag in tagger.tags
    ]


def test_message_in_another_language_comes_to_the_audit_at_most(tagger: Tagger) -> None:
    found = detections(tagger, [QUOTE, QUOTE], ["de", "de"], [True, False])
    assert {(row["row"], row["decision"]) for row in found} == {(0, "audit")}


@pytest.mark.parametrize(
    ("text", "language", "tag"), [(GLAD, "nl", "praise"), (ASK, "en", "question")]
)
def test_shadow_is_a_row_with_the_whole_text_and_no_evidence(
    tagger: Tagger, text: str, language: str, tag: str
) -> None:
    found = detections(tagger, [PLAIN, text + " Really."], ["nl", language], [False, False])
    (row,) = (row for row in found if row["tag"] == tag)
    assert (row["row"], row["decision"], row["evidence"]) == (1, "detected", [])
    assert (row["sentence_start"], row["sentence_end"]) == (0, len(text + " Really."))
    assert row["score"] >= row["threshold"]
    assert row["model_version"] == tagger.model_versions[tag]


def test_nobody_is_asked_to_review_a_shadow(tagger: Tagger) -> None:
    words = [" ".join(f"{GLAD} {ASK}".split()[at:end]) for at in range(8) for end in range(9, 18)]
    found = detections(tagger, words, ["nl"] * len(words), [False] * len(words))
    decided = {row["decision"] for row in found if row["tag"] in SHADOWS}
    assert decided == {"detected"}


def test_file_is_tagged_with_the_main_tags_alone(tagger: Tagger) -> None:
    found = tagged(tagger, [GLAD, ASK, QUOTE])
    assert set(found.schema.names) == {*TAGS, *(f"is_{tag}" for tag in TAGS), "evidence"}
    assert {part["tag"] for row in found["evidence"].to_pylist() for part in row} <= set(TAGS)


def test_cues_of_a_shadow_weigh_nothing_for_other_tags(tagger: Tagger) -> None:
    scores = tagger.score(pa.array([GLAD]), pa.array(["nl"]))
    praise = tagger.features.cue_column("praise", "recommends") - tagger.features.first["cue"]
    assert praise in scores.found.cues.which
    for tag in tagger.tags:
        (parts,) = tagger.explanations(scores, tag, np.array([0]), pa.array([GLAD])).evidence
        cues = {part["kind"] for part in parts.as_py() if part["kind"].startswith("cue:")}
        assert ("cue:recommends" in cues) == (tag == "praise")


# --- loading


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for tag in TAGS:
        shutil.copytree(shipped_models() / tag, tmp_path / tag)
    return tmp_path


def test_models_are_loaded_once(tagger: Tagger) -> None:
    assert Tagger.load(shipped_models()) is tagger
    assert {*TAGS, *SHADOWS} <= {*tagger.tags}
    assert tagger.model_versions["lead"].startswith("lead.v1+")


def test_missing_model_is_named(models: Path) -> None:
    shutil.rmtree(models / "idea")
    with pytest.raises(
        FatalError, match=re.escape(str(models / "idea" / "metadata.json"))
    ) as caught:
        Tagger.load(models)
    assert "make train" in caught.value.mend


def test_folder_without_models_is_named_with_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no models") as caught:
        Tagger.load(tmp_path / "modles")
    assert "detection.models" in caught.value.mend


def test_model_of_another_training_is_refused(models: Path) -> None:
    model, metadata = load(models / "lead")
    words = model["vectorizer"].vocabulary_
    first, second = list(words)[:2]
    words[first], words[second] = words[second], words[first]
    save(models / "lead", model, metadata)
    with pytest.raises(FatalError, match="not trained together"):
        Tagger.load(models)


@pytest.mark.parametrize("key", ["features", "thresholds"])
def test_metadata_that_lacks_what_scoring_needs_is_refused(models: Path, key: str) -> None:
    metadata = read_metadata(models / "lead")
    del metadata[key]
    (models / "lead" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    with pytest.raises(FatalError, match=re.escape(str(models / "lead" / "metadata.json"))):
        Tagger.load(models)


@pytest.mark.parametrize(
    ("thresholds", "place"),
    [
        ({}, "thresholds.nl.detected"),
        ({"en": {}, "nl": FITTING, "pooled": FITTING}, "thresholds.en.detected"),
        ({"en": FITTING, "nl": FITTING}, "thresholds.pooled.detected"),
        ({"en": FITTING, "nl": {"detected": 0.4, "review": "0.2"}}, "thresholds.nl.review"),
        ({"en": FITTING, "nl": {"detected": math.nan, "review": 0.2}}, "thresholds.nl.detected"),
        ("none", "thresholds.nl.detected"),
    ],
)
def test_model_that_lacks_a_threshold_is_refused(
    models: Path, thresholds: object, place: str
) -> None:
    metadata = {**read_metadata(models / "lead"), "thresholds": thresholds}
    (models / "lead" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    where = re.escape(str(models / "lead" / "metadata.json"))
    with pytest.raises(FatalError, match=f"{where}.*{re.escape(place)} \\(mend") as caught:
        Tagger.load(models)
    assert "make train" in caught.value.mend


@pytest.mark.parametrize("tag", SHADOWS)
def test_set_without_the_model_of_a_shadow_tags_without_it(models: Path, tag: str) -> None:
    shutil.copytree(shipped_models() / tag, models / tag)
    assert Tagger.load(models).tags == tuple(sorted((*TAGS, tag)))
    texts, languages = pa.array([QUOTE, GLAD, ASK]), pa.array(["nl", "nl", "en"])
    alone, all_tags = (
        Tagger.load(folder).tag(texts, languages) for folder in (models, shipped_models())
    )
    assert alone.equals(all_tags)


def test_model_with_other_cues_than_the_files_is_refused(models: Path) -> None:
    metadata = read_metadata(models / "lead")
    metadata["features"] = metadata["features"][1:]
    (models / "lead" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    with pytest.raises(FatalError, match="cues") as caught:
        Tagger.load(models)
    assert "make train" in caught.value.mend
