"""Where new opportunities are sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings._environment import secret
from pipeline.settings._values import HUNDRED_YEARS, MAIL, VARIABLE, Department, Frozen


class DeliverySettings(Frozen):
    """A system that new opportunities are sent to; each row is sent to it once."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name in the table `deliveries`. Another name is another delivery: it begins "
        "anew.",
    )
    type: str = Field(description="Kind of system; `docs/deliveries.md` lists them.")
    table: Literal["leads", "complaints", "ideas", "idea_themes", "alerts"] = Field(
        description="Table whose rows are sent."
    )
    minimum_priority: float = Field(
        0, ge=0, le=100, description="Least `priority` of a lead or complaint."
    )
    minimum_votes: int = Field(1, ge=1, description="Least `votes_count` of a theme.")
    departments: tuple[Department, ...] = Field((), description="Departments; none: any.")
    owners: tuple[str, ...] = Field((), description="Owners; none: any.")
    within_days: int = Field(
        7,
        ge=1,
        le=HUNDRED_YEARS,
        description="Only rows of this many days up to the newest in the lake: a lead or complaint "
        "by the day since which it waits for us, another row by the day it was opened.",
    )
    language: Literal["nl", "en"] = Field("en", description="Language of headings and labels.")
    address: str | None = Field(
        None,
        pattern=r"^(https?|smtps?)://[^\s/]+\S*$",
        description="Where the system listens, where that is no secret.",
    )
    address_env: str | None = Field(
        None,
        pattern=VARIABLE,
        description="Name of the variable that holds the address, where that is a secret.",
    )
    token_env: str | None = Field(
        None, pattern=VARIABLE, description="Name of the variable that holds the token or password."
    )
    user: str | None = Field(None, pattern=r"^\S+$", description="Account that the token is of.")
    project: str | None = Field(
        None, pattern=r"^[\w.-]+(/[\w.-]+)?$", description="Jira's project key, or owner/name."
    )
    sender: str | None = Field(
        None, pattern=MAIL, description="Mail address that letters are from."
    )
    recipients: tuple[Annotated[str, Field(pattern=MAIL)], ...] = Field(
        (), description="Mail addresses that letters go to."
    )

    def secret(self, key: Literal["address_env", "token_env"]) -> str:
        """What the variable holds that a key names; empty when the key is not given.

        Raises SettingsError when the variable is not set.
        """
        name: str | None = getattr(self, key)
        if name is None:
            return ""
        return secret(
            name,
            f"deliveries.{self.name}.{key}",
            f"export {name} where `engage deliver` runs",
        )
