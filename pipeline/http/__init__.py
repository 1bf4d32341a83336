"""Asks services: polite requests, retries, pages, errors by recovery. `outgoing` is what sends.

dlt's request client retries (429 and 5xx, lost connections, time-outs), waits as long as
`Retry-After` asks, and its REST client turns the pages. No error shows a query, a header or what
was answered: an address may hold a key, an answer holds people's words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.client import PageData
from dlt.sources.rest_api.config_setup import create_auth, create_paginator

from pipeline import __version__
from pipeline.errors import RetriableError, SettingsError
from pipeline.http._client import Asker, Polite
from pipeline.http._explained import (
    NotThereError,
    TurnedOffError,
    asks_to_wait,
    explained,
    explained_by_cause,
    unexpected,
)
from pipeline.settings import keep_dlt_from_airflow

__all__ = [
    "LIMITS",
    "USER_AGENT",
    "Api",
    "Limits",
    "NotThereError",
    "Page",
    "TurnedOffError",
]
__all__ += ["explained", "explained_by_cause"]

USER_AGENT = f"engage/{__version__} (reads public conversations for customer care)"
Page = PageData[Any]
"""The items of one page, a list; `page.response` is the answer they came in."""


@dataclass(frozen=True)
class Limits:
    """How often, how fast and how patiently we ask."""

    attempts: int = 5
    backoff_seconds: float = 1.0
    """The first wait after a failure; it doubles with each."""
    longest_wait_seconds: float = 300.0
    seconds_between: float = 0.5
    """Least time between two requests to one host."""
    timeout_seconds: float = 30.0


LIMITS = Limits()

# It writes whole addresses, with the keys in them, when somebody asks for the debug log.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class Api:
    """One service over HTTP, as one source asks it."""

    def __init__(
        self,
        address: str,
        *,
        where: str,
        token_env: str | None = None,
        auth: Any = None,  # noqa: ANN401 - dlt's own form: a mapping, or an object
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            address: `https://host/path`; what is asked later is relative to it.
            where: What asks, for errors: `sources.forum`.
            token_env: Name of the variable that holds the secret, for errors.
            auth: dlt's declaration, such as `{"type": "bearer", "token": …}`; also `http_basic`,
                `api_key`, `oauth2_client_credentials`.
            headers: Sent with every request.

        Raises SettingsError for an address that is none.
        """
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(
                "the address is no http or https address",
                where=f"{where}.address",
                mend="write it as https://host/path",
            )
        self._where, self._token_env = where, token_env
        keep_dlt_from_airflow()
        client = Client(
            request_timeout=LIMITS.timeout_seconds,
            raise_for_status=False,
            request_max_attempts=LIMITS.attempts,
            retry_condition=asks_to_wait,
            request_backoff_factor=LIMITS.backoff_seconds,
            request_max_retry_delay=LIMITS.longest_wait_seconds,
        )
        session = client.session
        session.headers["User-Agent"] = USER_AGENT
        for scheme in ("http://", "https://"):
            session.mount(scheme, Polite(LIMITS.seconds_between))
        self._client = Asker(
            address, headers=dict(headers or {}), auth=create_auth(auth), session=session
        )
        self._client.where = where
        self.close = session.close

    def get(self, path: str = "", **params: Any) -> requests.Response:  # noqa: ANN401
        """Ask once; see `explained` for the errors."""
        with explained(self._where, self._token_env):
            answer = self._client.get(path, params=params)
            answer.raise_for_status()
            return answer

    def leave_alone(self, seconds: float) -> None:
        """Wait as long as the service asks in its answer, five minutes at most."""
        time.sleep(min(seconds, LIMITS.longest_wait_seconds))

    def token(
        self,
        name: str,
        path: str = "",
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, str] | None = None,
    ) -> str:
        """Sign in: send a form or JSON, and take the token of that name from the answer."""
        with explained(self._where, self._token_env):
            body = None if json is None else dict(json)
            answer = self._client.post(path, data=form, json=body)
            answer.raise_for_status()
            given = answer.json()
            token = given.get(name) if isinstance(given, dict) else None
            if not isinstance(token, str):
                raise unexpected(f"the answer has no '{name}'", self._where)
            return token

    def pages(
        self,
        path: str = "",
        *,
        items: str = "$",
        paginator: Any = "single_page",  # noqa: ANN401 - dlt's own form
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Iterator[Page]:
        """Turn pages until there are no more.

        Args:
            path: What is asked, relative to the address; or a whole address.
            items: Dotted path to the list of items in an answer, or to one item; `$` is the whole
                answer, `$[*]` an answer that must be a list.
            paginator: dlt's declaration: `{"type": "page_number", "total_path": "pages"}`; also
                `offset`, `cursor`, `json_link`, `header_link`, `single_page`.
            params: The query.
            json: A body; the request becomes a POST.

        Raises the errors of `explained`; FatalError for an answer without the list; RetriableError
        when the pages go round in a circle.
        """
        turner = create_paginator(paginator)
        asked: set[str] = set()
        with explained(self._where, self._token_env):
            for page in self._client.paginate(
                path,
                method="GET" if json is None else "POST",
                params=dict(params or {}),
                json=None if json is None else dict(json),
                paginator=turner,
                data_selector=items,
            ):
                yield page
                # dlt has changed the request by now: it is the one for the next page.
                following = repr((page.request.url, page.request.params, page.request.json))
                if turner and turner.has_next_page and following in asked:
                    raise RetriableError(
                        "the service names a page that it has shown before: they go in a circle",
                        where=self._where,
                        mend="run again later; if it stays so, tell the service's makers",
                    )
                asked.add(following)
