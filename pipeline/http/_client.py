"""dlt's and requests' clients, with the manners that they lack."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import requests
from dlt.common import jsonpath
from dlt.sources.helpers.rest_client.client import RESTClient
from requests.adapters import HTTPAdapter

from pipeline.http._explained import refused_within, unexpected


class Asker(RESTClient):
    """Tells an empty page from an answer of another shape, which dlt takes for empty too."""

    where = ""

    def _log_request(self, *_: object) -> None:
        """Write nothing: dlt's debug log holds queries, headers and bodies."""

    def extract_response(
        self, response: requests.Response, data_selector: jsonpath.TJsonPath
    ) -> list[Any]:
        answer = response.json()
        if refusal := refused_within(answer, self.where):
            raise refusal
        if data_selector == "$":
            return answer if isinstance(answer, list) else [answer]
        if data_selector == "$[*]" and isinstance(answer, list):
            return answer
        found = jsonpath.find_values(data_selector, answer)
        if found and isinstance(found[0], list | dict):
            return found[0] if isinstance(found[0], list) else [found[0]]
        raise unexpected(f"the answer has no list '{data_selector}'", self.where)


class Polite(HTTPAdapter):
    """Leaves some time between two requests to one host, tries again included."""

    def __init__(self, seconds_between: float) -> None:
        super().__init__()
        self._seconds_between = seconds_between
        self._last: dict[str | None, float] = {}

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        host = urlsplit(request.url).hostname
        wait = self._last.get(host, -1e9) + self._seconds_between - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._last[host] = time.monotonic()
        return super().send(request, *args, **kwargs)
