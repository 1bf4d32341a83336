"""Counts in how many messages of our corpora each term stands.

The counts say which terms are common in any trade; wishes are weighed by them. They are written by
`python -m pipeline.learning.term_counts`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from pipeline.opportunities.lookup import terms_of
from pipeline.opportunities.wishes import TOTAL, words
from pipeline.storage import replace_file
from pipeline.text import VOCABULARY

CORPORA = Path(__file__).parent.parent.parent / "models" / "corpora"
FILE = VOCABULARY / "term_counts.toml"
LEAST = 4
"""Terms in fewer messages are rare enough: they are not listed."""


def counts(texts: pl.Series) -> dict[str, int]:
    """Term to the number of texts that have it, commonest first; `TOTAL` is the number of texts."""
    said = words(texts)
    rows = [(word, term) for word in said["word"].unique().sort() for term, _ in terms_of(word)]
    known = pl.DataFrame(rows, {"word": pl.String, "term": pl.String}, orient="row")
    met = said.join(known, on="word").unique(["at", "term"]).group_by("term").len()
    listed = met.filter(pl.col("len") >= LEAST).sort("len", "term", descending=[True, False])
    return {TOTAL: len(texts), **dict(listed.iter_rows())}


def main() -> None:
    """Count, and write the file."""
    files = sorted(CORPORA.glob("*/*.jsonl"))
    texts = [json.loads(line)["text"] for file in files for line in file.open(encoding="utf-8")]
    found = counts(pl.Series(texts, dtype=pl.String))
    lines = [
        "# In how many messages of our corpora each term stands. Written by",
        "# `python -m pipeline.learning.term_counts`; terms in fewer than four are left out.",
        "[counts]",
        *(f"{json.dumps(term, ensure_ascii=False)} = {count}" for term, count in found.items()),
    ]
    replace_file(FILE, ["".join(f"{line}\n" for line in lines).encode()])
    sys.stdout.write(f"{len(found) - 1:,} terms of {found[TOTAL]:,} messages\n")


if __name__ == "__main__":
    main()
