"""The page of the columns: all that the contracts declare."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.contracts import TABLES, columns_markdown, contract

ROOT = Path(__file__).parents[2]


def test_page_of_the_columns_has_every_column_and_no_other() -> None:
    page = columns_markdown()
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == list(TABLES)
    for table, section in zip(TABLES, page.split("\n## ")[1:], strict=True):
        named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert named == [column.name for column in contract(table).columns]
    assert "| `evidence[].start` | `int32` | yes |" in page
    assert page == (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
