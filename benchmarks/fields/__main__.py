"""`python -m benchmarks.fields`: the figures of each field, weak ones first.

With `--write` also as docs/fields.md; with `--wrong FIELD` what is read wrong in the development
part.
"""

from __future__ import annotations

import argparse

import polars as pl

from benchmarks.fields import sets
from benchmarks.fields.figures import (
    COMPLAINT_FIELDS,
    LEAD_FIELDS,
    figures,
    rankings,
    read_complaints,
    read_leads,
    share_of_other,
)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fields")
    parser.add_argument("--wrong", metavar="FIELD", help="show what is read wrong")
    given = parser.parse_args()
    leads, complaints = read_leads(), read_complaints()
    if given.wrong:
        show_wrong(leads if given.wrong in LEAD_FIELDS else complaints, given.wrong)
        return
    for part in sets.PARTS:
        some = [rows.filter(pl.col("part") == part) for rows in (leads, complaints)]
        print(f"\n{part}: {len(some[0])} leads, {len(some[1])} complaints")
        for rows, fields in zip(some, (LEAD_FIELDS, COMPLAINT_FIELDS), strict=True):
            for one in figures(rows, fields):
                print(
                    f"  {one.field:22} P {one.precision:.2f}  R {one.recall:.2f}  of {one.labelled}"
                )
        print(f"  other: {share_of_other(some[1]):.2f}")
        for ranked in rankings(some[0]):
            shares = f"precision@10 {ranked.precision:.2f} captured {ranked.captured:.2f}"
            print(f"  {ranked.order:9} {shares}")


def show_wrong(rows: pl.DataFrame, field: str) -> None:
    """Print the messages of the development part of which the field is read wrong."""
    some = rows.filter(
        pl.col("part") == sets.PARTS[0], pl.col(field).ne_missing(pl.col(f"{field}_label"))
    )
    for made, labelled, text in some.select(field, f"{field}_label", "text").iter_rows():
        print(f"{made} for {labelled}: {text}")


if __name__ == "__main__":
    main()
