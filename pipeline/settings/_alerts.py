"""When somebody is warned."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings._values import HUNDRED_YEARS, Frozen


class Alerts(Frozen):
    """When somebody is warned before it is a crisis."""

    least_people: int = Field(
        5, ge=2, description="People below which no number of complaints or ideas is an alert."
    )
    false_alarms: float = Field(
        0.25, gt=0, description="False alarms about complaints that thirty quiet days may bring."
    )
    minimum_severity: int = Field(
        4, ge=1, le=4, description="Severity from which a single complaint is an alert."
    )
    cooldown_hours: int = Field(
        24, ge=1, description="Hours in which more of the same belongs to the alert there is."
    )
    closes_after_days: int = Field(
        7,
        ge=1,
        le=HUNDRED_YEARS,
        description="Days after its last sign at which an alert nobody looked at closes.",
    )
