"""Requests: patient, polite, and silent about what is nobody's business."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import http
from pipeline.errors import FatalError, RetriableError, SettingsError
from tests.sources.fetched import ASKS_HERE, LIMITS, logged

ROOT = Path(__file__).parent.parent

pytestmark = ASKS_HERE


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """How long was waited; nobody really waits."""
    held: list[float] = []
    monkeypatch.setattr(time, "sleep", held.append)
    monkeypatch.setattr("tenacity.nap.time.sleep", held.append)
    monkeypatch.setattr(http, "LIMITS", replace(LIMITS, longest_wait_seconds=60))
    yield held


def api(server: HTTPServer) -> http.Api:
    return http.Api(server.url_for("/v1"), where="sources.post", token_env="POST_TOKEN")  # noqa: S106


def test_retry_after_is_waited_for_to_the_second(httpserver: HTTPServer, naps: list[float]) -> None:
    refusal = Response("", 429, {"Retry-After": "7"})
    httpserver.expect_ordered_request("/v1/a").respond_with_response(refusal)
    httpserver.expect_ordered_request("/v1/a").respond_with_json([1])
    asked = api(httpserver)
    assert [list(page) for page in asked.pages("a")] == [[1]]
    asked.close()
    assert 7 in naps


def test_a_refusal_for_a_while_is_waited_for(httpserver: HTTPServer, naps: list[float]) -> None:
    refusal = Response("You have exceeded a secondary rate limit.", 403, {"Retry-After": "9"})
    httpserver.expect_ordered_request("/v1/a").respond_with_response(refusal)
    httpserver.expect_ordered_request("/v1/a").respond_with_json([1])
    asked = api(httpserver)
    assert [list(page) for page in asked.pages("a")] == [[1]]
    asked.close()
    assert 9 in naps


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Response("", 403, {"X-RateLimit-Remaining": "0"}), RetriableError),
        (Response('{"message": "You have exceeded a secondary rate limit."}', 403), RetriableError),
        (Response("", 403, {"X-RateLimit-Remaining": "12"}), SettingsError),
        (Response('{"message": "Bad rate, bad limit."}', 403), SettingsError),
    ],
)
def test_too_much_was_asked_is_no_bad_key(
    httpserver: HTTPServer, naps: list[float], refusal: Response, error: type[Exception]
) -> None:
    httpserver.expect_request("/v1/a").respond_with_response(refusal)
    asked = api(httpserver)
    with pytest.raises(error):
        asked.get("a")
    asked.close()


@pytest.mark.parametrize("form", ["cursor", "json_link"])
def test_pages_that_go_in_a_circle_end_with_an_error(httpserver: HTTPServer, form: str) -> None:
    shown: list[str] = []

    def answer(request: Request) -> Response:
        shown.append(request.args.get("after", ""))
        after = {"": "a", "a": "b", "b": "a"}[shown[-1]]
        link = httpserver.url_for(f"/v1/a?after={after}")
        return Response(json.dumps({"items": [shown[-1]], "after": after, "next": link}))

    httpserver.expect_request("/v1/a").respond_with_handler(answer)
    paginator = {
        "cursor": {"type": "cursor", "cursor_path": "after", "cursor_param": "after"},
        "json_link": {"type": "json_link", "next_url_path": "next"},
    }[form]
    asked, got = api(httpserver), []
    with pytest.raises(RetriableError, match="circle") as caught:
        got.extend(page[0] for page in asked.pages("a", items="items", paginator=paginator))
    asked.close()
    assert shown == ["", "a", "b"]
    assert caught.value.where == "sources.post"
    assert "after" not in str(caught.value)


def test_nothing_looks_into_airflow_to_ask_a_service() -> None:
    code = (
        "import sys; from pipeline.http import Api; "
        "Api('https://post.example', where='sources.post'); "
        "sys.exit('airflow' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PROVIDERS__ENABLE_AIRFLOW_SECRETS", None)
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )


def test_two_requests_to_a_host_keep_their_distance(
    httpserver: HTTPServer, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LIMITS", replace(LIMITS, seconds_between=5))
    httpserver.expect_request("/v1/a").respond_with_json([])
    asked = api(httpserver)
    asked.get("a")
    asked.get("a")
    asked.close()
    (wait,) = (nap for nap in naps if nap > 1)
    assert 4 < wait <= 5


def test_an_empty_list_is_no_fault_but_a_missing_one_is(
    httpserver: HTTPServer, naps: list[float]
) -> None:
    httpserver.expect_request("/v1/empty").respond_with_json({"items": []})
    httpserver.expect_request("/v1/other").respond_with_json({"error": "Mijn geheim"})
    asked = api(httpserver)
    assert [list(page) for page in asked.pages("empty", items="items")] == [[]]
    with pytest.raises(FatalError, match="no list 'items'") as caught:
        list(asked.pages("other", items="items"))
    asked.close()
    assert caught.value.where == "sources.post"
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "post.example", "https://"])
def test_only_http_addresses_are_asked(address: str) -> None:
    with pytest.raises(SettingsError, match="no http or https address"):
        http.Api(address, where="sources.post")


def test_a_key_in_the_query_is_in_no_log(
    httpserver: HTTPServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some libraries silence those that came before them; here nobody is.
    below = logging.getLogger("urllib3.connectionpool")
    monkeypatch.setattr(below, "disabled", False)
    monkeypatch.setattr(below, "handlers", [caplog.handler])
    caplog.set_level(logging.DEBUG)
    httpserver.expect_request("/v1/a", query_string={"key": "geheim"}).respond_with_json([1])
    auth = {"type": "api_key", "name": "key", "api_key": "geheim", "location": "query"}
    asked = http.Api(httpserver.url_for("/v1"), where="sources.post", auth=auth)
    assert [list(page) for page in asked.pages("a")] == [[1]]
    asked.close()
    assert "geheim" not in logged(caplog)


def test_signing_in_takes_the_token_that_is_named(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/in", "POST", data=b"who=noor").respond_with_json({"pass": "p1"})
    asked = api(httpserver)
    assert asked.token("pass", "in", form={"who": "noor"}) == "p1"
    with pytest.raises(FatalError, match="no 'key'"):
        asked.token("key", "in", form={"who": "noor"})
    asked.close()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (400, '{"error_id": 502, "error_name": "throttle_violation"}'),
        (403, '{"error": {"errors": [{"reason": "quotaExceeded"}]}}'),
    ],
)
def test_a_quota_that_is_used_up_is_for_later(
    httpserver: HTTPServer, naps: list[float], code: int, words: str
) -> None:
    httpserver.expect_request("/v1/a").respond_with_response(Response(words, code))
    asked = api(httpserver)
    with pytest.raises(RetriableError, match="cannot answer now"):
        list(asked.pages("a"))
    asked.close()
    assert not naps
