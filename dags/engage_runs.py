"""What all DAGs share: when a task is tried again or waits, and which days a run is about.

Not a DAG itself (see `.airflowignore`); Airflow puts this folder on the import path.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, get_current_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.records import Window

LOG = logging.getLogger("engage")
T = TypeVar("T")

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

PATIENCE, PAUSE = 1_800.0, 2.0
"""Seconds that a task waits for another run, and between two looks at whether it has ended."""


def in_turn(work: Callable[..., T], *given: Any, **named: Any) -> T:  # noqa: ANN401 - its own
    """Do work that no other run may be at; where one is, wait until it has ended.

    A daily run beside a backfill meets it at every task: tries minutes apart would run out. A task
    that is not tried again does not wait either.
    """
    from pipeline.errors import BusyError

    until = time.monotonic() + PATIENCE * bool(get_current_context()["task"].retries)
    told = ""
    while True:
        try:
            return work(*given, **named)
        except BusyError as error:
            if time.monotonic() >= until:
                raise
            if not told:
                told = error.told
                LOG.info("%s; waiting for it to end", told)
        time.sleep(PAUSE)


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
