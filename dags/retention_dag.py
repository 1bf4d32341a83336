"""Let texts and pseudonyms expire that are older than `privacy.keep_days`; figures stay.

Reads: `privacy.keep_days` of `engage.toml`, and every table; without that setting nothing expires.
Writes: removes expired days of messages, conversations, detections, leads, complaints, ideas,
labels and quarantine; blanks the words in older alerts, idea_themes and outcomes; runs.
Re-run: safe at any time: what has expired stays expired, and the same tables give the same bytes.
Triage: a red task left whole partitions; its log names the place and the mend. Run it again: it
goes on where it stopped. A red `listen` that names an expired day was asked for one; nobody can
hear it again. A person who asks to be forgotten: `engage forget`.
Owner: data-engineering
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, CronDataIntervalTimetable, dag, task
from engage_runs import DAY, DEFAULTS, LAST_DAY, in_turn, window

CHANGED = [Asset(table) for table in ("leads", "complaints", "ideas", "idea_themes")]


@dag(
    # Three hours after `opportunities` begins: one run at a time may write to a lake.
    schedule=CronDataIntervalTimetable("0 3 * * *", timezone="UTC"),
    start_date=datetime(2026, 11, 2, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={"day": DAY, "last_day": LAST_DAY},
    tags=["engage", "schedule:daily", "writes:lake"],
    doc_md=__doc__,
)
def retention() -> None:
    """Keep so many days, up to the last one of the run's data interval."""

    @task.short_circuit
    def has_limit() -> bool:
        from pipeline import settings

        return settings.load().privacy.keep_days is not None

    @task(outlets=CHANGED)
    def expire() -> int:
        from pipeline import settings, stages

        done = in_turn(stages.expire, settings.load(), window(), now=datetime.now(UTC))
        return done.rows_in if done else 0

    has_limit() >> expire()


retention()
