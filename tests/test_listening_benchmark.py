"""The page on how good listening is says what the command measures."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.listening.page import page

PAGE = Path(__file__).parent.parent / "docs" / "listening.md"


def test_page_is_what_is_measured() -> None:
    measured = "python -m benchmarks.listening --write"
    assert PAGE.read_text("utf-8") == page(), f"run `{measured}`"


def test_each_step_of_listening_can_be_timed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")  # as the module does, which other tests need not
    import_module("benchmarks.listening.steps").main(300)
    _, _, *rows = capsys.readouterr().out.splitlines()
    assert [row.split(" | ")[0] for row in rows][-1] == "| reposts (assemble)"
    assert all(int(row.split(" | ")[1].rstrip(" |").replace(",", "")) > 0 for row in rows)
