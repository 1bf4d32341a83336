"""Turn one day of conversations into leads, complaints, product ideas, themes and alerts.

Reads: the sources, calendar and routes of `engage.toml`; the models under `models/`; labels.
Writes: messages, conversations, detections, leads, complaints, ideas, idea_themes, alerts, authors,
source_days, source_hours (and quarantine, runs).
Re-run: safe, any day, any order: the same bytes again. Many days: `day` and `last_day`, or `airflow
backfill create --dag-id opportunities --from-date FIRST --to-date LAST --max-active-runs 1`.
Triage: a red task left the old rows in place; its log names the place and the mend. Mend, then
clear the task. `assemble` waits for every source: one that cannot be heard stops the day, loudly,
rather than publish half of it. Only what passes by itself (full disk, time-out) is tried again.
Owner: data-engineering
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, CronDataIntervalTimetable, chain, dag, task
from engage_runs import DAY, DEFAULTS, LAST_DAY, in_turn, window

PUBLISHED = [Asset(table) for table in ("leads", "complaints", "ideas", "idea_themes")]
MADE = {"assemble": [], "detect": [], "publish": PUBLISHED, "watch": [Asset("alerts")]}


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2026, 11, 2, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={"day": DAY, "last_day": LAST_DAY},
    tags=["engage", "schedule:daily", "writes:lake"],
    doc_md=__doc__,
)
def opportunities() -> None:
    """Listen to every source, then run the other stages over the same days."""

    @task
    def sources() -> list[str]:
        from pipeline import settings

        return list(settings.load().source_names)

    @task(map_index_template="{{ task.op_kwargs['source'] }}")
    def listen(source: str) -> None:
        from pipeline import settings, stages

        in_turn(stages.listen, settings.load(), source, window(), now=datetime.now(UTC))

    @task(max_active_tis_per_dag=1)  # a backfill beside the daily run must not share a partition
    def work(stage: str) -> None:
        from pipeline import settings, stages

        in_turn(getattr(stages, stage), settings.load(), window())

    made = (work.override(task_id=name, outlets=MADE[name])(name) for name in MADE)
    chain(listen.expand(source=sources()), *made)


opportunities()
