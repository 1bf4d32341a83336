"""Turn one day of conversations into leads, complaints, product ideas and idea themes.

Reads: the sources, calendar and routes of `engage.toml`; the models under `models/`.
Writes: messages, conversations, detections, leads, complaints, ideas, idea_themes, quarantine, runs.
Re-run: safe, for any day in any order: a stage replaces whole partitions by the same bytes. For
many days: `airflow backfill create --dag-id opportunities --from-date FIRST --to-date LAST`.
Triage: a red task left the old rows in place; its log names the place and the mend. Mend, clear
the task. `assemble` waits until every source was heard. Only a full disk or a time-out is retried.
Owner: data-engineering
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, Param, dag, get_current_context, task
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

LATER = RetryRule("pipeline.errors.RetriableError", RetryAction.RETRY)
NEVER = RetryRule(["pipeline.errors.SettingsError", "pipeline.errors.FatalError"], RetryAction.FAIL)
TABLES = [Asset(name) for name in ("leads", "complaints", "ideas", "idea_themes")]


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2026, 11, 2, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "data-engineering",
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": ExceptionRetryPolicy([LATER, NEVER]),
    },
    params={"day": Param(None, type=["null", "string"], format="date", description="A UTC day.")},
    tags=["engage", "schedule:daily", "writes:lake"],
    doc_md=__doc__,
)
def opportunities() -> None:
    """Listen to each source, then run the other stages over the same whole days."""

    @task
    def sources() -> list[str]:
        from pipeline import settings

        return list(settings.load().source_names)

    @task(map_index_template="{{ task.op_kwargs['source'] }}")
    def listen(source: str) -> str:
        from pipeline import settings, stages

        return str(stages.listen(settings.load(), source, _window(), now=datetime.now(UTC)))

    @task(max_active_tis_per_dag=1)
    def work(stage: str) -> str:
        from pipeline import settings, stages

        return str(getattr(stages, stage)(settings.load(), _window()))

    last = listen.expand(source=sources())
    ...
