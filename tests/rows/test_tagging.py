"""The command `engage tag`: one row out per row in, whatever the row."""

from __future__ import annotations

import json
import os
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import rows as rows_module
from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.rows.tagging import EVIDENCE, OUTPUT, TAGS, tag
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger
from tests.rows.made import read, written

QUOTE = "Kunnen jullie mij een vrijblijvende offerte sturen voor twaalf bureaus?"
BROKEN = "My parcel is three weeks late and nobody answers the phone. Unacceptable!"
WISH = "It would be great if the app had a dark mode, please add it."
COLUMNS = ("id", "language", *TAGS, *(f"is_{tag}" for tag in TAGS), "evidence", "error")
ODD = [
    QUOTE,
    "",
    "🙄",
    "👩\u200d👩\u200d👧 wil graag een offerte 🙄👍🏽",
    "İSTANBUL: graag een offerte İİ, nog geen antwoord",
    "Kapot!\r\n\r\nAlweer kapot.\r\nGraag een offerte.",
    "\u200bgraag\u200b een offerte\u202e ontvangen\u202c",
    "שלום, graag een offerte",
    "x" * 100_000,
    "x" * 100_001,
    "no reply, not happy with this. " * 3_000,
    "Ich suche eine neue Versicherung für mein Auto, können Sie mir ein Angebot machen?",
    BROKEN,
]


@pytest.fixture(scope="module")
def models() -> Tagger:
    return Tagger.load(shipped_models())


def tagged(folder: Path, models: Tagger, rows: list[dict[str, Any]]) -> Any:
    target = folder / "out.parquet"
    tag(written(folder, rows, ".jsonl"), target, models)
    return read(target)


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("into", [".parquet", ".jsonl"])
def test_every_kind_of_file_gives_the_same_rows_in_the_same_order(
    tmp_path: Path, models: Tagger, ending: str, into: str
) -> None:
    rows = [{"id": f"r{at}", "text": text, "lang": "nl"} for at, text in enumerate(ODD)]
    target = tmp_path / f"out{into}"
    done = tag(written(tmp_path, rows, ending), target, models)
    found = read(target)
    assert (done.rows_count, done.unreadable_count) == (len(ODD), 2)
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    assert [tuple(row) for row in found] == [COLUMNS] * len(ODD)
    reference = tagged(tmp_path, models, rows)
    for row, expected in zip(found, reference, strict=True):
        for name in TAGS:
            assert row[name] == pytest.approx(expected[name], abs=1e-6)
        assert row["evidence"] == expected["evidence"]
        assert {name: row[name] for name in COLUMNS if not name.startswith(TAGS)} == {
            name: expected[name] for name in COLUMNS if not name.startswith(TAGS)
        }


def test_output_has_exactly_the_promised_types(tmp_path: Path, models: Tagger) -> None:
    tagged(tmp_path, models, [{"text": QUOTE}])
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert schema.equals(OUTPUT)
    assert [schema.field(name).type for name in TAGS] == [pa.float32()] * 3
    assert [schema.field(f"is_{name}").type for name in TAGS] == [pa.bool_()] * 3
    assert schema.field("evidence").type == EVIDENCE


def test_what_nobody_sees_changes_no_score_and_evidence_stands_in_the_text_as_given(
    tmp_path: Path, models: Tagger
) -> None:
    plain = "Wij zijn geïnteresseerd. " + QUOTE
    odd = unicodedata.normalize("NFD", plain).replace("offerte", "of\u00adferte")
    odd = odd.replace("mij een", "mij\u00a0een")
    first, second = tagged(tmp_path, models, [{"text": plain}, {"text": odd}])
    assert [second[name] for name in TAGS] == [first[name] for name in TAGS]
    assert len(second["evidence"]) == len(first["evidence"]) > 0
    for span, other in zip(second["evidence"], first["evidence"], strict=True):
        assert odd[span["start"] : span["end"]] == span["text"]
        looks = span["text"].replace("\u00ad", "").replace("\u00a0", " ")
        assert unicodedata.normalize("NFC", looks) == other["text"]


