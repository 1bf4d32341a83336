"""A folder in which other systems leave files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import RetriableError, SettingsError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources.base import create
from pipeline.sources.drop import Drop
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


def test_a_file_that_is_open_in_an_office_program_is_read_and_its_lock_is_not(folder: Path) -> None:
    (folder / "~$a.csv").write_text("noor")
    assert ids(folder) == ["7", "8"]


@pytest.mark.parametrize(
    "name", ["Thumbs.db", "ehthumbs.db", "Desktop.ini", ".DS_Store", "~$x.xlsx", "b.csv~"]
)
def test_what_a_system_or_an_editor_puts_into_the_folder_is_passed_over(
    folder: Path, name: str
) -> None:
    (folder / name).write_text("noor")
    assert ids(folder) == ["7", "8"]


@pytest.mark.parametrize("name", ["other.db", "notes.ini", "b.csv.bak"])
def test_any_other_file_of_an_unknown_ending_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("noor")
    with pytest.raises(SettingsError, match="nothing reads a file that ends in") as caught:
        ids(folder)
    assert name in caught.value.where


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text(f"{CSV}9,2026-11-03T09:30:00Z,De"),
        lambda file: file.write_text(CSV.replace("7", "6")),
        Path.unlink,
        lambda file: file.rename(file.with_name("z.csv")),
    ],
    ids=["grows", "replaced", "goes", "renamed"],
)
@pytest.mark.parametrize("moment", ["before", "while"])
def test_a_file_that_changes_while_it_is_read_is_to_be_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, moment: str, change: Callable[[Path], object]
) -> None:
    settings = SourceSettings(name="drop", type="drop", path=f"{folder}/*", mapping=MAPPING)
    source = create(settings)
    assert isinstance(source, Drop)
    read = type(source)._read

    def disturbed(self: Drop, path: Path) -> Iterator[Any]:
        if path.name == "a.csv" and moment == "before":
            change(path)
        yield from read(self, path)
        if path.name == "a.csv" and moment == "while":
            change(path)

    monkeypatch.setattr(Drop, "_read", disturbed)
    with pytest.raises(RetriableError, match="changed or went while it was read") as caught:
        list(source.fetch(MONTH, not_after=NOT_AFTER))
    assert caught.value.where == "a.csv"


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
