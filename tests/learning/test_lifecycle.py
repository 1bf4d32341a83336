"""The life of models: the same text the same bytes, no worse set in use, always a way back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import model_sets, settings
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError, SettingsError
from pipeline.learning import challenging, fitting, label_book, labelled, lifecycle, training
from pipeline.learning.comparison import FEWEST
from pipeline.learning.label_book import Label
from pipeline.model_sets import SHIPPED, lineage
from pipeline.settings import shipped_models
from pipeline.tagger import _load, detectors
from tests import commands
from tests.conftest import FIRST, LAST, NOW, Company, said

ROOT = Path(__file__).parents[2]
TRADES = ("nl/bank", "nl/energie", "nl/games", "nl/tuin", "en/bank", "en/gym", "en/saas")
ROWS = 120
MAIN = ("complaint", "idea", "lead")
SHIPPED_TAGS = (*MAIN, "praise", "question")
TAGS = tuple(sorted(detectors()))
"""Those, and tags of your own."""
HOTELS = shipped_models() / "corpora" / "en" / "hotels_events.jsonl"
FILES = ("model.skops", "metadata.json", "README.md")


def few_corpora(folder: Path, trades: tuple[str, ...] = TRADES) -> Path:
    """Models' folder with the oldest rows of a few trades: enough to learn from in seconds."""
    for trade in trades:
        file = folder / "corpora" / f"{trade}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = (shipped_models() / "corpora" / f"{trade}.jsonl").read_text(encoding="utf-8")
        file.write_text("".join(rows.splitlines(keepends=True)[:ROWS]), encoding="utf-8")
    for file in (shipped_models() / "corpora").glob("???*/*.jsonl"):  # tags of your own
        (folder / "corpora" / "own").mkdir(exist_ok=True)
        shutil.copy(file, folder / "corpora" / "own")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models' folder whose shipped set never detects anything, and a challenger that does."""
    models = few_corpora(tmp_path_factory.mktemp("models"))
    name = challenging.challenge(models)
    for tag in TAGS:
        shutil.copytree(models / "sets" / name / tag, models / tag)
    mute(models)
    return models


@pytest.fixture(scope="module")
def other(trained: Path) -> Path:
    """The folder of a set that was trained on other text."""
    models = few_corpora(trained.parent / "other", TRADES[:-1])
    return models / "sets" / challenging.challenge(models)


def mute(folder: Path) -> None:
    """Raise the thresholds of a set so high that it never detects, as if it had learned nothing."""
    for tag in TAGS:
        file = folder / tag / "metadata.json"
        metadata = json.loads(file.read_text())
        for limits in metadata["thresholds"].values():
            limits["detected"] = 1.0
        metadata["data"] = []
        file.write_text(json.dumps(metadata))


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "models"))


@pytest.fixture
def rows() -> pl.DataFrame:
    return labelled.read(HOTELS, also=TAGS).with_columns(set=pl.lit("hotels"))


