"""Rejected records of a source are told before they stop it."""

from __future__ import annotations

from pipeline import stages
from pipeline.records import Window
from pipeline.stages import _heard, _volumes
from tests.conftest import FIRST, NOW, Company, said


def test_source_that_uses_more_than_half_of_its_budget_is_told(company: Company) -> None:
    company.hear("shop", [said(f"{at}", "" if at < 6 else "Hallo.") for at in range(9)])
    stages.listen(company.settings, "shop", Window.of_days(FIRST), now=NOW)
    heard = _heard.heard(company.lake)
    _, alerts = _volumes.of_sources(company.lake, company.settings, heard)
    assert alerts.select("kind", "subject", "observed").rows() == [("reject_budget", "shop", 6)]
