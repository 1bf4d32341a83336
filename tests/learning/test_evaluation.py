"""Figures: right on cases worked out by hand, and with intervals that mean something."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from pipeline.learning import bootstrap, evaluation
from pipeline.learning.bootstrap import estimates
from pipeline.learning.estimates import Estimate, wilson
from pipeline.learning.evaluation import Result, measure
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger
from tests.commands import engage

GENERATOR = np.random.default_rng(1)
LABELS = (GENERATOR.random(300) < 0.3).astype(int)


def scored(
    labels: Sequence[int | None], probability: Sequence[float], **columns: Sequence[str] | str
) -> pl.DataFrame:
    """Rows as `score` gives them, detected from .5."""
    rows = len(labels)
    said: dict[str, Any] = {"set": "mine", "language": "nl", "channel": "chat", "kind": "plain"}
    said |= {"text": [f"bericht {at}" for at in range(rows)]} | columns
    spread = {key: [one] * rows if isinstance(one, str) else one for key, one in said.items()}
    frame = {
        "line": range(1, rows + 1),
        "lead": pl.Series(labels, dtype=pl.Int8),
        "lead_probability": probability,
        "lead_detected": [one >= 0.5 for one in probability],
    }
    return pl.DataFrame(frame | spread)


def only(rows: pl.DataFrame) -> Result:
    (found,) = evaluation.evaluate(rows, ("lead",))
    return found


def test_small_case_is_what_one_computes_by_hand() -> None:
    # Detected: the first three, of which two rightly; of four leads two are missed.
    found = only(scored([1, 0, 1, 1, 0, 1], [0.9, 0.8, 0.7, 0.4, 0.3, 0.2]))
    assert (found.rows, found.positives) == (6, 4)
    assert (found.false_positives, found.false_negatives) == (1, 2)
    assert found.precision.value == pytest.approx(2 / 3)
    assert found.recall.value == pytest.approx(2 / 4)
    assert found.f1.value == pytest.approx(4 / 7)
    assert found.average_precision.value == pytest.approx((1 / 1 + 2 / 3 + 3 / 4 + 4 / 6) / 4)
    # Each row is alone in its bin of a tenth.
    assert found.ece == pytest.approx((0.1 + 0.8 + 0.3 + 0.6 + 0.3 + 0.8) / 6)


def test_perfect_predictions_of_few_rows_leave_a_doubt_about_precision_and_recall() -> None:
    """Every draw of the bootstrap is perfect too, which says nothing about other rows."""
    found = only(scored(LABELS.tolist(), LABELS.astype(float).tolist()))
    assert found.precision == found.recall == wilson(int(LABELS.sum()), int(LABELS.sum()))
    assert found.precision.low < 1.0
    assert found.f1 == found.average_precision == Estimate(1.0, 1.0, 1.0)
    assert found.ece == 0.0


def test_nothing_found_leaves_a_doubt_about_the_recall() -> None:
    found = only(scored([1, 1, 1, 0], [0.1, 0.2, 0.1, 0.9]))
    assert found.recall == wilson(0, 3)
    assert found.recall.high > 0.5


def test_shuffled_labels_give_the_base_rate_and_a_wide_interval() -> None:
    shuffled = np.random.default_rng(2).permutation(LABELS)
    found = only(scored(shuffled.tolist(), LABELS.astype(float).tolist()))
    assert found.precision.low < LABELS.mean() < found.precision.high
    assert found.f1.high < 0.5
    assert found.f1.high - found.f1.low > 0.1


def test_interval_of_precision_is_that_of_the_binomial() -> None:
    # 100 detected, 80 rightly: the normal approximation gives .8 plus or minus .078.
    found = only(scored([1] * 80 + [0] * 120, [0.9] * 100 + [0.1] * 100))
    assert found.precision.low == pytest.approx(0.8 - 0.078, abs=0.015)
    assert found.precision.high == pytest.approx(0.8 + 0.078, abs=0.015)


def test_same_rows_give_the_same_interval_also_drawn_in_small_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = scored(LABELS.tolist(), GENERATOR.random(300).tolist())
    before = only(rows)
    monkeypatch.setattr(bootstrap, "CELLS", 1_000)
    assert only(rows) == before


@given(
    rows=st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.3, 0.5, 0.9])), min_size=1),
    data=st.data(),
)
def test_weighted_average_precision_is_that_of_scikit_learn(
    rows: list[tuple[bool, float]], data: st.DataObject
) -> None:
    labels = np.array([int(one) for one, _ in rows])
    probability = np.array([one for _, one in rows])
    times = np.array([data.draw(st.integers(0, 3)) for _ in rows], dtype=float)
    (found,) = measure(labels, probability, probability >= 0.5)(times[None, :])["average_precision"]
    if times @ labels:
        expected = average_precision_score(labels, probability, sample_weight=times)
        assert found == pytest.approx(expected)
    else:
        assert math.isnan(found)


def test_what_is_not_defined_is_null_and_stands_last() -> None:
    rows = scored([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9], set=["none", "none", "some", "some"])
    some, none = evaluation.evaluate(rows, ("lead",))
    assert (some.set, none.set) == ("some", "none")
    said = none.as_json()
    assert said["precision"] == said["recall"] == {"value": None, "low": None, "high": None}
    assert said["positives"] == 0
    json.dumps(said, allow_nan=False)


def test_weakest_stand_first_and_unjudged_rows_do_not_count() -> None:
    rows = scored(
        [1, 1, 0, 1, None, 1],
        [0.9, 0.8, 0.1, 0.1, 0.9, 0.9],
        language=["nl", "nl", "nl", "en", "en", "en"],
    )
    weak, strong = evaluation.evaluate(rows, ("lead",))
    assert (weak.language, weak.rows, strong.language) == ("en", 2, "nl")


def test_slices_are_by_channel_kind_or_length_with_the_most_mistakes_first() -> None:
    rows = scored(
        [0, 0, 0, 1],
        [0.9, 0.1, 0.1, 0.9],
        kind=["job_ad", "job_ad", "plain", "plain"],
        text=["a" * 80, "b" * 81, "c" * 280, "d" * 281],
    )
    kinds = evaluation.evaluate(rows, ("lead",), ("kind",))
    assert [(one.part, one.rows, one.false_positives) for one in kinds] == [
        ("job_ad", 2, 1),
        ("plain", 2, 0),
    ]
    lengths = evaluation.evaluate(rows, ("lead",), ("length",))
    assert [(one.part, one.rows) for one in lengths] == [
        ("to 80", 1),
        ("81 to 280", 2),
        ("over 280", 1),
    ]


def test_confusions_are_those_the_model_is_surest_of() -> None:
    rows = scored([0, 0, 1, 1, 1], [0.6, 0.8, 0.4, 0.1, 0.9])
    taken, missed = evaluation.confusions(rows, "lead", 1)
    assert taken.rows() == [("mine", "nl", 2, 0.8, "bericht 1")]
    assert missed["line"].to_list() == [4]


def test_difference_of_two_models_on_the_same_draws_has_an_interval_of_its_own() -> None:
    probability = np.where(LABELS == 1, 0.9, 0.1)
    worse = np.where(np.arange(300) % 10 == 0, 0.5, probability)
    first = measure(LABELS, probability, probability > 0.5)
    second = measure(LABELS, worse, worse > 0.5)

    def difference(weights: Any) -> dict[str, Any]:
        return {"f1": first(weights)["f1"] - second(weights)["f1"]}

    found = estimates(difference, len(LABELS))["f1"]
    assert 0 < found.low < found.value < found.high


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(shipped_models())


def test_language_is_identified_where_nobody_says_it_and_others_are_never_detected(
    tagger: Tagger,
) -> None:
    quote = "Kunnen jullie mij een vrijblijvende offerte sturen voor twaalf bureaus?"
    rows = pl.DataFrame({"text": [quote] * 3, "lang": [None, "nl", "fr"], "lead": [1, 1, 1]})
    found = evaluation.score(rows, tagger)
    assert found["language"].to_list() == ["nl", "nl", "other"]
    assert found["lead_detected"].to_list() == [True, True, False]
    whole = tagger.tag(rows["text"].to_arrow().cast("string"), rows["lang"].to_arrow())
    assert found["lead_probability"][1] == pytest.approx(whole["lead"][1].as_py())


# --- the command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [
        ("Kan ik een offerte krijgen voor vier zonwerende rolgordijnen?", 1, 0, "plain"),
        ("Wij zoeken een verkoper voor onze winkel, solliciteer nu.", 0, 0, "job_ad"),
        ("Ons gordijn hangt nog steeds scheef en niemand belt terug!", 0, 1, "plain"),
        # Nobody would call this a lead: it makes sure that there is a false negative.
        ("De zon schijnt vandaag.", 1, 0, "plain"),
    ]
    file = tmp_path / "labelled.jsonl"
    made = (
        {"text": text, "lead": lead, "complaint": complaint, "idea": 0, "kind": kind, "lang": "nl"}
        for text, lead, complaint, kind in rows
    )
    file.write_text("".join(json.dumps(row) + "\n" for row in made))
    return file


def test_command_prints_figures_slices_and_confusions(file: Path) -> None:
    result = engage("evaluate", file, "--slices", "--confusions", "3")
    assert result.exit_code == 0, result.output
    for word in ("precision", "ECE", "job_ad", "no row says its channel", "to 80"):
        assert word in result.stdout
    assert "lead: misses" in result.stdout
    assert "De zon schijnt vandaag." in result.stdout
    assert result.stderr == ""


def test_messages_are_shown_only_when_asked_for_and_never_in_json(file: Path) -> None:
    for words in ((), ("--slices",), ("--format", "json"), ("--format", "json", "--slices")):
        assert "zon schijnt" not in engage("evaluate", file, *words).output
    refused = engage("evaluate", file, "--format", "json", "--confusions", "1")
    assert refused.exit_code == 2
    assert "zon schijnt" not in refused.output


def test_json_holds_every_figure_and_the_versions_of_the_models(file: Path) -> None:
    found = json.loads(
        engage("evaluate", file, "--format", "json", "--slices", "--tag", "lead").stdout
    )
    assert {"complaint", "idea", "lead"} < set(found["models"])
    (lead,) = found["results"]
    assert (lead["tag"], lead["language"], lead["rows"], lead["positives"]) == ("lead", "nl", 4, 2)
    assert lead["set"] == str(file)
    assert lead["recall"]["value"] == 0.5
    assert lead["by"] is None
    assert {one["by"] for one in found["slices"]} == {"length", "kind"}


def test_files_of_one_name_in_two_folders_are_two_sets(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / file.name
    other.parent.mkdir()
    other.write_bytes(file.read_bytes())
    words = ("--format", "json", "--tag", "lead")
    found = json.loads(engage("evaluate", file, other, *words).stdout)
    assert {one["set"]: one["rows"] for one in found["results"]} == {str(file): 4, str(other): 4}


def test_text_labelled_both_ways_is_named_on_stderr_and_the_rest_is_measured(file: Path) -> None:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    turned = {**rows[3], "lead": 0}
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, turned]))
    result = engage("evaluate", file, "--format", "json", "--tag", "lead")
    assert "lines 4, 5" in result.stderr
    assert json.loads(result.stdout)["results"][0]["rows"] == 3


def test_file_in_which_nobody_judged_anything_is_refused(file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "none.csv"
    empty.write_text("text,lead\nGraag een offerte,\n")
    result = engage("evaluate", file, empty, "--tag", "lead")
    assert result.exit_code == 2
    assert "none.csv: no row says yes or no to lead" in result.output


def test_unknown_tag_is_answered_with_the_nearest(file: Path) -> None:
    result = engage("evaluate", file, "--tag", "leed")
    assert result.exit_code == 2
    assert "did you mean 'lead'" in result.output


def test_without_a_file_the_frozen_sets_of_both_languages_are_measured() -> None:
    found = json.loads(engage("evaluate", "--format", "json").stdout)
    assert {(one["set"], one["language"]) for one in found["results"]} == {
        (name, language) for name in ("frozen", "plain") for language in ("nl", "en")
    }
    assert len(found["results"]) == 12
