"""What comes first."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings._values import Frozen


class Scoring(Frozen):
    """How much each factor counts: `priority` is 100 times the factors to the power of these."""

    probability: float = Field(1.0, ge=0, description="Exponent of `probability`.")
    value: float = Field(1.0, ge=0, description="Exponent of `value`.")
    urgency: float = Field(0.75, ge=0, description="Exponent of `urgency`.")
    reach: float = Field(0.1, ge=0, description="Exponent of `reach`.")
    recency: float = Field(0.5, ge=0, description="Exponent of `recency`.")
    recency_half_life_days: float = Field(
        7, gt=0, description="Days in which the `recency` of an opportunity halves."
    )
    momentum_half_life_days: float = Field(
        28, gt=0, description="Days in which a vote counts half in a theme's `momentum`."
    )
    account_attribute: str | None = Field(
        None,
        pattern=r"^\w+$",
        description="Attribute of messages that names the customer whom the author belongs to.",
    )
