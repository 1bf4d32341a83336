"""What to listen for: queries, and topics of complaints of your own."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pipeline.settings._values import Frozen, Name


def _is_phrase(value: str) -> str:
    words = value.split()
    if not any(char.isalnum() for char in value):
        raise ValueError(f"'{value}' holds no letter or digit")
    if any("*" in word[:-1] or word == "*" for word in words):
        raise ValueError(f"'{value}': * may only end a word")
    return value


Phrase = Annotated[str, AfterValidator(_is_phrase)]


class Near(Frozen):
    """Two things that stand close together, whichever comes first."""

    one: tuple[Phrase, ...] = Field(min_length=1, description="One of these phrases ...")
    other: tuple[Phrase, ...] = Field(min_length=1, description="... close to one of these.")
    within: int = Field(
        5, ge=1, le=30, description="How many words further at most; 1: the next word."
    )


class Query(Frozen):
    """A topic to listen for. All that is given must hold; a source keeps what one query matches.

    A phrase is whole words in any case, with or without accents; a word may end in `*`, which
    stands for any ending.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Name of the topic: lower case, digits and _."
    )
    sources: tuple[str, ...] = Field((), description="Sources it is for; none: all sources.")
    any: tuple[Phrase, ...] = Field((), description="At least one of these phrases.")
    all: tuple[Phrase, ...] = Field((), description="Every one of these phrases.")
    none: tuple[Phrase, ...] = Field((), description="Not one of these phrases.")
    near: tuple[Near, ...] = Field((), description="Phrases that stand close together.")
    must_match: tuple[str, ...] = Field(
        (), description="Texts that the query must match; `engage check` tries them."
    )
    must_not_match: tuple[str, ...] = Field(
        (), description="Texts that it must leave; `engage check` tries them."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Query:
        if not (self.any or self.all or self.near):
            raise ValueError(f"query {self.name} asks for nothing: give `any`, `all` or `near`")
        return self


class Topic(Frozen):
    """A topic of complaints, beside those that every trade has; or more phrases for one of them."""

    name: Name = Field(description="Name in the tables: lower case, digits and _.")
    phrases: tuple[str, ...] = Field(
        min_length=1, description="Words and phrases, Dutch and English, that show the topic."
    )
