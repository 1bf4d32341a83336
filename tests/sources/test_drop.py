"""A folder in which other systems leave files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources.base import create
from tests.sources.conformance import MONTH, NOT_AFTER

CSV = "nr,op,tekst\n7,2026-11-03T09:30:00Z,De lamp brandt niet.\n"
LINE = {"nr": "8", "op": "2026-11-04T09:30:00Z", "tekst": "De ketting ligt eraf."}
MAPPING = {"native_id": "nr", "sent_at": "op", "text": "tekst"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "b.jsonl").write_text(json.dumps(LINE) + "\n")
    return tmp_path


def ids(folder: Path, window: Window = MONTH) -> list[str]:
    settings = SourceSettings(name="drop", type="drop", path=f"{folder}/*", mapping=MAPPING)
    found = create(settings).fetch(window, not_after=NOT_AFTER)
    return [name for one in found for name in one.messages["native_id"].to_pylist()]


def test_files_of_several_kinds_are_read_by_their_ending(folder: Path) -> None:
    assert ids(folder) == ["7", "8"]


def test_a_message_is_in_the_window_of_its_own_day_whenever_its_file_came(folder: Path) -> None:
    assert ids(folder, Window.of_days("2026-11-04")) == ["8"]


def test_the_same_bytes_under_another_name_are_not_read_again(folder: Path) -> None:
    shutil.copy(folder / "a.csv", folder / "a (1).csv")
    settings = SourceSettings(name="drop", type="drop", path=f"{folder}/*", mapping=MAPPING)
    (found,) = create(settings).fetch(MONTH, not_after=NOT_AFTER)
    assert (found.messages.num_rows, found.duplicates_count) == (2, 0)
    assert found.messages["origin"][0].as_py() == "a (1).csv:2"


def test_a_file_that_is_still_being_written_waits(folder: Path) -> None:
    (folder / ".c.csv").write_text("half")
    for ending in (".part", ".filepart", ".crdownload", ".TMP"):
        (folder / f"c.csv{ending}").write_text("half")
    assert ids(folder) == ["7", "8"]


def test_an_empty_folder_is_an_empty_window_and_a_missing_one_an_error(folder: Path) -> None:
    (folder / "a.csv").unlink()
    (folder / "b.jsonl").unlink()
    assert ids(folder) == []
    with pytest.raises(SettingsError, match="no file matches"):
        ids(folder / "elsewhere")


def test_a_file_that_nothing_reads_is_an_error_with_the_endings(folder: Path) -> None:
    (folder / "c.docx").write_text("x")
    with pytest.raises(SettingsError, match=r"ends in '\.docx'") as caught:
        ids(folder)
    assert ".csv, .jsonl" in caught.value.mend
