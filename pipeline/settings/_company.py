"""Who listens, and when they work."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from pipeline.settings._values import CLOCK, CLOSING, WEEKDAYS, Frozen, Weekday, Zone


class Calendar(Frozen):
    """When the company works: deadlines count only these hours."""

    country: str = Field(
        "NL",
        description="Country whose public holidays are kept, ISO code; with that of a part, as "
        "GB-ENG, also those that not the whole country has, such as Easter Monday in England.",
    )
    opens: str = Field("09:00", pattern=CLOCK, description="Opening time, local.")
    closes: str = Field(
        "17:30", pattern=CLOSING, description="Closing time, local; 24:00 is the end of the day."
    )
    days: tuple[Weekday, ...] = Field(
        WEEKDAYS[:5], min_length=1, description="Working days, English names."
    )
    closed_on: tuple[date, ...] = Field((), description="Days of your own on which nobody works.")
    open_on: tuple[date, ...] = Field(
        (), description="Public holidays, or other days off, on which you work all the same."
    )

    @model_validator(mode="after")
    def _plausible(self) -> Calendar:
        if self.opens >= self.closes:
            raise ValueError(f"opens at {self.opens} but closes at {self.closes}")
        if both := sorted(set(self.closed_on) & set(self.open_on)):
            raise ValueError(f"{both[0]} is both in closed_on and in open_on")
        return self

    @property
    def day_hours(self) -> float:
        """Hours of one working day: what a promise of "within a day" comes to."""
        opens, closes = (int(at[:2]) + int(at[3:]) / 60 for at in (self.opens, self.closes))
        return closes - opens

    @property
    def week_hours(self) -> float:
        """Hours of a week without holidays."""
        return self.day_hours * len(set(self.days))


class Company(Frozen):
    """Who listens."""

    name: str = Field(pattern=r"\S", description="The company's name.")
    aliases: tuple[str, ...] = Field((), description="Other ways people write the name.")
    own_accounts: tuple[str, ...] = Field(
        (), description="Accounts and addresses that speak for the company; never tagged."
    )
    employees: tuple[str, ...] = Field(
        (), description="Accounts of people who work there; never tagged, and no answer of yours."
    )
    products: tuple[str, ...] = Field((), description="Product names as customers write them.")
    competitors: tuple[str, ...] = Field(
        (), description="Names of competitors; an account such as `@NameHelp` is found by the name."
    )
    languages: tuple[Literal["nl", "en"], ...] = Field(
        ("nl", "en"), min_length=1, description="Languages that are tagged."
    )
    currency: str = Field(
        "EUR", pattern=r"^[A-Z]{3}$", description="Currency of what is won, ISO code."
    )
    time_zone: Zone = Field("Europe/Amsterdam", description="IANA time zone of the calendar.")
    calendar: Calendar = Field(default_factory=Calendar)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)
