"""What people label teaches the models, where that is asked for."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.learning import label_book, people, training
from pipeline.learning.label_book import Label
from pipeline.learning.reviewed import taught as taught_until
from pipeline.storage import Lake
from pipeline.tagger import Tagger
from tests.commands import engage
from tests.conftest import FIRST, LAST, NOW, Company, said
from tests.learning.test_lifecycle import FILES, TAGS, few_corpora

HUM = "De vaatwasser zoemt weer als een bijenkorf."


@pytest.fixture
def heard(company: Company) -> Company:
    company.hear(
        "shop",
        [
            said("1", HUM),
            said("2", "Morgen zijn we open.", author="bea"),
            said("3", "Où est la gare, et quand part le prochain train pour Paris ?"),
            said("4", "De winkel is om negen uur open."),
        ],
    )
    company.hear("town", [said("r", HUM, "2026-11-03T10:00:00Z", author="cor")])
    company.run(FIRST, LAST, stages=("listen",))
    return company


def answer(company: Company, *labels: tuple[str, str, bool]) -> None:
    for at, one in enumerate(labels):
        label_book.add(company.lake, [Label(*one)], NOW + timedelta(hours=at))


def test_message_is_a_row_and_what_nobody_answered_is_unknown(heard: Company) -> None:
    answer(
        heard, ("shop:1", "complaint", True), ("shop:1", "lead", False), ("shop:2", "idea", False)
    )
    found = people.taught(heard.lake).rows.to_dicts()
    labels = {
        row["text"]: tuple(row[tag] for tag in ("lead", "complaint", "idea")) for row in found
    }
    assert labels == {HUM: (0, 1, None), "Morgen zijn we open.": (None, None, 0)}
    assert {(row["corpus"], row["weight"], row["lang"]) for row in found} == {("people", 3.0, "nl")}


def test_last_answer_about_a_text_counts_whichever_repost_it_was_given_to(heard: Company) -> None:
    answer(heard, ("shop:1", "complaint", True), ("town:r", "complaint", False))
    (row,) = people.taught(heard.lake).rows.to_dicts()
    assert row["complaint"] == 0


def test_what_is_handed_in_after_a_training_teaches_the_next_one_however_old_it_is(
    heard: Company,
) -> None:
    """A week's outcomes come on Tuesday, with their times; the models are trained on Mondays."""
    answer(heard, ("shop:1", "complaint", True))
    until = people.taught(heard.lake).until
    late = Label("shop:4", "complaint", is_yes=False, labelled_at=NOW - timedelta(days=3))
    label_book.add(heard.lake, [late], NOW + timedelta(days=1))
    found = people.taught(heard.lake, until)
    assert found.rows["text"].to_list() == ["De winkel is om negen uur open."]
    assert found.until == {"complaint": NOW + timedelta(days=1)}
    assert people.taught(heard.lake, found.until).rows.is_empty()


def test_language_that_the_models_do_not_know_teaches_nothing(heard: Company) -> None:
    answer(heard, ("shop:3", "complaint", True))
    assert people.taught(heard.lake).rows.is_empty()


def bytes_of(models: Path) -> dict[tuple[str, str], bytes]:
    return {(tag, file): (models / tag / file).read_bytes() for tag in TAGS for file in FILES}


def train(company: Company, name: str) -> Path:
    models = few_corpora(company.folder / name)
    training.train(models, people=people.taught(company.lake))
    return models


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that are trained without people's labels."""
    models = few_corpora(tmp_path_factory.mktemp("without"))
    training.train(models)
    return models


def score(models: Path) -> float:
    found = Tagger.load(models).score(pa.array([HUM]), pa.array(["nl"]))
    return float(found.tags["complaint"].probability[0])


def test_training_follows_people_and_the_command_does_so_where_asked(
    heard: Company, without: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = few_corpora(heard.folder / "ours")
    toml = heard.folder / "engage.toml"
    toml.write_text(toml.read_text().replace("[detection]", '[detection]\nmodels = "ours"'))
    monkeypatch.setenv("ENGAGE_SETTINGS", str(toml))
    before = engage("train", "--lake-labels")
    assert before.exit_code == 2
    assert "nobody labelled a message" in before.stderr
    assert "engage review" in before.stderr
    answer(heard, *((f"shop:{at}", "complaint", at == 1) for at in (1, 2, 4)))
    taught = train(heard, "taught")
    assert score(taught) > score(without) + 0.1
    assert engage("train", "--lake-labels").exit_code == 0
    assert bytes_of(ours) == bytes_of(taught)
    data = json.loads((taught / "complaint" / "metadata.json").read_text())["data"]
    assert [one["rows"] for one in data if one["name"] == "people"] == [3]
    assert "| people | private | 3 |" in (taught / "complaint" / "README.md").read_text()
    assert taught_until(taught, TAGS) == {"complaint": NOW + timedelta(hours=2)}
    assert engage("train").exit_code == 0
    assert taught_until(ours, TAGS) == taught_until(without, TAGS) == {}
    assert Lake(heard.settings.lake_location).partitions("labels")


def test_training_without_labels_is_as_if_nobody_asked(heard: Company, without: Path) -> None:
    assert bytes_of(train(heard, "empty")) == bytes_of(without)
