"""Discovery is loud: the file name is the name, and a file without its export is an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.registry import choices, discover, lookup


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package `shelf` that can be imported."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "shelf"]:
        del sys.modules[name]


def test_file_name_is_the_registered_name(package: Path) -> None:
    (package / "pears.py").write_text("FRUIT = 'pear'\n")
    (package / "apples.py").write_text("FRUIT = 'apple'\n")
    assert list(discover("shelf", "FRUIT").items()) == [("apples", "apple"), ("pears", "pear")]


def test_base_and_private_modules_are_no_plug_ins(package: Path) -> None:
    (package / "base.py").write_text("raise RuntimeError\n")
    (package / "_tools.py").write_text("raise RuntimeError\n")
    assert discover("shelf", "FRUIT") == {}


def test_module_without_its_export_is_an_error_that_names_the_file(package: Path) -> None:
    (package / "empty.py").write_text("VEGETABLE = 'leek'\n")
    with pytest.raises(SettingsError, match=r"empty\.py: the module defines no FRUIT"):
        discover("shelf", "FRUIT")


def test_every_detector_and_source_registers_under_its_file_name() -> None:
    for package, export in (("pipeline.detectors", "DETECTOR"), ("pipeline.sources", "SOURCE")):
        assert discover(package, export), package
    detectors = discover("pipeline.detectors", "DETECTOR")
    assert {name: one.tag for name, one in detectors.items()} == {name: name for name in detectors}
    shadows = {name for name, one in detectors.items() if one.shadow}
    assert set(detectors) - shadows == {"complaint", "idea", "lead"}
    assert {"praise", "question"} <= shadows


def test_unknown_name_is_answered_with_the_nearest_and_all_others() -> None:
    with pytest.raises(SettingsError) as caught:
        lookup({"csv": 1, "jsonl": 2}, "json", kind="source type", where="sources.shop.type")
    assert caught.value.told == "sources.shop.type: there is no source type 'json'"
    assert caught.value.mend == "did you mean 'jsonl'? known: csv, jsonl"


def test_known_name_is_looked_up() -> None:
    assert lookup({"csv": 1}, "csv", kind="source type") == 1


def test_name_near_to_nothing_gets_the_list_alone() -> None:
    assert choices("xyz", ["b", "a"]) == "known: a, b"
