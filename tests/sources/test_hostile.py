"""Whatever a file holds, reading it ends in records or in an error that says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import EngageError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources.base import create
from tests.sources.conformance import FIXTURES
from tests.sources.test_csv import TestCsv as Csv
from tests.sources.test_jsonl import TestJsonLines as JsonLines

MAPPINGS = {"csv": dict(Csv.mapping), "jsonl": dict(JsonLines.mapping)}
TYPES = ("csv", "jsonl", "twcs", "discourse", "turns", "mbox", "app_reviews")
ODD = (None, True, 0, -1, 1.5, 10**25, "", "x", [], [1], {}, {"a": [{}]}, "\ud83d")
WINDOW = Window.of_days("2000-01-01", "2100-01-01")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def read(kind: str, path: Path) -> int:
    """Read a file; how many records it has."""
    source = SourceSettings(name=kind, type=kind, path=str(path), mapping=MAPPINGS.get(kind, {}))
    return sum(
        messages.num_rows + rejected.num_rows + duplicates_count
        for messages, rejected, duplicates_count, *_ in create(source).fetch(WINDOW, not_after=NOW)
    )


def first(kind: str) -> bytes:
    """The first fixture of a type."""
    return min(path for path in (FIXTURES / kind).iterdir()).read_bytes()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "export"


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TYPES), st.data())
def test_bytes_lost_or_added_anywhere_raise_no_other_error(
    path: Path, kind: str, data: st.DataObject
) -> None:
    whole = first(kind)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 200)))
    path.write_bytes(whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:])
    try:
        read(kind, path)
    except EngageError as error:
        assert error.mend


def changed(value: Any, odd: Any) -> Iterator[Any]:
    """The value with each of its parts in turn replaced."""
    yield odd
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, list) else pairs
    for key, part in pairs:
        for other in changed(part, odd):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = other
            yield copy


@pytest.mark.parametrize("kind", ["discourse", "turns"])
def test_a_document_with_a_value_of_any_other_kind_is_read(tmp_path: Path, kind: str) -> None:
    document = json.loads(first(kind))
    documents = [other for odd in ODD for other in changed(document, odd)]
    for at, other in enumerate(documents):
        (tmp_path / f"{at}.json").write_text(json.dumps(other))
    # As many records as documents, at least: whatever cannot be read is rejected, and so counted.
    assert read(kind, tmp_path / "*.json") >= len(documents)


@pytest.mark.parametrize("kind", ["app_reviews", "jsonl"])
def test_a_line_with_a_value_of_any_other_kind_is_read(path: Path, kind: str) -> None:
    line = json.loads(first(kind).splitlines()[0])
    lines = [json.dumps(other) for odd in ODD for other in changed(line, odd)]
    path.write_text("\n".join([json.dumps(line), *lines]) + "\n")
    assert read(kind, path) >= len(lines)


@pytest.mark.parametrize("place", ["title", "sessionID", "company", "tags"])
def test_bytes_that_are_not_utf8_beside_the_records_cost_those_that_use_them(
    path: Path, place: str
) -> None:
    kind = "discourse" if place in ("title", "tags") else "turns"
    whole = first(kind)
    name = f'"{place}": '.encode()
    at = whole.index(b'"', whole.index(name) + len(name)) + 1
    path.write_bytes(whole[:at] + b"\xff" + whole[at:])
    assert read(kind, path) == read_of(kind)


def read_of(kind: str) -> int:
    return read(kind, min((FIXTURES / kind).iterdir()))


def test_parts_within_parts_without_end_are_rejected(path: Path) -> None:
    head = "From a@b.c Tue Nov  3 09:30:00 2026\nFrom: a@b.c\nMessage-ID: <1>\n"
    head += "Date: Tue, 03 Nov 2026 09:30:00 +0000\n"
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="{level}"\n\n--{level}\n'
        for level in range(2_000)
    )
    path.write_text(head + parts + "Content-Type: text/plain\n\nja\n\n" + head + "\nja\n\n")
    assert read("mbox", path) == 2
