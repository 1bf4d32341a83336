"""Who acts on an opportunity, and within what time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.settings._company import Calendar
from pipeline.settings._values import Action, Channel, Department, Frozen, Tag


class Example(Frozen):
    """A message that a route must take; `engage check` reads it and sees where it goes."""

    text: str = Field(pattern=r"\S", description="The message.")
    language: Literal["nl", "en"] | None = Field(None, description="None: as it is recognised.")
    channel: Channel = Field("microblog", description="Kind of place where it is said.")


class Route(Frozen):
    """Who acts on an opportunity, and how. The first route whose conditions hold is taken."""

    tag: Tag = Field(description="Kind of opportunity: lead, complaint or idea.")
    topics: tuple[str, ...] = Field((), description="Complaint topics or lead needs; none: any.")
    languages: tuple[str, ...] = Field((), description="Languages; none: any.")
    channels: tuple[Channel, ...] = Field((), description="Kinds of place; none: any.")
    minimum_severity: int = Field(1, ge=1, le=4, description="Least severity of a complaint.")
    department: Department = Field(description="Department that owns the row.")
    owner: str = Field(pattern=r"\S", description="Person or team that owns the row.")
    informed: tuple[Department, ...] | None = Field(
        None, description="Departments that are told too; none named: those whom it concerns."
    )
    respond_within_hours: float | None = Field(
        None, gt=0, description="Promise in hours of the company's calendar."
    )
    respond_within_days: float | None = Field(
        None, gt=0, description="Promise in working days: 1 is the same time a working day later."
    )
    recommended_action: Action | None = Field(
        None, description="What to do while the customer waits; none: as the row suggests."
    )
    action_reason: str | None = Field(
        None, pattern=r"\S", description="Why, a sentence put before what the row says itself."
    )
    reply_opening: dict[Literal["nl", "en"], str] = Field(
        default_factory=dict, description="First words of an answer, by language."
    )
    examples: tuple[str | Example, ...] = Field(
        (), description="Messages that this route must take; `engage check` tries them."
    )

    @model_validator(mode="after")
    def _one_promise(self) -> Route:
        if self.respond_within_hours is not None and self.respond_within_days is not None:
            raise ValueError("a promise in hours and one in days: leave one out")
        return self

    @property
    def tried(self) -> tuple[Example, ...]:
        """The examples, also those of which only the text is given."""
        return tuple(Example(text=one) if isinstance(one, str) else one for one in self.examples)

    def promise_hours(self, calendar: Calendar, default: float) -> float:
        """The promise in hours of the calendar; `default` where the route makes none."""
        if self.respond_within_days is not None:
            return self.respond_within_days * calendar.day_hours
        return self.respond_within_hours or default


class Promises(Frozen):
    """Within how many business hours an answer is promised, where no route says otherwise."""

    lead: float = Field(8, gt=0, description="Hours of the company's calendar for a lead.")
    complaint: float = Field(8, gt=0, description="Hours of the calendar for a complaint.")
