"""Labels teach the models in use further: what no label is about stays as it was."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline import model_sets
from pipeline.detectors._tokens import Floats
from pipeline.learning import challenging, label_book, lifecycle
from pipeline.learning.adapting import LEAST, adapt
from pipeline.learning.corpora import COLUMNS, TAGS
from pipeline.learning.label_book import Label
from pipeline.learning.people import Taught
from pipeline.learning.reviewed import taught as taught_until
from pipeline.model_sets import SHIPPED
from pipeline.model_store import load
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger
from tests.commands import engage
from tests.conftest import FIRST, LAST, NOW, Company, said
from tests.learning.test_lifecycle import FILES

# Nothing but the word tells a company's customers apart: no model can know it beforehand.
THINGS = ("kaart", "fiets", "tuin", "boot", "lamp")
YES, NO = "vaatwasser", "wasmachine"
NAMES = [
    f"{weekday} {hour}"
    for weekday in ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag")
    for hour in ("ochtend", "middag", "avond", "nacht", "vroeg")
]


def text(thing: str, name: str) -> str:
    return f"De {thing} van {name}, over de {THINGS[len(name) % len(THINGS)]} gesproken."


def answers(count: int = LEAST) -> Taught:
    """Complaints about one thing and none about another."""
    rows = [(text(thing, name), thing == YES) for thing in (YES, NO) for name in NAMES[:count]]
    frame = pl.DataFrame(
        [
            {"text": said, "lang": "nl", "corpus": "people", "group": "people/0", "weight": 3.0}
            | dict.fromkeys(TAGS)
            | {"complaint": int(is_yes)}
            for said, is_yes in rows
        ],
        schema_overrides=dict.fromkeys(TAGS, pl.Int8),
    )
    return Taught(frame.select(COLUMNS), {"complaint": NOW})


def weights(folder: Path) -> dict[str, float]:
    """The weight of each word of the complaints' model."""
    model, _ = load(folder / "complaint")
    words = model["vectorizer"].get_feature_names_out()
    found: Floats = model["classifier"].coef_[0]
    return dict(zip(words, found.tolist(), strict=False))


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapted") / "set"
    assert adapt(shipped_models(), answers(), folder)
    return folder


def test_words_of_answers_move_and_all_others_weigh_as_before(adapted: Path) -> None:
    before, after = weights(shipped_models()), weights(adapted)
    moved = {word for word in before if before[word] != after[word]}
    assert after[YES] > before[YES]
    assert after[NO] < before[NO]
    told = " ".join(answers().rows["text"]).lower().replace(",", "").replace(".", "").split()
    assert {part for word in moved for part in word.split()} <= set(told)


def test_calibration_thresholds_and_tags_without_answers_stay(adapted: Path) -> None:
    held, made = (Tagger.load(folder).models for folder in (shipped_models(), adapted))
    for name in ("slope", "sentence", "dutch", "bias", "thresholds"):
        assert getattr(made["complaint"], name) == getattr(held["complaint"], name)
    for file in FILES:
        assert (adapted / "lead" / file).read_bytes() == (
            shipped_models() / "lead" / file
        ).read_bytes()


def test_answers_score_as_high_as_before_on_the_mean(adapted: Path) -> None:
    texts = answers().rows["text"].to_arrow().cast("string")
    languages = pa.array(["nl"] * len(texts))
    held, made = (
        Tagger.load(folder).features.transform(texts, languages).vectors[: len(texts)]
        @ Tagger.load(folder).models["complaint"].coefficients
        + Tagger.load(folder).models["complaint"].intercept
        for folder in (shipped_models(), adapted)
    )
    assert made.mean() == pytest.approx(held.mean(), abs=1e-5)
    assert made.max() > held.max() + 0.5


def test_same_answers_give_the_same_bytes(adapted: Path, tmp_path: Path) -> None:
    assert adapt(shipped_models(), answers(), tmp_path / "again")
    assert model_sets.digest(tmp_path / "again") == model_sets.digest(adapted)


