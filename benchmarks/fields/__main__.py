"""`python -m benchmarks.fields`: the figures of each field, weak ones first.

With `--write` also as docs/fields.md; with `--wrong FIELD` what is read wrong in the development
part.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

from benchmarks.fields import sets
from benchmarks.fields.figures import LEAD_FIELDS, read_complaints, read_follow_ups, read_leads
from benchmarks.fields.page import page, screen

PAGE = Path(__file__).parent.parent.parent / "docs" / "fields.md"


def main() -> None:
    """Print the figures, and with `--write` publish those of the report part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fields", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/fields.md")
    parser.add_argument("--wrong", metavar="FIELD", help="show what is read wrong")
    asked = parser.parse_args()
    leads, follow_ups, complaints = read_leads(), read_follow_ups(), read_complaints()
    if asked.wrong:
        sys.stdout.write(wrong(leads if asked.wrong in LEAD_FIELDS else complaints, asked.wrong))
        return
    sys.stdout.write(screen(leads, follow_ups, complaints) + "\n")
    if asked.write:
        PAGE.write_text(page(leads, follow_ups, complaints), encoding="utf-8")


def wrong(rows: pl.DataFrame, field: str) -> str:
    """The messages of the development part of which a field is read wrong."""
    some = rows.filter(
        pl.col("part") == sets.PARTS[0], pl.col(field).ne_missing(pl.col(f"{field}_label"))
    )
    listed = some.select(field, f"{field}_label", "text").iter_rows()
    return "".join(f"{made} for {labelled}: {text}\n" for made, labelled, text in listed)


if __name__ == "__main__":
    main()
