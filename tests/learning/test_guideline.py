"""The guideline: enough borderline cases for each tag, decided both ways, each with its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDELINE = Path(__file__).parents[2] / "docs/labelling.md"
CASE = re.compile(r"^\| \"(?P<text>.+)\"[^|]* \| (?P<answer>yes|no) \| (?P<reason>[^|]+) \|$", re.M)


@pytest.mark.parametrize("tag", ["Lead", "Complaint", "Idea"])
def test_each_tag_has_twenty_borderline_cases_with_answers_of_both_kinds(tag: str) -> None:
    (section,) = re.findall(rf"^## {tag}$(.*?)^## ", GUIDELINE.read_text("utf-8"), re.M | re.S)
    cases = [match.groupdict() for match in CASE.finditer(section)]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    assert len(cases) == len(rows), "a row does not read as: message, yes or no, reason"
    assert len({case["text"] for case in cases}) >= 20
    assert min(sum(case["answer"] == one for case in cases) for one in ("yes", "no")) >= 8