def test_letters_of_mathematics_are_read_as_plain_ones(tmp_path: Path, models: Tagger) -> None:
    bold = {ord("a") + at: chr(0x1D5EE + at) for at in range(26)}
    odd = QUOTE.translate(bold)
    assert odd != QUOTE
    first, second = tagged(tmp_path, models, [{"text": QUOTE}, {"text": odd}])
    for span in [*first["evidence"], *second["evidence"]]:
        span["text"] = span["text"].translate(bold)
    assert second == first | {"id": second["id"]}


def test_id_and_language_need_not_be_there(tmp_path: Path, models: Tagger) -> None:
    found = tagged(tmp_path, models, [{"text": QUOTE}, {"text": BROKEN}, {"text": "ok"}])
    assert [row["id"] for row in found] == ["0", "1", "2"]
    assert [row["language"] for row in found] == ["nl", "en", "und"]
    assert [row["is_lead"] for row in found] == [True, False, False]
    assert [row["is_complaint"] for row in found] == [False, True, False]


def test_no_row_gets_the_id_of_another(tmp_path: Path, models: Tagger) -> None:
    lines = ["id,text", "1,good one", '2,bad "quote" here', "3,bike, broken", ",fourth", "5,fifth"]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    tag(tmp_path / "in.csv", tmp_path / "out.jsonl", models)
    found = [row["id"] for row in read(tmp_path / "out.jsonl")]
    assert found == ["1", "2", "3", "row:3", "5"]


