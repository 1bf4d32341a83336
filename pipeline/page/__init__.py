"""The report as one self-contained HTML page: what to do today, what came of it, what comes next.

It opens offline, runs no script and loads nothing. "Today" is the last day in the lake, so the same
lake always gives the same page.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.page.facts import gather
from pipeline.page.html import render
from pipeline.settings import Settings
from pipeline.storage import Lake, replace_file

__all__ = ["write"]


def write(settings: Settings, path: Path) -> None:
    """Write the page. Raises SettingsError when there is nothing in the lake."""
    facts = gather(Lake(settings.lake_location), settings)
    replace_file(path, [render(facts, settings).encode()])
