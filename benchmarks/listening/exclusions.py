"""Noise: which messages are left out for a reason, and which are no customer's voice.

`noise.txt` was looked at while the words were chosen, and its sentences are tests. So were
`noise_trades.txt`, messages of many trades without the set phrases, and `noise_forms.txt`: what
such messages look like in posts, mail and forums. `noise_report.txt` was written afterwards; half
of it was looked at then, the other half is for the report. So is all of `noise_fresh.txt`, written
before the points were learned. `noise_buyers.txt` holds customers
who look for a trade as an employer would, or tell what an advertisement said, and employers who
write like them: half is learned from, half is for the report. Each holds a message a line under
`# reason`: `+` of that kind, `-` a customer's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.conversations.noise import excluded_reason, is_staff
from pipeline.conversations.personal import redact

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """A message, the reason it belongs to, and whether it is to be left out for that."""

    reason: str
    is_noise: bool
    text: str


def lines(name: str) -> list[Line]:
    """All messages of a file, in its order."""
    found: list[Line] = []
    reason = ""
    for row in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        sign, text = row[0], row[2:].strip()
        if sign == "#":
            reason = text
        else:
            found.append(Line(reason, sign == "+", text))
    return found


def report(name: str = "noise_report.txt") -> list[Line]:
    """The half that was not looked at: the last two of every four of a sort."""
    counts: Counter[tuple[str, bool]] = Counter()
    found = []
    for line in lines(name):
        sort = (line.reason, line.is_noise)
        if counts[sort] // 2 % 2 == 1:
            found.append(line)
        counts[sort] += 1
    return found


def corpora() -> pl.DataFrame:
    """Messages of our corpora that are no noise, neither an advertisement nor a report of news."""
    files = sorted((FOLDER.parent.parent / "models" / "corpora").glob("*/*.jsonl"))
    held = pl.concat(
        [pl.read_ndjson(file, infer_schema_length=None) for file in files], how="diagonal"
    )
    return held.filter(~pl.col("kind").fill_null("plain").is_in(["job_ad", "news", "marketing"]))


def reasons(texts: list[str]) -> list[str | None]:
    """The reason for which the bakery Molenaar leaves out each message, null where it is kept."""
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    text, nobody = pl.col("text"), pl.lit(None, pl.String)
    ours = is_staff(text, nobody, ("Molenaar",), ("molenaar", "molenaar_help"), ())
    return frame.select(excluded_reason(redact(text), ours)).to_series().to_list()
