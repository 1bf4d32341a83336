"""Hand new opportunities over: CSV and XLSX files, and the systems that the settings name.

Reads: leads, complaints, ideas, idea_themes, alerts; the ledgers `exports/ledger.json` and
`deliveries`.
Writes: `exports/<table>/<table>-<day>.csv` and `.xlsx` with their ledger; what the `[[deliveries]]`
of the settings send, and the table `deliveries`.
Re-run: safe at any time: the ledgers know what was exported and sent, so a run catches up with
whatever changed, however many events came before it, were merged into it or were missed. The same
rows give the same bytes, and no row is sent twice.
Triage: a red `export` leaves the old files in place. A red `deliver` is about one system: its log
names place and mend. Where it says that nobody knows what arrived, look in that system first.
Owner: data-engineering
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, dag, task
from engage_runs import DEFAULTS

LEADS, COMPLAINTS, ALERTS = Asset("leads"), Asset("complaints"), Asset("alerts")


@dag(
    schedule=LEADS | COMPLAINTS | ALERTS | Asset("ideas") | Asset("idea_themes"),
    start_date=datetime(2026, 11, 2, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["engage", "schedule:assets", "writes:files", "writes:lake"],
    doc_md=__doc__,
)
def engagement() -> None:
    """Export and send what is new. Runs on assets have no day: the ledgers decide."""

    @task
    def export() -> int:
        from pipeline import settings
        from pipeline.delivery import exporting

        return len(exporting.export(settings.load()))

    @task
    def deliveries() -> list[str]:
        from pipeline import delivery, settings

        return delivery.names(settings.load())

    @task
    def deliver(name: str) -> int:
        from pipeline import delivery, settings

        return len(list(delivery.deliver(settings.load(), now=datetime.now(UTC), only=name)))

    export()
    deliver.expand(name=deliveries())


engagement()
