"""What all sources share: the day of a record without a time, small files, the page of the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipeline.errors import FatalError, SettingsError
from pipeline.records import CHANNELS, UNDATED, Window
from pipeline.settings import SourceSettings
from pipeline.sources import _days, _page, base
from pipeline.sources._page import RULES
from pipeline.sources._rows import in_batches
from pipeline.sources.base import FileSource, create, source_types, sources_markdown

MONTH = Window.of_days("2026-11-01", "2026-11-30")
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def lines(path: Path, *records: Any) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records))
    return path


def sent(name: str, at: str | None) -> dict[str, str | None]:
    return {"id": name, "sent_at": at, "text": "ja"}


def fetched(pattern: Path, window: Window = MONTH, **changed: Any) -> list[base.Fetched]:
    settings = SourceSettings(name="wall", type="jsonl", path=str(pattern), **changed)
    return list(create(settings).fetch(window, not_after=NOW))


def days(pattern: Path, window: Window = MONTH) -> dict[str, date]:
    rows = [row for one in fetched(pattern, window) for row in one.rejected.to_pylist()]
    return {row["origin"]: row["seen_on"] for row in rows}


def test_a_record_without_a_time_stands_on_the_day_of_the_one_before(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        sent("1", None),
        sent("2", "2026-11-03T00:00:00Z"),
        sent("3", None),
        sent("4", "2026-11-05T00:00:00Z"),
        sent("5", "2031-01-01T00:00:00Z"),
    )
    assert days(path) == {
        "a.jsonl:1": date(2026, 11, 3),
        "a.jsonl:3": date(2026, 11, 3),
        "a.jsonl:5": date(2026, 11, 5),
    }
    assert days(path, Window.of_days("2026-11-05")) == {"a.jsonl:5": date(2026, 11, 5)}


def test_the_day_goes_on_from_frame_to_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 2)
    dated = sent("1", "2026-11-03T00:00:00Z")
    path = lines(tmp_path / "a.jsonl", *[sent("0", None)] * 5, dated, *[sent("9", None)] * 5)
    assert set(days(path).values()) == {date(2026, 11, 3)}
    assert len(days(path)) == 10


@pytest.mark.parametrize("window", [MONTH, Window.of_days("2026-11-05")])
def test_without_any_time_records_stand_on_the_same_day_in_any_window(
    tmp_path: Path, window: Window
) -> None:
    path = lines(tmp_path / "a.jsonl", sent("1", None), sent("2", "ooit"))
    assert days(path, window) == {"a.jsonl:1": UNDATED, "a.jsonl:2": UNDATED}


def test_a_source_without_a_single_time_stops_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_days, "MOST_UNDATED", 3)
    path = lines(tmp_path / "a.jsonl", *[sent("1", "ooit")] * 4)
    with pytest.raises(FatalError, match="none of the first 3 records") as caught:
        fetched(path)
    assert "time_zone" in caught.value.mend


def test_small_files_are_judged_together(tmp_path: Path) -> None:
    for number in range(50):
        lines(tmp_path / f"{number:02}.jsonl", sent(str(number), "2026-11-03T00:00:00Z"))
    (one,) = fetched(tmp_path / "*.jsonl")
    assert one.messages.num_rows == 50
    assert one.messages["origin"][49].as_py() == "49.jsonl:1"


def test_a_large_file_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BATCH_ROWS", 100)
    records = [sent(str(number), "2026-11-03T00:00:00Z") for number in range(1_000)]
    pieces = fetched(lines(tmp_path / "a.jsonl", *records))
    assert [piece.messages.num_rows for piece in pieces] == [100] * 10


def test_rows_are_gathered_by_number_and_by_size() -> None:
    small = in_batches({"text": "ja"} for _ in range(12_000))
    assert [batch.num_rows for batch in small] == [5_000, 5_000, 2_000]
    large = in_batches({"text": "ja " * 1_000_000} for _ in range(7))
    assert [batch.num_rows for batch in large] == [3, 3, 1]


def test_a_file_that_may_not_be_read_is_an_error_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines(tmp_path / "a.jsonl", sent("1", None))

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        fetched(path)
    assert "right to read" in caught.value.mend


def test_an_unknown_type_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="no source type 'discorse'") as caught:
        create(SourceSettings(name="wall", type="discorse", path="x"))
    assert "did you mean 'discourse'?" in caught.value.mend


def test_file_names_are_type_names_and_channels_are_known() -> None:
    assert set(source_types()) == {
        "app_reviews",
        "app_store",
        "bluesky",
        "csv",
        "discourse",
        "discourse_site",
        "dlt",
        "drop",
        "github_discussions",
        "github_issues",
        "hacker_news",
        "imap",
        "intercom",
        "jsonl",
        "mastodon",
        "mbox",
        "parquet",
        "reddit",
        "rss",
        "slack_export",
        "stack_exchange",
        "turns",
        "twcs",
        "youtube_comments",
        "zendesk",
    }
    assert {kind.channel for kind in source_types().values()} <= set(CHANNELS)


def test_the_page_has_a_section_for_every_type_and_a_row_for_every_rule() -> None:
    page = sources_markdown()
    for name, kind in source_types().items():
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert f"Channel: `{kind.channel}`" in section
        for fact in ("Format", "Threading", "Times", "Personal", "Rejected"):
            assert f"- **{fact}**: " in section, (name, fact)
    for rule in RULES:
        assert f"| `{rule}` | " in page
    assert page == sources_markdown()


def test_every_rule_that_the_code_names_is_on_the_page() -> None:
    folder = Path(base.__file__).parent
    code = "".join(file.read_text() for file in folder.glob("*.py") if file.name != "_page.py")
    unused = {rule for rule in RULES if f'"{rule}"' not in code}
    assert unused == {"unreadable_is_agent", "unreadable_attributes"}


def test_a_source_without_a_page_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(FileSource):
        channel = "chat"

        def records(self, path: Path) -> Iterator[pa.RecordBatch]:
            raise NotImplementedError

    monkeypatch.setattr(_page.inspect, "getmodule", lambda _: ModuleType("bare"))
    with pytest.raises(FatalError, match="'bare' has no page") as caught:
        _page.markdown({"bare": Bare})
    assert caught.value.where == "pipeline/sources/bare.py"


def test_records_before_the_first_day_are_on_it_once() -> None:
    day = date(2026, 11, 3)
    texts = ["a", "b", "c"]
    frame = pl.DataFrame({"day": [None, None, day], "raw": texts, "text": texts, "origin": texts})
    placed = pl.concat(_days.Days("shop").place(frame))
    assert placed.select("text", "seen_on").rows() == [(text, day) for text in texts]
