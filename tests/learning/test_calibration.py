"""Calibration to one's own messages: what is fitted, what is left, what is written where."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipeline.errors import SettingsError
from pipeline.learning import calibration, labelled
from pipeline.learning.figures import ece
from pipeline.model_store import load, read_metadata
from pipeline.settings import load as load_settings
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger
from tests.commands import engage
from tests.conftest import Company

TARGET = 0.8
TAGS = ("complaint", "idea", "lead")


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(shipped_models())


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mailbox with far more complaints than the training text, and hardly an idea."""
    rows = [
        json.loads(line)
        for file in sorted((shipped_models() / "corpora").glob("??/*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    angry = spread([row for row in rows if row["complaint"] and not row["idea"]], 90)
    others = spread([row for row in rows if not row["complaint"] and not row["idea"]], 70)
    wishes = spread([row for row in rows if row["idea"] and not row["complaint"]], 9)
    file = tmp_path_factory.mktemp("sample") / "sample.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in angry + others + wishes))
    return file


def spread(rows: list[Any], count: int) -> list[Any]:
    """So many of the rows, from all over."""
    return rows[:: len(rows) // count][:count]


def scores(count: int) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    """Scores of which a yes is as likely as 2 * score - 3, and in Dutch 1 more, says."""
    generator = np.random.default_rng(3)
    score, is_dutch = generator.normal(0, 2, count), generator.random(count) < 0.5
    likely = 1 / (1 + np.exp(-(2 * score + is_dutch - 3)))
    languages = np.where(is_dutch, "nl", "en")
    frame = pl.DataFrame({"score": score, "language": languages})
    return frame, (generator.random(count) < likely).astype(int)


def test_numbers_that_made_the_labels_are_found_again() -> None:
    rows, labels = scores(20_000)
    found = calibration.fit(rows, labels, 0.0, TARGET)
    assert (found.slope, found.dutch, found.bias) == pytest.approx((2, 1, -3), abs=0.15)
    assert ece(labels, found.probability(rows)) < 0.02
    detected = found.detected(rows)
    assert labels[detected].mean() == pytest.approx(TARGET, abs=0.03)


@pytest.mark.parametrize("dutch", ["none", "all of yes"])
def test_what_dutch_added_to_a_score_stays_where_the_sample_says_little_of_it(dutch: str) -> None:
    rows, labels = scores(2_000)
    kept = (rows["language"] == "en").to_numpy()
    if dutch == "all of yes":
        kept |= labels == 1
    found = calibration.fit(rows.filter(kept), labels[kept], 0.7, TARGET)
    assert found.dutch == pytest.approx(0.7 * found.slope)
    if dutch == "none":
        assert found.thresholds["nl"] == found.thresholds["pooled"]


def test_probabilities_of_another_mix_come_nearer_to_the_truth(
    tagger: Tagger, sample: Path
) -> None:
    (found,) = calibration.calibrate(labelled.read(sample), tagger, ("complaint",), TARGET)
    assert found.fit is not None
    for before, after in zip(
        *(sorted(one, key=lambda result: result.language) for one in (found.before, found.after)),
        strict=True,
    ):
        assert (before.rows, before.positives) == (after.rows, after.positives)
        assert after.ece < before.ece


def test_after_is_measured_on_rows_not_fitted_on(
    tagger: Tagger, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[set[float]] = []
    measured: list[set[float]] = []
    fit, probability = calibration.fit, calibration.Fit.probability

    def watched_fit(rows: pl.DataFrame, *rest: Any) -> calibration.Fit:
        fitted.append(set(rows["score"]))
        return fit(rows, *rest)

    def watched(self: calibration.Fit, rows: pl.DataFrame) -> Any:
        if set(rows["score"]) != fitted[-1]:
            measured.append(set(rows["score"]))
            assert not measured[-1] & fitted[-1]
        return probability(self, rows)

    monkeypatch.setattr(calibration, "fit", watched_fit)
    monkeypatch.setattr(calibration.Fit, "probability", watched)
    calibration.calibrate(labelled.read(sample), tagger, ("complaint",), TARGET)
    assert set().union(*measured) == fitted[0]


def test_tag_with_too_few_of_an_answer_is_left_and_the_reason_said(
    tagger: Tagger, sample: Path
) -> None:
    outcomes = calibration.calibrate(labelled.read(sample), tagger, TAGS, TARGET)
    left = {one.tag: one.left_because for one in outcomes if one.fit is None}
    assert left["idea"] == "9 rows say yes; 10 are needed"
    assert "complaint" not in left


def test_labels_that_say_the_opposite_of_the_scores_are_not_followed(
    tagger: Tagger, sample: Path
) -> None:
    turned = labelled.read(sample).with_columns(complaint=(1 - pl.col("complaint")).cast(pl.Int8))
    with pytest.raises(SettingsError, match="look at its labels"):
        calibration.calibrate(turned, tagger, ("complaint",), TARGET)


def test_small_sample_is_refused_and_other_languages_do_not_count(
    tagger: Tagger, sample: Path
) -> None:
    rows = labelled.read(sample)
    for few in (rows.head(49), rows.with_columns(lang=pl.lit("fr"))):
        with pytest.raises(SettingsError, match="too few") as caught:
            calibration.calibrate(few, tagger, TAGS, TARGET)
        assert "200" in caught.value.mend


# --- what is written


@pytest.fixture(scope="module")
def written(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("models") / "ours"
    before = checksums(shipped_models())
    result = engage("calibrate", "--on", sample, "-o", folder)
    assert result.exit_code == 0, result.output
    assert checksums(shipped_models()) == before, "the shipped models were changed"
    return folder, result.output


def checksums(models: Path) -> dict[str, str]:
    return {
        f"{file.parent.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for tag in TAGS
        for file in sorted((models / tag).iterdir())
    }


def test_before_and_after_are_shown(written: tuple[Path, str]) -> None:
    _, output = written
    assert "idea is left as it was: 9 rows say yes; 10 are needed" in output
    for when in ("before", "after"):
        assert sum(f" {when} " in line for line in output.splitlines() if "complaint" in line) == 2


def test_written_models_tag_as_they_were_calibrated(
    written: tuple[Path, str], tagger: Tagger, sample: Path
) -> None:
    folder, _ = written
    rows = labelled.read(sample)
    outcomes = calibration.calibrate(rows, tagger, ("complaint",), TARGET)
    model = Tagger.load(folder).models["complaint"]
    fit = outcomes[0].fit
    assert fit is not None
    was = tagger.models["complaint"]
    kept = [fit.slope * was.slope, fit.slope * was.sentence, fit.dutch, fit.bias]
    assert [model.slope, model.sentence, model.dutch, model.bias] == kept
    assert model.thresholds == fit.thresholds
    assert model.version != tagger.models["complaint"].version
    texts = pa.array(rows["text"].to_list()[:5])
    languages = pa.array(["nl"] * 5)
    old, new = (one.score(texts, languages).tags for one in (tagger, Tagger.load(folder)))
    was = tagger.models["complaint"]
    raw = old["complaint"].logits - was.dutch - was.bias
    assert new["complaint"].logits == pytest.approx(fit.slope * raw + fit.dutch + fit.bias)
    assert np.array_equal(old["idea"].logits, new["idea"].logits)


def test_left_tag_is_the_same_bytes(written: tuple[Path, str]) -> None:
    folder, _ = written
    shipped, ours = checksums(shipped_models()), checksums(folder)
    assert set(ours) == set(shipped)
    changed = {name.partition("/")[0] for name in ours if ours[name] != shipped[name]}
    assert "complaint" in changed
    assert "idea" not in changed


def test_metadata_say_on_what_it_was_calibrated(written: tuple[Path, str], sample: Path) -> None:
    folder, _ = written
    metadata = read_metadata(folder / "complaint")
    made = metadata["calibrated"]
    assert made["rows"] == 169
    assert made["sha256"] == hashlib.sha256(sample.read_bytes()).hexdigest()
    assert made["model"] == read_metadata(shipped_models() / "complaint")["sha256"]
    assert {one["corpus"] for one in metadata["metrics"]} == {"sample"}
    assert metadata["settings"]["target_precision"] == TARGET
    card = (folder / "complaint/README.md").read_text("utf-8")
    assert made["sha256"] in card
    assert "% have the tag" not in card, "the rows of a sample count as they are, and none is ours"
    assert "calibrated" not in read_metadata(folder / "idea")


def test_language_without_a_row_in_the_sample_is_named(sample: Path, tmp_path: Path) -> None:
    dutch = [line for line in sample.read_text().splitlines(keepends=True) if '"nl"' in line]
    (tmp_path / "nl.jsonl").write_text("".join(dutch))
    result = engage(
        "calibrate", "--on", tmp_path / "nl.jsonl", "-o", tmp_path / "ours", "--tag", "complaint"
    )
    assert "No row in en for complaint" in result.output
    assert "No row in nl" not in result.output


def test_same_sample_gives_the_same_bytes(
    written: tuple[Path, str], sample: Path, tmp_path: Path
) -> None:
    folder, _ = written
    assert engage("calibrate", "--on", sample, "-o", tmp_path / "again").exit_code == 0
    assert checksums(tmp_path / "again") == checksums(folder)


@pytest.mark.parametrize("folder", ["models-calibrated", "models"])
def test_settings_can_point_to_what_was_written(
    company: Company, sample: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(company.folder)
    result = engage("calibrate", "--on", sample, "--tag", "complaint", "-o", folder)
    assert result.exit_code == 0, result.output
    line = result.output.splitlines()[-1]
    assert line == f'models = "{folder}"'
    file = company.folder / "engage.toml"
    file.write_text(file.read_text().replace("[detection]\n", f"[detection]\n{line}\n"))
    used = load_settings(file).models_folder
    assert load(used / "complaint")[1]["calibrated"]["rows"] == 169


def test_target_precision_is_that_of_the_settings(
    company: Company, sample: Path, tmp_path: Path
) -> None:
    file = company.folder / "engage.toml"
    said = file.read_text().replace("[detection]\n", "[detection]\ntarget_precision = 0.95\n")
    file.write_text(said)
    words = ("--on", sample, "--tag", "complaint", "-c", file)
    assert engage("calibrate", *words, "-o", tmp_path / "strict").exit_code == 0
    metadata = read_metadata(tmp_path / "strict/complaint")
    assert metadata["settings"]["target_precision"] == 0.95


def test_folder_that_is_a_file_or_holds_promoted_models_is_refused(
    sample: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "models").mkdir()
    lineage = {"challenger": None, "promoted": ["0123456789ab"]}
    (tmp_path / "models/lineage.json").write_text(json.dumps(lineage))
    for name, what in (("file", "is a file"), ("models", "promoted")):
        result = engage("calibrate", "--on", sample, "-o", tmp_path / name)
        assert result.exit_code == 2
        assert what in result.output
