"""The values that several parts of `engage.toml` hold, and what all parts have in common."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.records import CHANNELS
from pipeline.settings._refused import among

DEPARTMENTS = (
    "sales",
    "customer_service",
    "product",
    "marketing",
    "communications",
    "human_resources",
    "market_research",
    "legal",
)
ACTIONS = ("reply", "private_message", "call", "offer_demo", "watch", "none")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
CLOSING = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"
MAIL = r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+$"
VARIABLE = r"^[A-Z][A-Z0-9_]*$"
HUNDRED_YEARS = 36_500
"""Days beyond which a calendar ends."""


@cache
def _zones() -> list[str]:
    """All time zones: to know them, six hundred files are opened."""
    return sorted(available_timezones())


def _is_zone(value: str) -> str:
    return among(value, _zones())


def _one_of(known: Sequence[str]) -> tuple[AfterValidator, Any]:
    return AfterValidator(lambda value: among(value, known)), Field(
        json_schema_extra={"enum": list(known)}
    )


def _is_place(value: str) -> str:
    address = urlsplit(value)
    if address.username or address.password:
        raise ValueError(
            "must hold no key and no password: the environment gives them, such as "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if len(address.scheme) > 1 and "://" not in value:
        raise ValueError(f"'{value}' is no address: write it as {address.scheme}://bucket/lake")
    return value


Tag = Literal["lead", "complaint", "idea"]
Zone = Annotated[str, AfterValidator(_is_zone)]
Place = Annotated[str, AfterValidator(_is_place)]
Weekday = Annotated[str, *_one_of(WEEKDAYS)]
Channel = Annotated[str, *_one_of(CHANNELS)]
Department = Annotated[str, *_one_of(DEPARTMENTS)]
Action = Annotated[str, *_one_of(ACTIONS)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Frozen(BaseModel):
    """A part of the settings: nothing in it can be changed, and no key is left unread."""

    # What stands there can be a key that somebody took for a part of an address: errors are logged.
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )
