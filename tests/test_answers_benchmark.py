"""The benchmark of people's answers prints what it says: on each set, before and after."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks import answers
from pipeline.learning import labelled


def test_each_set_is_measured_without_its_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, lang, bad, good in (
        ("absa16_laptops_en", "en", "The tent of week {} came.", "The boat of week {} came."),
        ("absa16_dutch_70pct", "nl", "De tent van week {} kwam.", "De boot van week {} kwam."),
    ):
        said = [text.format(place) for place in range(30) for text in (bad, good)]
        rows = {"text": said, "lang": [lang] * 60, "complaint": [1, 0] * 30}
        pl.DataFrame(rows).write_parquet(tmp_path / f"{name}.parquet")
    monkeypatch.setattr(answers, "ANSWERS", 50)
    monkeypatch.setattr(answers, "DRAWS", 1)
    few = labelled.read(labelled.frozen()[0][1]).head(40)
    monkeypatch.setattr(labelled, "read", lambda _: few)

    answers.main(tmp_path)
    cells = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [(one, other) for one, other, *_ in cells] == [
        (one, other) for one in answers.SETS for other in (*answers.SETS, "frozen")
    ]
    counts = {(one, other): int(count) for one, other, count, *_ in cells}
    assert counts["laptops", "laptops"] == 10
    assert counts["laptops", "restaurants"] == 60
    before, after = (float(one) for one in cells[0][3:])
    assert before < after == 1.0
