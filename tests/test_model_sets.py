"""Sets of models: named by their bytes, promoted and rolled back in one step, never half."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import model_sets
from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.model_sets import SHIPPED, Lineage, champion, folder_of, lineage


def add(models: Path, body: str) -> str:
    """Keep a set of one model whose bytes say who it is."""
    with model_sets.new_set(models) as folder:
        written(folder, body)
        return model_sets.add(models, folder)


def written(folder: Path, body: str) -> None:
    (folder / "lead").mkdir(parents=True)
    (folder / "lead" / "metadata.json").write_text("{}")
    (folder / "lead" / "model.skops").write_text(body)


def promoted(models: Path, *bodies: str) -> list[str]:
    names = []
    for body in bodies:
        names.append(add(models, body))
        model_sets.promote(models, names[-1], instead_of=lineage(models).champion)
    return names


def test_without_a_lineage_the_shipped_models_are_the_champion(tmp_path: Path) -> None:
    assert champion(tmp_path) == tmp_path
    assert lineage(tmp_path) == Lineage()
    assert lineage(tmp_path).former == ()


def test_a_set_that_was_added_is_a_challenger_and_not_in_use(tmp_path: Path) -> None:
    name = add(tmp_path, "first")
    assert lineage(tmp_path) == Lineage(challenger=name)
    assert champion(tmp_path) == tmp_path
    assert model_sets.asked_for(tmp_path, None) == name
    assert (folder_of(tmp_path, name) / "lead" / "model.skops").read_text() == "first"


def test_the_name_of_a_set_is_that_of_its_bytes(tmp_path: Path) -> None:
    name = add(tmp_path, "first")
    assert add(tmp_path, "first") == name
    assert add(tmp_path, "second") != name
    written(tmp_path, "first")
    assert model_sets.digest(tmp_path) == name, "the shipped set is named by the same rule"


def test_training_that_stops_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), model_sets.new_set(tmp_path) as folder:
        written(folder, "half")
        raise KeyboardInterrupt
    assert list((tmp_path / "sets").glob("[!.]*")) == unfinished(tmp_path) == []


TRAINING = """
import sys, time
from pathlib import Path
from pipeline import model_sets
with model_sets.new_set(Path(sys.argv[1])) as folder:
    (folder / "lead").mkdir(parents=True)
    print(folder.parent.name, flush=True)
    time.sleep(60)
"""


def unfinished(models: Path) -> list[str]:
    return sorted(folder.name for folder in (models / "sets").glob(".new-*"))


def test_the_next_training_clears_away_what_a_killed_one_left_and_nothing_else(
    tmp_path: Path,
) -> None:
    killed, running = (
        subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    try:
        names = [one.stdout.readline().strip() for one in (killed, running) if one.stdout]
        killed.kill()
        killed.wait()
        assert unfinished(tmp_path) == sorted(names)
        with model_sets.new_set(tmp_path) as folder:
            assert unfinished(tmp_path) == sorted([names[1], folder.parent.name])
    finally:
        running.kill()
        for one in (killed, running):
            one.communicate()
    assert unfinished(tmp_path) == [names[1]]


def test_promotion_keeps_the_old_champion_and_rollback_brings_it_back(tmp_path: Path) -> None:
    first, second = promoted(tmp_path, "first", "second")
    assert champion(tmp_path).name == second
    assert lineage(tmp_path).former == (first, SHIPPED)
    model_sets.go_back(tmp_path, first, instead_of=second)
    assert champion(tmp_path).name == first
    model_sets.go_back(tmp_path, SHIPPED, instead_of=first)
    assert champion(tmp_path) == tmp_path
    assert lineage(tmp_path).former == ()


def test_promotion_replaces_one_file_and_moves_no_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(tmp_path, "first")
    name = add(tmp_path, "second")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(model_sets, "replace_file", killed)
    with pytest.raises(KeyboardInterrupt):
        model_sets.promote(tmp_path, name, instead_of=lineage(tmp_path).champion)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_champion_that_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    (other,) = promoted(tmp_path, "other")
    name = add(tmp_path, "first")
    with pytest.raises(RetriableError, match=f"{other} became the champion"):
        model_sets.promote(tmp_path, name, instead_of=SHIPPED)
    assert champion(tmp_path).name == other


def test_only_the_last_promoted_sets_and_the_challenger_stay(tmp_path: Path) -> None:
    *_, last = promoted(tmp_path, *"abcdefg")
    forgotten, name, waiting = (add(tmp_path, body) for body in ("h", "i", "j"))
    model_sets.promote(tmp_path, name, instead_of=last)
    kept = {folder.name for folder in (tmp_path / "sets").glob("[!.]*")}
    assert kept == {*lineage(tmp_path).promoted, waiting}
    assert len(lineage(tmp_path).promoted) == model_sets.KEPT
    assert forgotten not in kept, "a newer challenger took its place"


@pytest.mark.parametrize("file", ["model.skops", "metadata.json"])
def test_a_set_with_a_changed_byte_is_refused(tmp_path: Path, file: str) -> None:
    (name,) = promoted(tmp_path, "first")
    (tmp_path / "sets" / name / "lead" / file).write_text("[]")
    with pytest.raises(FatalError, match="was changed") as caught:
        champion(tmp_path)
    assert "engage rollback" in caught.value.mend
    with pytest.raises(FatalError, match="was changed"):
        model_sets.promote(tmp_path, name, instead_of=name)


def test_a_set_mixed_from_two_is_refused(tmp_path: Path) -> None:
    first, second = add(tmp_path, "first"), add(tmp_path, "second")
    (tmp_path / "sets" / second / "lead").rename(tmp_path / "sets" / first / "idea")
    with pytest.raises(FatalError, match="was changed"):
        folder_of(tmp_path, first)


def test_a_changed_set_is_replaced_when_it_is_trained_again(tmp_path: Path) -> None:
    name = add(tmp_path, "first")
    (tmp_path / "sets" / name / "lead" / "model.skops").write_text("broken")
    assert add(tmp_path, "first") == name
    assert folder_of(tmp_path, name).exists()


def test_a_set_that_went_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="is missing"):
        folder_of(tmp_path, "0123456789ab")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"challenger": null, "promoted": ["../../elsewhere"]}',
        '{"promoted": 3}',
    ],
)
def test_broken_lineage_is_refused_and_never_followed_out_of_the_folder(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "lineage.json").write_text(text)
    with pytest.raises(FatalError, match=r"lineage\.json"):
        champion(tmp_path)


def test_unknown_challenger_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no challenger") as caught:
        model_sets.asked_for(tmp_path, None)
    assert "engage train --challenger" in caught.value.mend
    name = add(tmp_path, "first")
    with pytest.raises(SettingsError, match=r"no set of models '\.\./lead'") as caught:
        model_sets.asked_for(tmp_path, "../lead")
    assert name in caught.value.mend


def test_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "sets").write_text("a file in the way")
    with pytest.raises(SettingsError, match="may not be written"), model_sets.new_set(tmp_path):
        pass


def test_rollback_works_when_somebody_removed_the_sets(tmp_path: Path) -> None:
    (name,) = promoted(tmp_path, "first")
    shutil.rmtree(tmp_path / "sets")
    model_sets.go_back(tmp_path, SHIPPED, instead_of=name)
    assert champion(tmp_path) == tmp_path


def test_lineage_is_plain_json(tmp_path: Path) -> None:
    (name,) = promoted(tmp_path, "first")
    held = json.loads((tmp_path / "lineage.json").read_text())
    assert held == {"challenger": None, "promoted": [name], "refused": None}
