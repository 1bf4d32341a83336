"""Writes settings for the tests: what is not said is as little as possible."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import load

LEAST = """\
[company]
name = "Fietsfijn"

[[sources]]
name = "shop"
type = "jsonl"
path = "shop.jsonl"
"""


def written(folder: Path, body: str) -> Path:
    file = folder / "engage.toml"
    file.write_text(body, encoding="utf-8")
    return file


def refused(folder: Path, body: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(written(folder, body))
    return caught.value


def changed(old: str, new: str) -> str:
    assert old in LEAST
    return LEAST.replace(old, new)
