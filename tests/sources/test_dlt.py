"""Items of dlt resources and of its declarative REST source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources.base import create
from tests.sources.conformance import AT, Got

MODULE = """
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import dlt
import pandas as pd
import pyarrow as pa
import requests


@dlt.resource
def letters(start, end, key):
    assert (start, end, key) == ("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z", "sleutel")
    yield [{"nr": 1, "op": "2026-11-03T09:30:00Z", "wie": {"naam": "noor"}, "tekst": "De bel."}]
    yield {"nr": 2, "op": "2026-11-03T10:00:00Z", "tekst": "Het zadel.", "agent": True}
    yield {"nr": 3, "tekst": "Zonder tijd."}
    yield "niets"


@dlt.source
def post(start, end, key):
    return letters(start, end, key)


@dlt.resource
def down():
    raise requests.ConnectionError("https://host/?key=sleutel")
    yield


@dlt.resource
def python_values():
    at = datetime(2026, 11, 3, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    yield {"nr": UUID(int=1), "op": at, "tekst": "De bel.", "prijs": Decimal("1.50")}
    yield {"nr": 2, "op": at.replace(tzinfo=None), "tekst": "Zonder zone.", "dag": at.date()}
    yield {"nr": 3, "op": at, "tekst": {"a": {"y", "x"}}, ("a", "b"): b"x"}


ROWS = {"nr": [1, 2], "op": ["2026-11-03T09:30:00Z", None], "tekst": ["De bel.", "Zonder tijd."]}


@dlt.resource
def arrow():
    yield pa.table(ROWS)


@dlt.resource
def batches():
    yield [pa.RecordBatch.from_pydict(ROWS)]


@dlt.resource
def frames():
    yield pd.DataFrame(ROWS).assign(op=pd.to_datetime(ROWS["op"]))


@dlt.resource
def broken():
    raise ValueError("Mijn geheim is bekend.")
    yield
"""
MAPPING = {
    "native_id": "nr",
    "sent_at": "op",
    "author": "wie.naam",
    "text": "tekst",
    "is_agent": "agent",
}
ARGUMENTS = {"start": "{start}", "end": "{end}", "key_env": "LETTERS_KEY"}
DAY = Window.of_days("2026-11-03")


@pytest.fixture(autouse=True)
def _letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postkamer.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "postkamer", raising=False)
    monkeypatch.setenv("LETTERS_KEY", "sleutel")


def read(resource: str, arguments: dict[str, Any], **changed: Any) -> Got:
    given = {"name": "post", "type": "dlt", "resource": resource, "arguments": arguments}
    source = create(SourceSettings.model_validate({**given, "mapping": MAPPING, **changed}))
    return Got.of(source, DAY)


@pytest.mark.parametrize("name", ["letters", "post"])
def test_items_of_a_resource_or_a_source_are_named_by_the_mapping(name: str) -> None:
    got = read(f"postkamer:{name}", ARGUMENTS)
    first, second = got.messages
    assert (first["native_id"], first["sent_at"], first["author"]) == ("1", AT, "noor")
    assert (second["text"], second["is_agent"]) == ("Het zadel.", True)
    assert {one["origin"]: one["rule_id"] for one in got.rejected} == {
        "dlt://postkamer/letters#3".replace("letters", name): "missing_time",
        "dlt://postkamer/letters#[3]".replace("letters", name): "not_an_object",
    }


def test_python_values_are_read_as_they_are_written() -> None:
    mapping = {**MAPPING, "attributes.prijs": "prijs"}
    got = read("postkamer:python_values", {}, mapping=mapping)
    first, second = got.messages
    assert first["native_id"] == "00000000-0000-0000-0000-000000000001"
    assert (first["sent_at"], first["attributes"]) == (AT, '{"prijs":"1.50"}')
    assert second["text"] == '{"a":["x","y"]}'
    assert got.rules == ["naive_time"]
    assert '"dag":"2026-11-03"' in got.rejected[0]["raw"]


@pytest.mark.parametrize("name", ["arrow", "batches", "frames"])
def test_every_row_of_a_table_is_an_item(name: str) -> None:
    got = read(f"postkamer:{name}", {})
    (first,) = got.messages
    assert (first["native_id"], first["sent_at"], first["text"]) == ("1", AT, "De bel.")
    assert got.rules == ["missing_time"]


def test_a_secret_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LETTERS_KEY")
    with pytest.raises(SettingsError, match="LETTERS_KEY is not set") as caught:
        read("postkamer:letters", ARGUMENTS)
    assert caught.value.where == "sources.post.arguments.key_env"


def test_a_resource_that_is_not_there_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="cannot be imported"):
        read("postkamer:brieven", {})


def test_a_service_that_is_down_is_retriable_and_shows_no_key() -> None:
    with pytest.raises(RetriableError) as caught:
        read("postkamer:down", {})
    assert "sleutel" not in str(caught.value)


def test_a_resource_that_fails_is_an_error_without_its_words() -> None:
    with pytest.raises(FatalError, match=r"failed \(ValueError\)") as caught:
        read("postkamer:broken", {})
    assert "geheim" not in str(caught.value)


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_declarative_rest_source_needs_no_code(httpserver: HTTPServer) -> None:
    items = [
        {"nr": at, "op": f"2026-11-03T0{at}:00:00Z", "tekst": f"Brief {at}."} for at in range(5)
    ]

    def answer(request: Request) -> Response:
        assert request.headers["Authorization"] == "Bearer sleutel"
        at = int(request.args["offset"])
        page = {"total": len(items), "brieven": items[at : at + 2]}
        return Response(orjson.dumps(page), content_type="application/json")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    client = {
        "base_url": httpserver.url_for("/"),
        "auth": {"type": "bearer", "token_env": "LETTERS_KEY"},
        "paginator": {"type": "offset", "limit": 2},
    }
    endpoint = {"path": "brieven", "data_selector": "brieven"}
    config = {"client": client, "resources": [{"name": "brieven", "endpoint": endpoint}]}
    got = read("dlt.sources.rest_api:rest_api_source", {"config": config})
    assert got.ids == ["0", "1", "2", "3", "4"]
