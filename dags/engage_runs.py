"""What all DAGs share: when a task is tried again, and which days a run is about.

Not a DAG itself (see `.airflowignore`); Airflow puts this folder on the import path.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, get_current_context

if TYPE_CHECKING:
    from pipeline.records import Window

POLICY = ExceptionRetryPolicy(
    [
        RetryRule("pipeline.errors.RetriableError", RetryAction.RETRY),
        RetryRule(
            ["pipeline.errors.SettingsError", "pipeline.errors.FatalError"], RetryAction.FAIL
        ),
    ]
)
DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 3,
    "retry_delay": timedelta(minutes=5),
    "retry_policy": POLICY,
}
DAY = Param(
    None,
    type=["null", "string"],
    format="date",
    description="The UTC day to run, such as 2026-11-02; empty: the run's own data interval.",
)
LAST_DAY = Param(
    None,
    type=["null", "string"],
    format="date",
    description="The last of several days that this one run takes; empty: `day` alone.",
)


def window() -> Window:
    """Find the whole UTC days of the run that calls: its parameters, else its data interval.

    Raises SettingsError for a run that has neither, or a last day without a first.
    """
    from pipeline.errors import SettingsError
    from pipeline.records import Window

    context = get_current_context()
    day, last_day = (context["params"].get(name) for name in ("day", "last_day"))
    if day:
        return Window.of_days(day, last_day)
    if last_day:
        raise SettingsError(
            f"the run has the last day {last_day} and no first",
            mend=f'trigger it with both: {{"day": "2026-11-02", "last_day": "{last_day}"}}',
        )
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    if start is None or end is None:
        raise SettingsError(
            "the run has no data interval, so it is about no day",
            mend='trigger it with a logical date, or with the parameter {"day": "2026-11-02"}',
        )
    # A run of a few hours is about the whole days it touches: partitions are days.
    return Window.of_days(start.date(), max(start, end - timedelta(microseconds=1)).date())
