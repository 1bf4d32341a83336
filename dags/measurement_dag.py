"""Measure the last four weeks: what came in, was answered in time, was won; how good tags are.

Reads: messages, leads, complaints, ideas, detections, labels, outcomes; the models in use.
Writes: measurements, one partition a day.
Re-run: safe at any time: the same tables give the same bytes, and only days that come out different
are replaced. With the parameter `day` (to `last_day`) those days alone, of whatever age.
Triage: a red task leaves the old figures in place; its log names the place and the mend. The next
run measures these days again.
Owner: data-engineering
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, dag, task
from engage_runs import DAY, DEFAULTS, LAST_DAY, window


@dag(
    schedule=Asset("leads") | Asset("complaints") | Asset("ideas") | Asset("idea_themes"),
    start_date=datetime(2026, 11, 2, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={"day": DAY, "last_day": LAST_DAY},
    tags=["engage", "schedule:assets", "writes:lake"],
    doc_md=__doc__,
)
def measurement() -> None:
    """Measure when something was published: figures of earlier days change by what came in late."""

    @task
    def measure(params: dict[str, str | None] | None = None) -> int:
        from pipeline import measuring, settings
        from pipeline.storage import Lake

        chosen = settings.load()
        is_named = any((params or {}).get(name) for name in ("day", "last_day"))
        days = window() if is_named else measuring.recent(Lake(chosen.lake_location))
        return measuring.measure(chosen, days) if days else 0

    measure()


measurement()
