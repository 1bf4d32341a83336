"""Measures rows a second on one core and peak memory, stage by stage: `make bench`.

Every stage runs in a process of its own, held to one core, with every library on one thread. What
counts is the processor's seconds, which a machine that others use does not stretch as it does the
clock's. The naive script runs beside them all the same: compare the ratio, since machines differ.
`--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import generated

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
ONE_CORE = {
    name: "1"
    for name in (
        "POLARS_MAX_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "ARROW_NUM_THREADS",
    )
}
STAGES = ("listen", "assemble", "detect", "publish", "watch")


def measured(step: str, folder: Path) -> dict[str, float]:
    """Run one step in its own process on one core. Gives rows, seconds and peak bytes."""
    command = [sys.executable, "-m", "benchmarks.speed", "--step", step, "--folder", str(folder)]
    done = subprocess.run(  # noqa: S603 - our own module
        command, env={**os.environ, **ONE_CORE}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{step} failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def step_figures(step: str, folder: Path) -> dict[str, float]:
    """What one step does, in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import pyarrow as pa

    pa.set_cpu_count(1)
    if step == "naive":
        from benchmarks.naive import run as naive

        rows, seconds = naive(folder / "naive.jsonl", folder / "naive.parquet")
    elif step == "tag":
        rows, seconds = _tag(folder)
    else:
        from datetime import UTC, datetime

        from pipeline import settings, stages
        from pipeline.records import Window

        window = Window.of_days("2026-11-02", "2026-11-15")
        begun = time.process_time()
        (run,) = stages.run(
            settings.load(folder / "engage.toml"),
            window,
            now=datetime(2026, 12, 1, tzinfo=UTC),
            stages=(step,),
        )
        rows, seconds = run.rows_in, time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"rows": rows, "seconds": seconds, "peak": peak}


def _tag(folder: Path) -> tuple[int, float]:
    from pipeline.rows.tagging import tag
    from pipeline.settings import shipped_models
    from pipeline.tagger import Tagger

    tagger = Tagger.load(shipped_models())
    begun = time.process_time()
    done = tag(folder / "messages.jsonl", folder / "tagged.parquet", tagger)
    return done.rows_count, time.process_time() - begun


def table(count: int, naive_count: int, folder: Path) -> str:
    """Measure everything and lay it out as a Markdown table."""
    generated.write(folder, count)
    with (
        (folder / "messages.jsonl").open("rb") as source,
        (folder / "naive.jsonl").open("wb") as out,
    ):
        out.writelines(itertools.islice(source, naive_count))
    naive = measured("naive", folder)
    found = {step: measured(step, folder) for step in (*STAGES, "tag")}
    base = naive["rows"] / naive["seconds"]
    whole = {
        "rows": found["listen"]["rows"],
        "seconds": sum(found[stage]["seconds"] for stage in STAGES),
        "peak": max(found[stage]["peak"] for stage in STAGES),
    }
    lines = [
        "| what | rows | CPU seconds | rows/s on one core | beside naive | peak memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    named = {
        "naive script (tags only)": naive,
        "`engage tag`, a file": found["tag"],
        **{f"stage {stage}": found[stage] for stage in STAGES},
        "listen to watch": whole,
    }
    for name, one in named.items():
        speed = one["rows"] / one["seconds"]
        lines.append(
            f"| {name} | {one['rows']:,.0f} | {one['seconds']:.1f} | {speed:,.0f} "
            f"| {speed / base:.1f} × | {one['peak'] / 2**20:,.0f} MiB |"
        )
    return "\n".join(lines)


def page(rows: str, count: int) -> str:
    """The page docs/performance.md."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"""# Performance

How many messages a second one core turns into tables, and how much memory that takes. Written by
`make bench`; the numbers are one run on one machine ({machine}), which others share: read the
ratios, and run it on yours. Seconds are the processor's.

{count:,} messages over {generated.DAYS} days, made of recombined sentences of our own corpora in
Dutch and English, {generated.SHARE:.0%} of them from messages with a tag. Each step runs in its
own process, pinned to one core, every library on one thread. The naive script is
`benchmarks/naive.py`: pandas, a `TfidfVectorizer`, and spaCy row by row; it only tags, where
ours also checks contracts, removes personal data, identifies the language, builds threads and
explains each tag.

{rows}

`publish` counts detections, the others messages. Memory is the peak of the whole process,
libraries included.

## What is aimed at, and what is in the way

Aims: 20,000 messages a second for `detect`, 10,000 from `listen` to `publish`, a million messages
in less than 1 GB; where the table shows less, they are not reached yet.

- `detect`: loading the models, spaCy and Great Expectations takes six to eight seconds of every
  process, whatever the number of messages; of the rest, features are two thirds, cues and words
  most of all, and the evidence an eighth.
- `listen`: identifying the language, personal data, reposts and noise; `python -m
  benchmarks.listening.steps` times each by itself.
- `assemble`: near-copies among the same templates are compared text by text.
- `publish`: importing Great Expectations and spaCy takes two to three seconds of every process,
  whatever the number of rows; of the rest, reading the lake takes a sixth, finding the theme of
  each idea an eighth, reading leads by spaCy's rules a tenth.
- `watch`: the same imports, then what is usual for each hour of each topic.
"""


def main() -> None:
    """Measure, print, and with `--write` publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--naive", type=int, default=20_000, help="messages for the naive script")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        sys.stdout.write(json.dumps(step_figures(asked.step, asked.folder)) + "\n")
        return
    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        rows = table(asked.messages, asked.naive, Path(folder))
    sys.stdout.write(rows + "\n")
    if asked.write:
        PAGE.write_text(page(rows, asked.messages), encoding="utf-8")


if __name__ == "__main__":
    main()
