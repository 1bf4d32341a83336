"""The page on how good listening is says what the command measures."""

from __future__ import annotations

from pathlib import Path

from benchmarks.listening.page import page

PAGE = Path(__file__).parent.parent / "docs" / "listening.md"


def test_page_is_what_is_measured() -> None:
    measured = "python -m benchmarks.listening --write"
    assert PAGE.read_text("utf-8") == page(), f"run `{measured}`"