def test_odd_ids_harm_no_row(tmp_path: Path, models: Tagger) -> None:
    lines = [
        '{"id":[99999999999999999999999],"x":NaN,"text":"a b c"}',
        '{"id":{"a":"\\ud800"},"text":"a b c"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = tag(tmp_path / "in.jsonl", tmp_path / "out.jsonl", models)
    assert (done.rows_count, done.unreadable_count) == (2, 0)
    ids = pa.array([{"price": Decimal("1.50"), "keys": [b"\xff"]}, None])
    pq.write_table(pa.table({"id": ids, "text": ["a b c", "d"]}), tmp_path / "in.parquet")
    tag(tmp_path / "in.parquet", tmp_path / "out.jsonl", models)
    found = [row["id"] for row in read(tmp_path / "out.jsonl")]
    assert found == ['{"price":"1.50","keys":["\\\\xff"]}', "row:1"]


def test_language_by_name_decides_and_one_that_is_none_is_identified(
    tmp_path: Path, models: Tagger
) -> None:
    rows = [{"text": QUOTE, "lang": lang} for lang in ("Nederlands", "nld", "xx", "niet bekend")]
    found = tagged(tmp_path, models, rows)
    assert [(row["language"], row["is_lead"]) for row in found] == [("nl", True)] * 4
    again = tag(tmp_path / "in.jsonl", tmp_path / "out.jsonl", models)
    assert again.unknown_languages_count == 2


def test_given_language_is_believed(tmp_path: Path, models: Tagger) -> None:
    found = tagged(
        tmp_path, models, [{"text": QUOTE, "lang": lang} for lang in ("nl-BE", "de", "")]
    )
    assert [row["language"] for row in found] == ["nl", "de", "nl"]
    assert [row["is_lead"] for row in found] == [True, False, True]


def test_row_that_cannot_be_read_keeps_its_place_with_nulls_and_a_reason(
    tmp_path: Path, models: Tagger
) -> None:
    lines = [
        json.dumps({"id": "a", "text": QUOTE}),
        '{"id": "b", "text": ',
        "",
        json.dumps({"id": "d", "text": None}),
        json.dumps({"id": "e"}),
        json.dumps({"id": "f", "text": 12}),
        json.dumps({"id": "g", "text": BROKEN}),
    ]
    source = tmp_path / "in.jsonl"
    source.write_bytes("\n".join(lines).encode() + b'\n{"text": "caf\xe9"}\n')
    done = tag(source, tmp_path / "out.parquet", models)
    found = read(tmp_path / "out.parquet")
    assert (done.rows_count, done.unreadable_count) == (8, 6)
    assert [row["id"] for row in found] == ["a", "row:1", "row:2", "d", "e", "f", "g", "row:7"]
    assert [bool(row["error"]) for row in found] == [False, *[True] * 5, False, True]
    for row in found:
        if row["error"]:
            assert all(row[name] is None for name in COLUMNS if name not in ("id", "error"))
        else:
            assert all(row[name] is not None for name in COLUMNS if name != "error")
    assert [row["is_lead"] for row in found] == [True, *[None] * 5, False, None]


def test_rows_of_nulls_alone_are_rows(tmp_path: Path, models: Tagger) -> None:
    (row,) = tagged(tmp_path, models, [{"text": None}])
    assert row["error"] == "text is null"
    assert row["lead"] is None


words = st.sampled_from(
    [*QUOTE.split(), *BROKEN.split(), *WISH.split(), "🙄", "İ", "e\u0301", "\r\n"]
)
texts = st.one_of(
    st.lists(words, max_size=14).map(" ".join), st.text(st.characters(codec="utf-8"), max_size=20)
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batch=st.lists(texts, min_size=1, max_size=12))
def test_spans_are_the_text_and_numbers_are_probabilities(
    tmp_path: Path, models: Tagger, batch: list[str]
) -> None:
    found = tagged(tmp_path, models, [{"text": text} for text in batch])
    assert len(found) == len(batch)
    for text, row in zip(batch, found, strict=True):
        if row["error"]:
            assert not text.strip()
            continue
        assert all(0 <= row[name] <= 1 for name in TAGS)
        sums: dict[str, float] = {}
        for part in row["evidence"]:
            assert part["text"] == text[part["start"] : part["end"]]
            sums[part["tag"]] = sums.get(part["tag"], 0.0) + part["weight"]
        for name, total in sums.items():
            assert 1 / (1 + np.exp(-total)) == pytest.approx(row[name], abs=1e-6)


def test_number_of_batches_changes_nothing(
    tmp_path: Path, models: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": at, "text": text} for at, text in enumerate(ODD * 3)]
    whole = tagged(tmp_path, models, rows)
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 4)
    shares: list[tuple[int, float]] = []
    target = tmp_path / "small.parquet"
    tag(tmp_path / "in.jsonl", target, models, lambda done, share: shares.append((done, share)))
    assert read(target) == whole
    assert [done for done, _ in shares] == [*range(4, len(rows), 4), len(rows)]
    assert shares[-1][1] == 1.0


@pytest.mark.parametrize("into", [".parquet", ".jsonl"])
@pytest.mark.parametrize("name", ["in.jsonl", "in.csv", "header.csv", "in.parquet"])
def test_file_without_rows_gives_one_without_rows(
    tmp_path: Path, models: Tagger, name: str, into: str
) -> None:
    source = tmp_path / name
    source.write_text("id,text\n" if name == "header.csv" else "")
    if name == "in.parquet":
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), source)
    done = tag(source, tmp_path / f"out{into}", models)
    assert (done.rows_count, read(tmp_path / f"out{into}")) == (0, [])
    if into == ".parquet":
        assert pq.read_schema(tmp_path / "out.parquet").equals(OUTPUT)


def test_missing_column_is_answered_with_the_nearest_and_leaves_no_file(
    tmp_path: Path, models: Tagger
) -> None:
    source = written(tmp_path, [{"id": 1, "tekst": "a"}], ".csv")
    with pytest.raises(
        SettingsError, match="no column 'text'; the columns are: id, tekst"
    ) as caught:
        tag(source, tmp_path / "out.parquet", models)
    assert "is it 'tekst'?" in caught.value.mend
    assert list(tmp_path.iterdir()) == [source]


