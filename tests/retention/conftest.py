"""A lake that holds a person, told apart by a word of each of her texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import Company
from tests.retention.roos import MON, WED, decide, hear


@pytest.fixture
def heard(
    company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch
) -> Company:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    hear(company)
    made(company, MON, WED)
    decide(company)
    return company
