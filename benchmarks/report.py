"""How long the page takes over a large lake: `python -m benchmarks.report`.

A day of the example company is run, then its messages and rows are written again and again under
other ids until there are as many messages as asked for; detecting a million would take minutes and
say nothing about the page.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from benchmarks import generated
from pipeline import measuring, page, stages
from pipeline.contracts import contract
from pipeline.records import Window
from pipeline.settings import Settings, load
from pipeline.storage import Lake

SEED = 4_000
"""Messages that are really run."""
DAY = {"messages": "sent_on", "leads": "opened_on", "complaints": "opened_on", "ideas": "opened_on"}
KEYS = {"messages": "message_id", "leads": "lead_id", "complaints": "complaint_id"}


def grown(settings: Settings, count: int) -> int:
    """Write each day's rows so often that the lake has `count` messages. Returns how many."""
    lake = Lake(settings.lake_location)
    times = max(1, count // SEED)
    for table in DAY:
        key = {**KEYS, "ideas": "idea_id"}[table]
        schema = contract(table).schema
        for partition in lake.partitions(table):
            rows = lake.read_partition(table, partition)
            at = schema.get_field_index(key)
            parts = [
                rows.set_column(
                    at, schema.field(key), pa.array([f"{one}.{n}" for one in rows[key].to_pylist()])
                )
                for n in range(times)
            ]
            lake.write(table, partition, pa.concat_tables(parts))
    return len(lake.read("messages", ["sent_on"]))


def main() -> None:
    """Print seconds and sizes."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--messages", type=int, default=1_000_000)
    count = asked.parse_args().messages
    with tempfile.TemporaryDirectory() as folder:
        settings = load(generated.write(Path(folder), SEED))
        first = generated.START.date()
        window = Window.of_days(first, first + timedelta(days=generated.DAYS - 1))
        stages.run(settings, window, now=datetime(2027, 1, 1, tzinfo=UTC))
        made = grown(settings, count)
        rows = {name: Lake(settings.lake_location).dataset(name).count_rows() for name in DAY}
        begun = time.perf_counter()
        measuring.measure(settings, window)
        measured = time.perf_counter()
        file = Path(folder) / "report.html"
        page.write(settings, file)
        done = time.perf_counter()
        print(", ".join(f"{value:,} {name}" for name, value in rows.items()))
        print(f"measure {generated.DAYS} days: {measured - begun:.1f} s, {made:,} messages")
        print(f"report: {done - measured:.1f} s, {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