def test_output_that_is_the_input_is_refused(tmp_path: Path, models: Tagger) -> None:
    source = written(tmp_path, [{"text": QUOTE}], ".jsonl")
    before = source.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(source)
    (tmp_path / "hard.jsonl").hardlink_to(source)
    for target in (
        source,
        tmp_path / "link.jsonl",
        tmp_path / "hard.jsonl",
        tmp_path / "." / "in.jsonl",
    ):
        with pytest.raises(SettingsError, match="the output is the input itself"):
            tag(source, target, models)
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("out.xlsx", "ending '.xlsx' is not known"),
        ("no/out.parquet", "does not exist"),
        ("is.jsonl", "is a folder"),
        ("pipe.jsonl", "is no file"),
    ],
)
def test_output_that_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, models: Tagger, target: str, said: str
) -> None:
    (tmp_path / "is.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(SettingsError) as caught:
        tag(tmp_path / "never.jsonl", tmp_path / target, models)
    assert said in str(caught.value)
    assert caught.value.mend


def test_output_that_is_a_link_is_written_where_it_leads(tmp_path: Path, models: Tagger) -> None:
    source, link = written(tmp_path, [{"text": QUOTE}], ".jsonl"), tmp_path / "out.jsonl"
    (tmp_path / "disk").mkdir()
    link.symlink_to(Path("disk") / "real.jsonl")
    tag(source, link, models)
    assert link.is_symlink()
    assert (tmp_path / "disk" / "real.jsonl").read_text(encoding="utf-8").count("\n") == 1


class Short:
    """Models that lose a row."""

    def tag(self, texts: pa.StringArray, languages: pa.StringArray) -> pa.RecordBatch:
        models = Tagger.load(shipped_models())
        return models.tag(texts[1:], languages[1:])


def test_models_that_lose_a_row_stop_the_file(tmp_path: Path) -> None:
    source = written(tmp_path, [{"text": QUOTE}] * 3, ".jsonl")
    with pytest.raises(FatalError, match="answered 2 rows for 3"):
        tag(source, tmp_path / "out.parquet", Short())
    assert list(tmp_path.iterdir()) == [source]


class Failing:
    """Models that work for one batch and then break."""

    def __init__(self, models: Tagger) -> None:
        self.models, self.calls = models, 0

    def tag(self, texts: pa.StringArray, languages: pa.StringArray) -> pa.RecordBatch:
        self.calls += 1
        if self.calls > 1:
            raise FatalError("the model broke")
        return self.models.tag(texts, languages)


@pytest.mark.parametrize("into", [".parquet", ".jsonl"])
def test_failure_half_way_leaves_the_old_output_whole(
    tmp_path: Path, models: Tagger, monkeypatch: pytest.MonkeyPatch, into: str
) -> None:
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 2)
    source = written(tmp_path, [{"text": QUOTE}] * 5, ".jsonl")
    target = tmp_path / f"out{into}"
    target.write_bytes(b"what was there before")
    with pytest.raises(FatalError, match="the model broke"):
        tag(source, target, Failing(models))
    assert target.read_bytes() == b"what was there before"
    assert sorted(tmp_path.iterdir()) == sorted([source, target])


def test_full_disk_leaves_nothing_behind(
    tmp_path: Path, models: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    source = written(tmp_path, [{"text": QUOTE}], ".jsonl")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RetriableError, match=r"out\.jsonl: the disk is full"):
        tag(source, tmp_path / "out.jsonl", models)
    assert list(tmp_path.iterdir()) == [source]


def test_same_input_gives_the_same_bytes(tmp_path: Path, models: Tagger) -> None:
    source = written(tmp_path, [{"text": text} for text in ODD], ".jsonl")
    for ending in (".parquet", ".jsonl"):
        for name in ("a", "b"):
            tag(source, tmp_path / f"{name}{ending}", models)
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()