@pytest.fixture
def toml(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings that use the models."""
    monkeypatch.setattr("pipeline.settings.shipped_models", lambda: models)
    file = models.parent / "engage.toml"
    file.write_text(
        '[company]\nname = "Molenaar"\n[detection]\nmodels = "models"\n'
        '[[sources]]\nname = "shop"\ntype = "jsonl"\npath = "shop.jsonl"\n'
    )
    return file


def challenger_of(models: Path, folders: dict[str, Path]) -> str:
    """A challenger put together from tag to folder."""
    with model_sets.new_set(models) as folder:
        for tag, made in folders.items():
            shutil.copytree(made / tag, folder / tag)
        return model_sets.add(models, folder)


def muted_challenger(models: Path) -> str:
    """A challenger that never detects, and so is worse than any that does."""
    return challenger_of(models, dict.fromkeys(TAGS, models))


def made(models: Path) -> Path:
    """The folder of the challenger."""
    return model_sets.folder_of(models, str(lineage(models).challenger))


# --- training


def test_the_same_text_gives_the_same_bytes_in_another_process_on_another_processor(
    trained: Path,
) -> None:
    """Another order of hashing, other addresses in memory, other kernels of linear algebra."""
    again = few_corpora(trained.parent / "again")
    code = (
        "import sys\nfrom pathlib import Path\nfrom pipeline.learning import challenging\n"
        "print(challenging.challenge(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, again],
        env={"PYTHONHASHSEED": "7", "OPENBLAS_CORETYPE": "Prescott"},
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    for tag in TAGS:
        for file in FILES:
            assert (made(trained) / tag / file).read_bytes() == (
                made(again) / tag / file
            ).read_bytes(), (tag, file)
    assert done.stdout.strip() == lineage(trained).challenger


def test_other_text_gives_another_set(trained: Path, other: Path) -> None:
    assert other.name != lineage(trained).challenger


@pytest.mark.parametrize("tag", SHIPPED_TAGS)
def test_metadata_say_what_the_model_was_made_of(trained: Path, tag: str) -> None:
    metadata = json.loads((made(trained) / tag / "metadata.json").read_text())
    (own,) = metadata["data"]
    assert (own["name"], own["licence"], len(own["sha256"])) == ("own", "Apache-2.0", 64)
    assert own["rows"] > 300
    assert metadata["code_version"]
    assert set(metadata["libraries"]) == {"numpy", "scikit-learn", "scipy", "skops"}
    assert {"folds", "seed", "strength", "target_precision", "licences", "weights"} <= set(
        metadata["settings"]
    )
    assert {(one["corpus"], one["language"]) for one in metadata["metrics"]} == {
        ("own", "nl"),
        ("own", "en"),
    }
    assert set(metadata["thresholds"]) == {"nl", "en", "pooled"}
    assert len(metadata["sha256"]) == 64


def test_without_corpora_of_their_own_models_are_trained_on_the_shipped_ones(
    tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.learning.training_text.shipped_models", lambda: trained)
    assert challenging.challenge(tmp_path / "calibrated") == lineage(trained).challenger


@pytest.mark.parametrize("folder", ["here", "nowhere"])
def test_folder_without_a_set_of_others_is_refused_and_not_left_out(
    trained: Path, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises(SettingsError, match="none of the labelled sets") as caught:
        training.train(trained, tmp_path / folder, into=tmp_path / "made")
    assert caught.value.where == str(tmp_path / folder)


def test_unknown_licence_class_is_answered_with_those_there_are(trained: Path) -> None:
    with pytest.raises(SettingsError, match="no licence class 'permisive'") as caught:
        training.train(trained, licences=("permisive",))
    assert "did you mean 'permissive'" in caught.value.mend


def test_thresholds_are_chosen_for_the_precision_asked_for(trained: Path, tmp_path: Path) -> None:
    found = training.train(trained, tags=("lead",), into=tmp_path, target=0.95)["lead"]
    assert found["settings"]["target_precision"] == 0.95
    usual = json.loads((made(trained) / "lead" / "metadata.json").read_text())
    assert found["thresholds"] != usual["thresholds"]


def test_training_that_is_stopped_changes_no_model(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {file: file.read_bytes() for tag in TAGS for file in (models / tag).iterdir()}
    learn, seen = fitting.fit_tag, list[str]()

    def stopped(detector: Detector, *more: Any) -> Any:
        seen.append(detector.tag)
        if detector.tag == "praise":
            raise KeyboardInterrupt
        return learn(detector, *more)

    monkeypatch.setattr(fitting, "fit_tag", stopped)
    (models / "corpora" / "nl" / "tuin.jsonl").unlink()
    with pytest.raises(KeyboardInterrupt):
        training.train(models)
    assert seen == list(TAGS[: TAGS.index("praise") + 1])
    assert {file: file.read_bytes() for tag in TAGS for file in (models / tag).iterdir()} == before


def test_tag_or_language_without_a_positive_is_left_out(models: Path, rows: pl.DataFrame) -> None:
    none = [pl.lit(None, pl.Int8).alias(tag) for tag in ("idea", "praise", "question")]
    quiet = rows.with_columns(none, lead=pl.lit(0, pl.Int8))
    found = lifecycle.compare(models, quiet).differences
    assert [(one.tag, one.language) for one in found] == [("complaint", "en")]
    with pytest.raises(SettingsError, match="no positive"):
        lifecycle.compare(models, quiet.with_columns(complaint=pl.lit(0, pl.Int8)))


# --- promotion and the way back


def test_a_better_challenger_is_promoted_and_rolled_back(models: Path, rows: pl.DataFrame) -> None:
    name = lineage(models).challenger
    found = lifecycle.promote(models, rows)
    assert (found.champion, found.challenger) == (SHIPPED, name)
    assert {one.verdict for one in found.differences} == {"better"}
    assert model_sets.champion(models).name == name
    assert lifecycle.rollback(models) == SHIPPED
    assert model_sets.champion(models) == models
    with pytest.raises(SettingsError, match="no former champion"):
        lifecycle.rollback(models)


def test_a_regression_is_refused_and_named_and_nothing_changes(
    models: Path, rows: pl.DataFrame
) -> None:
    lifecycle.promote(models, rows)
    held = lineage(models).champion
    worse = muted_challenger(models)
    with pytest.raises(FatalError, match=r"lead in en \(hotels\): F1 -\.") as caught:
        lifecycle.promote(models, rows)
    assert worse in caught.value.where
    assert lineage(models).champion == held


def test_a_good_file_does_not_hide_a_regression_on_the_frozen_sets(
    models: Path, rows: pl.DataFrame
) -> None:
    """The challenger finds leads and nothing else; the file asks about leads alone."""
    lifecycle.promote(models, rows)
    challenger_of(models, dict.fromkeys(TAGS, models) | {"lead": model_sets.champion(models)})
    mine = rows.select("text", "lang", "lead", set=pl.lit("mine"))
    with pytest.raises(FatalError, match=r"praise in en \(hotels\)") as caught:
        lifecycle.promote(models, pl.concat([rows, mine], how="diagonal"))
    assert "(mine)" not in str(caught.value)


def test_rows_are_those_of_the_frozen_sets_and_of_a_file_beside_them(tmp_path: Path) -> None:
    file, told = tmp_path / "mine.csv", list[str]()
    file.write_text("text,lead,complaint,idea\nhello,1,0,0\nHi there,1,0,0\nHi there,0,0,0\n")
    found = lifecycle.rows_on(file, told.append)
    assert found["set"].unique(maintain_order=True).to_list() == ["frozen", "plain", "mine.csv"]
    assert found.filter(set="frozen")["praise"].sum() > 100
    assert found.filter(set="mine.csv")["praise"].null_count() == 3
    assert "labelled lead both ways" in told[0]


def test_a_few_rows_never_make_a_regression(models: Path, rows: pl.DataFrame) -> None:
    lifecycle.promote(models, rows)
    muted_challenger(models)
    yes = rows.filter(pl.col("lead") == 1).select("text", "lang", "lead", "set")
    few, enough = (
        lifecycle.compare(models, yes.head(count)) for count in (FEWEST - 1, FEWEST + 10)
    )
    assert [one.verdict for one in few.differences] == ["too few"]
    assert not few.regressions
    assert few.differences[0].cells.count("–") == 2
    assert [one.verdict for one in enough.regressions] == ["worse"]


def test_what_people_answered_counts_beside_the_frozen_sets_unless_it_was_taught(
    company: Company, models: Path, rows: pl.DataFrame
) -> None:
    asks = [f"Kunt u een offerte sturen voor {at} kasten?" for at in range(10, 24)]
    company.hear("shop", [said(str(at), text) for at, text in enumerate(asks)])
    company.run(FIRST, LAST, stages=("listen",))
    answers = [Label(f"shop:{at}", "lead", is_yes=True) for at in range(len(asks))]
    label_book.add(company.lake, answers, NOW)

    def reviewed() -> list[tuple[str, str, int]]:
        found = lifecycle.compare(models, rows, lake=company.lake).differences
        return [(one.tag, one.language, one.positives) for one in found if one.set == "reviewed"]

    assert reviewed() == [("lead", "nl", len(asks))]
    file = models / "lead" / "metadata.json"
    metadata = json.loads(file.read_text())
    metadata["data"].append({"name": "people", "until": NOW.isoformat()})
    file.write_text(json.dumps(metadata))
    assert reviewed() == []


def test_a_person_is_told_that_calibration_would_be_lost(models: Path, rows: pl.DataFrame) -> None:
    assert lifecycle.compare(models, rows).notes == []
    file = models / "lead" / "metadata.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"calibrated": {"rows": 200}}))
    found = lifecycle.compare(models, rows)
    assert "calibrated to a sample of your own (lead)" in found.markdown()


def test_the_champion_is_not_promoted_again(models: Path, rows: pl.DataFrame) -> None:
    held = made(models)
    lifecycle.promote(models, rows)
    assert challenger_of(models, dict.fromkeys(TAGS, held)) == held.name
    with pytest.raises(SettingsError, match=f"{held.name} is the champion already"):
        lifecycle.promote(models, rows)


def test_a_challenger_mixed_from_two_trainings_is_refused(
    models: Path, other: Path, rows: pl.DataFrame
) -> None:
    """Also when it has a name of its own, so that no hash tells."""
    mixed = dict.fromkeys(TAGS, made(models)) | {"lead": other}
    challenger_of(models, mixed)
    with pytest.raises(FatalError, match="not trained together"):
        lifecycle.promote(models, rows)
    assert model_sets.champion(models) == models


def test_a_challenger_that_lacks_a_tag_is_refused(models: Path, rows: pl.DataFrame) -> None:
    challenger_of(models, dict.fromkeys(("lead", "complaint"), made(models)))
    with pytest.raises(FatalError, match=r"idea/metadata\.json"):
        lifecycle.promote(models, rows)


def test_rollback_passes_over_a_champion_that_cannot_be_used(
    models: Path, rows: pl.DataFrame
) -> None:
    broken = lifecycle.promote(models, rows).challenger
    now = muted_challenger(models)
    model_sets.promote(models, now, instead_of=broken)
    (models / "sets" / broken / "lead" / "model.skops").write_bytes(b"")
    assert lifecycle.rollback(models) == SHIPPED


def test_rollback_to_nothing_usable_changes_nothing(models: Path, rows: pl.DataFrame) -> None:
    held = lifecycle.promote(models, rows).challenger
    (models / "lead" / "model.skops").write_bytes(b"")
    _load.cache_clear()
    with pytest.raises(FatalError, match="models/lead"):
        lifecycle.rollback(models)
    assert lineage(models).champion == held


# --- what the DAG does


def test_a_person_is_asked_about_a_better_set_only(
    models: Path, toml: Path, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "rows_on", lambda: rows)
    better, told, ours = made(models), list[str](), settings.load(toml)
    asked = lifecycle.proposal(ours, better.name)
    assert asked.startswith(f"Champion shipped → challenger {better.name}\n\n| rows | tag |")
    assert asked.count("| better |") == len(SHIPPED_TAGS)

    lifecycle.answer(ours, better.name, is_yes=True)
    assert lifecycle.proposal(ours, better.name, told.append) == ""
    assert "nothing new was learned" in told[-1]

    assert lifecycle.proposal(ours, muted_challenger(models), told.append) == ""
    assert "worse beyond noise" in told[-1]


def test_nobody_is_asked_twice_about_a_set_unless_the_champion_is_another(
    models: Path, toml: Path, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "rows_on", lambda: rows)
    better, told, ours = made(models), list[str](), settings.load(toml)
    assert lifecycle.proposal(ours, better.name)
    assert lifecycle.proposal(ours, better.name), "the question was put, and nobody answered"
    lifecycle.answer(ours, better.name, is_yes=False)
    assert lifecycle.proposal(ours, better.name, told.append) == ""
    assert told[-1].endswith(f"not approved: `engage promote {better.name}` does it")

    lifecycle.answer(ours, better.name, is_yes=True)
    lifecycle.answer(ours, better.name, is_yes=False)  # as the DAG does behind every answer
    lifecycle.rollback(models)
    assert lifecycle.proposal(ours, better.name)


def test_nothing_is_trained_where_all_text_taught_the_champion_already(
    models: Path, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, told = settings.load(toml), list[str]()
    model_sets.promote(models, made(models).name, instead_of=SHIPPED)
    monkeypatch.setattr(challenging, "challenge", lambda *_, **__: "0123456789ab")

    assert challenging.challenge_by(ours, told.append) == ""
    assert "nothing new to learn" in told[-1]

    first = next((models / "corpora" / "en").glob("*.jsonl"))
    lines = first.read_text("utf-8").splitlines(keepends=True)
    first.write_text("".join(lines[1:]), "utf-8")
    assert challenging.challenge_by(ours) == "0123456789ab"

    first.write_text("".join(lines), "utf-8")
    file = models / "sets" / lineage(models).champion / "lead" / "metadata.json"
    metadata = json.loads(file.read_text())
    metadata["data"].append({"name": "people", "sha256": "of those who answered"})
    held = file.read_text()
    file.write_text(json.dumps(metadata))
    monkeypatch.setattr(model_sets, "digest", lambda folder: folder.name)
    assert challenging.challenge_by(ours) == "0123456789ab"

    file.write_text(held)
    toml.write_text(toml.read_text().replace("[[so", "target_precision = 0.9\n[[so"))
    assert challenging.challenge_by(settings.load(toml)) == "0123456789ab"


def test_person_is_told_what_text_the_challenger_did_not_learn_from(
    models: Path, rows: pl.DataFrame
) -> None:
    file = models / "lead" / "metadata.json"
    metadata = json.loads(file.read_text())
    names = ("own", "forum, our labels", "shops")
    metadata["data"] = [{"name": name, "sha256": name} for name in names]
    file.write_text(json.dumps(metadata))
    found = lifecycle.compare(models, rows)
    assert found.unlearned == ("forum, our labels", "shops")
    assert "the challenger did not: forum, our labels; shops. Figures" in found.markdown()


def test_a_tag_without_labelled_rows_is_named(models: Path, rows: pl.DataFrame) -> None:
    found = lifecycle.compare(models, rows.drop("praise"))
    assert "praise" in found.uncompared
    assert "lead" not in found.uncompared


@pytest.mark.parametrize("allowed", [True, False])
def test_labels_of_the_lake_are_learned_from_only_where_the_settings_allow(
    company: Company, monkeypatch: pytest.MonkeyPatch, allowed: bool
) -> None:
    toml = company.folder / "engage.toml"
    added = f'[detection]\nlabelled = "sets"\nlearn_from_labels = {str(allowed).lower()}\n'
    toml.write_text(toml.read_text().replace("[detection]\n", added))
    given: dict[str, Any] = {}

    def challenge(models: Path, labelled: Path | None, **more: Any) -> str:
        given.update(more, models=models, labelled=labelled)
        return "0123456789ab"

    monkeypatch.setattr(challenging, "challenge", challenge)
    monkeypatch.setattr(challenging, "_is_other_text", lambda *_: True)
    assert challenging.challenge_by(company.settings) == "0123456789ab"
    assert given["labelled"] == company.folder / "sets"
    assert given["models"] == shipped_models()
    assert (given["people"] is not None) == allowed


# --- the commands


@pytest.fixture
def engage(toml: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(toml))
    # The frozen sets are large, and here other rows tell as much.
    monkeypatch.setattr(labelled, "frozen", lambda *, needed=True: [("frozen", HOTELS)])
    return commands.engage


AS_TAGGED = "days that were tagged before keep their tags until they are run again\n"


def test_compare_promote_and_rollback_from_the_command_line(engage: Any, models: Path) -> None:
    name = str(lineage(models).challenger)
    compared = engage("compare")
    assert compared.exit_code == 0, compared.output
    assert f"champion shipped → challenger {name}" in compared.output
    assert "better" in compared.output
    assert "…" not in compared.output
    lines = compared.output.splitlines()
    assert len(lines) == 11, "a row a tag, none broken over two lines"
    assert lines[1] == "frozen rows"
    assert engage("promote", name).output.endswith(
        f"{name} is the champion; back to shipped: engage rollback\n{AS_TAGGED}"
    )
    assert engage("rollback").output == f"shipped is the champion again\n{AS_TAGGED}"


def test_tagging_uses_the_champion(engage: Any, tmp_path: Path) -> None:
    tag = ("tag", str(HOTELS), "-o", str(tmp_path / "out.jsonl"))
    assert "no leads" in engage(*tag).output
    engage("promote")
    assert "no leads" not in engage(*tag).output


def test_refused_promotion_has_the_exit_code_of_a_person_must_look(
    engage: Any, models: Path
) -> None:
    engage("promote")
    muted_challenger(models)
    refused = engage("promote")
    assert refused.exit_code == 3
    assert "worse than the champion beyond noise" in refused.output
    assert "mend:" in refused.output


def test_training_a_challenger_leaves_the_models_in_use_alone(engage: Any, models: Path) -> None:
    before = {file: file.read_bytes() for tag in TAGS for file in (models / tag).iterdir()}
    (models / "corpora" / "nl" / "tuin.jsonl").unlink()
    done = engage("train", "--challenger")
    assert done.exit_code == 0, done.output
    assert {file: file.read_bytes() for tag in TAGS for file in (models / tag).iterdir()} == before
    assert model_sets.champion(models) == models
    assert f"challenger {lineage(models).challenger}; next: engage compare" in done.output


def test_training_in_place_is_refused_while_another_set_is_in_use(
    engage: Any, models: Path
) -> None:
    engage("promote")
    refused = engage("train")
    assert refused.exit_code == 2
    assert "engage rollback" in refused.output


def test_licence_class_without_a_folder_would_do_nothing_and_is_refused(engage: Any) -> None:
    refused = engage("train", "--licence", "permissive")
    assert refused.exit_code == 2
    assert "--labelled" in refused.output


def test_command_to_type_next_names_the_settings_that_were_given(engage: Any, models: Path) -> None:
    toml = str(models.parent / "engage.toml")
    assert engage("promote", "-c", toml).output.endswith(f"engage rollback -c {toml}\n{AS_TAGGED}")


def test_a_tag_without_a_model_is_not_called_unknown(engage: Any, models: Path) -> None:
    shutil.rmtree(models / "praise")
    _load.cache_clear()
    result = engage("explain", "--tag", "praise", "Chapeau!")
    assert result.exit_code == 2
    assert "the models in use have none of praise" in result.output
    assert "mend:  engage train --tag praise" in result.output


def test_a_challenger_of_one_tag_is_refused(engage: Any) -> None:
    refused = engage("train", "--challenger", "--tag", "lead")
    assert refused.exit_code == 2
    assert "share one vocabulary" in refused.output
