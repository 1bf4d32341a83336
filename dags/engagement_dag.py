"""Hand new opportunities over: CSV and XLSX files for the teams.

Reads: leads, complaints, ideas, idea_themes; the ledger `exports/ledger.json`.
Writes: `exports/<table>/<table>-<day>.csv` and `.xlsx`, and the ledger.
Re-run: safe at any time: the ledger knows what was exported, so a run exports whatever changed
since, however many events came before it, were merged into it or were missed; the same rows give
the same bytes.
Triage: a red task leaves the old files in place; its log names the place and the mend. The next run
catches up. To export everything again, remove the ledger.
Owner: data-engineering
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, dag, task
from engage_runs import DEFAULTS


@dag(
    schedule=Asset("leads") | Asset("complaints") | Asset("ideas") | Asset("idea_themes"),
    start_date=datetime(2026, 11, 2, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["engage", "schedule:assets", "writes:files"],
    doc_md=__doc__,
)
def engagement() -> None:
    """Export every partition that changed. Runs on assets have no day: the ledger decides."""

    @task
    def export() -> int:
        from pipeline import delivery, settings

        return len(delivery.deliver(settings.load()))

    export()


engagement()
