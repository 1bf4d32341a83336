"""What goes wrong on the way to a service, as errors by recovery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError

_TOO_MUCH = re.compile(
    rb'"(?:throttle_violation|quotaExceeded|rateLimitExceeded|dailyLimitExceeded)"'
    rb'|secondary rate limit|"ExpiredToken"'
)
"""What services write into a 400 or 403 that means 429, or that a session of ours is over."""
_TURNED_OFF = b'"commentsDisabled"'
"""What YouTube writes into a 403 that is about no key."""


class NotThereError(SettingsError):
    """The service does not have what is asked for: it went, or the address is wrong."""


class TurnedOffError(SettingsError):
    """What is asked for is turned off where it is, as the comments below a video may be."""


@contextmanager
def explained(where: str, token_env: str | None = None) -> Iterator[None]:
    """Turn what requests raises into errors by recovery.

    401 and 403 are a SettingsError that names the variable of the secret; other 4xx a
    SettingsError about the address, of which 404 and 410 are a NotThereError; 429, 5xx, time-outs
    and lost connections, when trying again has not helped, a RetriableError; an answer that is not
    what was promised a FatalError.
    """
    try:
        yield
    except EngageError:
        raise
    # `from None`: the cause holds the whole address, and with it perhaps a key.
    except requests.HTTPError as error:
        raise _refused(error.response, where, token_env) from None
    except requests.JSONDecodeError:
        raise unexpected("the answer is not JSON", where) from None
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ) as error:
        raise RetriableError(
            f"no answer came ({type(error).__name__}), though it was tried several times",
            where=where,
            mend="look whether the service is up and this machine may reach it, then run again",
        ) from None
    except requests.RequestException as error:
        raise SettingsError(
            f"this cannot be asked ({type(error).__name__})",
            where=where,
            mend="correct the source's address",
        ) from None
    except (ValueError, KeyError, TypeError):
        raise unexpected("the answer says nothing of the next page", where) from None


@contextmanager
def explained_by_cause(where: str) -> Iterator[None]:
    """As `explained`, for code of others that asks by itself and wraps what goes wrong.

    What is not about a request is a FatalError that names its type.
    """
    try:
        yield
    except EngageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a resource of others raises
        known: BaseException = error
        while known.__cause__ and not isinstance(known, requests.RequestException):
            known = known.__cause__
        kind = type(known).__name__
        if isinstance(known, requests.RequestException):
            with explained(where):
                raise known from None
        raise FatalError(
            f"the resource failed ({kind})",
            where=where,
            mend="correct the source's resource or arguments; try it alone in a Python shell",
        ) from None


def _refused(answer: requests.Response | None, where: str, token_env: str | None) -> EngageError:
    status = 0 if answer is None else answer.status_code
    if answer is not None and status in (400, 403) and _is_too_much(answer):
        status = 429
    if answer is not None and status == 403 and _TURNED_OFF in answer.content:
        return TurnedOffError(
            "comments are turned off there",
            where=where,
            mend="take it out of the source's `follow`",
        )
    if status in (401, 403):
        if token_env is None:
            mend = "the service wants a key: name its variable in the source's `token_env`"
        else:
            mend = f"put a key that is valid, and may read this, into {token_env}"
        return SettingsError(
            f"the service refuses us ({status})", where=f"{where}.token_env", mend=mend
        )
    if status == 429 or status >= 500:
        asked = "" if answer is None else answer.headers.get("Retry-After", "")
        wait = f"; it asks to wait {asked} seconds" if asked.isdecimal() else ""
        return RetriableError(
            f"the service cannot answer now ({status}){wait}", where=where, mend="run again later"
        )
    kind = NotThereError if status in (404, 410) else SettingsError
    return kind(
        f"the service does not know what we ask ({status})",
        where=where,
        mend="correct the source's address or query",
    )


def asks_to_wait(answer: requests.Response | None, _: BaseException | None) -> bool:
    """Whether a refusal is one for a while only, as GitHub's 403 is: to be asked again after it."""
    return answer is not None and answer.status_code == 403 and "Retry-After" in answer.headers


def _is_too_much(answer: requests.Response) -> bool:
    is_used_up = answer.headers.get("X-RateLimit-Remaining") == "0"
    return is_used_up or asks_to_wait(answer, None) or bool(_TOO_MUCH.search(answer.content))


def refused_within(answer: Any, where: str) -> EngageError | None:  # noqa: ANN401 - JSON values
    """The error that GraphQL writes into an answer that is called fine (200)."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    known = errors if isinstance(errors, list) else ()
    for one in (one for one in known if isinstance(one, dict)):
        kind, words = (str(one.get(name)) for name in ("type", "message"))
        if kind.startswith("RATE_LIMIT") or words.startswith("Something went wrong"):
            return RetriableError(
                "the service cannot answer now", where=where, mend="run again later"
            )
        if kind == "NOT_FOUND":
            return NotThereError(
                "the service does not know what we ask",
                where=where,
                mend="correct the source's `follow`, or let its key read that",
            )
    return None


def unexpected(what: str, where: str) -> FatalError:
    return FatalError(
        f"unexpected shape: {what}",
        where=where,
        mend="look whether the address is that of the service; if so, its interface has changed",
    )
