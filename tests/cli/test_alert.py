"""Somebody on duty looks at an alert in the terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.commands import engage
from tests.conftest import Company, said

MON = "2026-11-02"
FELL = said(
    "1", "Terrible. I slipped on your wet stairs, broke my wrist, and nobody came.", author="cor"
)


def test_show_has_no_heading_above_nothing(
    company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    company.hear("shop", [FELL])
    made(company, MON, MON)
    assert engage("run", "--from", MON, "--stage", "watch").exit_code == 0
    shown = engage("alert", "show", "severe_message").output
    assert "topic:safety" in shown and "The messages" in shown
    assert "Said before" not in shown
