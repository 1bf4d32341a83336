"""Runs all benchmarks: `make benchmark-quality`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.quality import ablation, complaints, issues, licences, shipped, suggestions
from benchmarks.quality.page import PAGE, page, table
from benchmarks.quality.results import Benchmark
from pipeline.learning import frozen
from pipeline.settings import shipped_models

BENCHMARKS: tuple[Benchmark, ...] = (
    suggestions.forum,
    suggestions.hotels,
    complaints.complaints,
    issues.issues,
)


def main() -> None:
    """Run, print the tables, and with `--write` publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--labelled", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--write", action="store_true", help="write docs/quality.md")
    asked = parser.parse_args()
    if not asked.labelled.is_dir():
        sys.exit(
            f"error: there are no labelled sets in {asked.labelled}\n"
            "mend: name their folder, such as: make benchmark-quality LABELLED=folder"
        )
    results = [run(asked.labelled) for run in BENCHMARKS]
    tables = (
        frozen.markdown(shipped_models()),
        shipped.transfer(asked.labelled),
        ablation.table(),
        licences.table(asked.labelled),
    )
    sys.stdout.write("\n\n".join([table(results), *tables]) + "\n")
    if asked.write:
        PAGE.write_text(page(results, *tables), encoding="utf-8")


if __name__ == "__main__":
    main()
