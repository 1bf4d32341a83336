"""Who is one person, and what is kept of persons."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.settings._values import HUNDRED_YEARS, VARIABLE, Frozen


class Person(Frozen):
    """Somebody who writes under several author ids, or for a customer that is known."""

    author_ids: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], ...] = Field(
        min_length=1, description="All `author_id`s of the person, as they stand in the tables."
    )
    account: str | None = Field(
        None, pattern=r"\S", description="Customer, such as a firm, that the person belongs to."
    )


class Privacy(Frozen):
    """What is kept of persons."""

    author_key_env: str | None = Field(
        None,
        pattern=VARIABLE,
        description="Name of the variable that holds the key of the author pseudonyms.",
    )
    keep_days: int | None = Field(
        None,
        ge=1,
        le=HUNDRED_YEARS,
        description="How many days texts and pseudonyms are kept; without it for ever. "
        "`engage expire` and the DAG `retention` let older ones go.",
    )
    keep_handles: bool = Field(
        False, description="True keeps handles in `author_handle` and `url`."
    )