def test_what_it_brings_is_measured_on_answers_that_were_not_taught(adapted: Path) -> None:
    metadata = json.loads((adapted / "complaint" / "metadata.json").read_text())
    figures = metadata["adapted"]["average_precision"]
    assert figures["before"] < figures["after"]
    assert metadata["adapted"]["rows"] == 2 * LEAST
    card = (adapted / "complaint" / "README.md").read_text()
    assert f"{figures['before']:.2f} before, {figures['after']:.2f} after" in card


def test_fewer_answers_of_a_kind_teach_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    assert not adapt(shipped_models(), answers(LEAST - 1), tmp_path / "set", told.append)
    assert told == [f"complaint: {LEAST - 1} yes and {LEAST - 1} no; {LEAST} of each teach it"]
    assert not (tmp_path / "set").exists()


def test_answers_that_tell_nothing_of_the_scale_move_weights_no_further(tmp_path: Path) -> None:
    """Of answers near a threshold a model's own score says nothing, or by chance the contrary."""
    told = answers()
    known = ("Dit is echt waardeloos, ik wil mijn geld terug.", "Fijne dag allemaal!")
    wrong = told.rows.with_columns(
        text=pl.Series([known[place // LEAST] + f" {place}" for place in range(2 * LEAST)]),
        complaint=1 - pl.col("complaint"),
    )
    assert adapt(shipped_models(), Taught(wrong, told.until), tmp_path / "set")
    before, after = (
        load(one / "complaint")[0]["classifier"].coef_
        for one in (shipped_models(), tmp_path / "set")
    )
    assert 0 < np.abs(after - before).max() < 2


@pytest.fixture
def labelled(company: Company) -> Company:
    """A lake in which people answered about as many messages as are needed."""
    told = [text(thing, name) for thing in (YES, NO) for name in NAMES[:LEAST]]
    company.hear("shop", [said(f"{at}", one) for at, one in enumerate(told)])
    company.run(FIRST, LAST, stages=("listen",))
    rows = [Label(f"shop:{at}", "complaint", YES in one) for at, one in enumerate(told)]
    label_book.add(company.lake, rows, NOW)
    return company


@pytest.fixture
def models(company: Company, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped models in a folder of their own, which the company uses."""
    folder = company.folder / "models"
    for tag in Tagger.load(shipped_models()).tags:
        (folder / tag).mkdir(parents=True)
        for file in FILES:
            (folder / tag / file).write_bytes((shipped_models() / tag / file).read_bytes())
    return folder


def test_new_labels_alone_teach_the_champion_once(labelled: Company, models: Path) -> None:
    name = challenging.challenge_by_labels(models, labelled.lake)
    made = model_sets.folder_of(models, name)
    assert taught_until(made, ["complaint", "lead"]) == {"complaint": NOW}

    found = lifecycle.compare(models, lifecycle.rows_on(), name, labelled.lake)
    assert list(found.further) == ["complaint"]
    assert f"complaint: average precision on {2 * LEAST} answers of people" in found.markdown()
    assert not found.regressions

    model_sets.promote(models, name, instead_of=SHIPPED)
    assert challenging.challenge_by_labels(models, labelled.lake) == ""

    label_book.add(labelled.lake, [Label("shop:1", "complaint", False)], NOW + timedelta(hours=1))
    told = list[str]()
    assert challenging.challenge_by_labels(models, labelled.lake, told.append) == ""
    assert told == [
        "1 message that people labelled since the champion was taught",
        f"complaint: 0 yes and 1 no; {LEAST} of each teach it",
    ]


def test_command_teaches_further_and_says_what_is_next(labelled: Company, models: Path) -> None:
    toml = labelled.folder / "engage.toml"
    named = toml.read_text().replace("[detection]\n", '[detection]\nmodels = "models"\n')
    toml.write_text(named)
    done = engage("train", "--further", "--config", str(toml))
    assert done.exit_code == 0, done.output
    assert "challenger " in done.output
    assert (models / "sets").exists()
    both = engage("train", "--further", "--lake-labels", "--config", str(toml))
    assert both.exit_code == 2
    assert "leave --tag, --labelled and --lake-labels out" in both.output
