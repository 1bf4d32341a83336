"""The page docs/fields.md, and the same tables for the screen."""

from __future__ import annotations

import math

import polars as pl

from benchmarks.fields import sets
from benchmarks.fields.figures import (
    COMPLAINT_FIELDS,
    FIRST,
    FOLLOW_UP_FIELDS,
    GOOD,
    LEAD_FIELDS,
    figures,
    rankings,
    share_of_other,
)

REPORT = "report"
WEAK = 0.8
FIELDS = (LEAD_FIELDS, FOLLOW_UP_FIELDS, COMPLAINT_FIELDS)
OF = ("leads", "follow-ups", "complaints")


def page(leads: pl.DataFrame, follow_ups: pl.DataFrame, complaints: pl.DataFrame) -> str:
    """The whole page, weak figures first."""
    reported = tuple(_part(one, REPORT) for one in (leads, follow_ups, complaints))
    return f"""# Fields of leads and complaints

Written by `make benchmark-fields`. {len(leads)} leads to the companies of
{leads["trade"].n_unique()} trades, {len(follow_ups)} follow-ups to them and
{len(complaints)} complaints of {complaints["trade"].n_unique()} trades, in Dutch and
English, invented one by one for this measurement (`benchmarks/fields/`); no model learns from
them. Rules were written after looking at the messages of every second trade, the development part;
the figures are those of the other half.

## What is weak

{_weak(*reported)}
- The same hand wrote messages and rules. Expect less on text of your own: label some, and add the
  words that your customers use to `[[topics]]`.
- A field that is said between the lines ("paying them 140 euro a month, surely you can do better")
  is not read. Precision is worth more here than recall: what stands in a row, somebody acts on.

## Leads

{table(reported[0], LEAD_FIELDS)}

Product and competitor are names of the settings. A time frame is right when its last day is.

## Follow-ups

What the person of a lead says next in its conversation, in which nothing was detected ("for 40
people, 5,000 at most"). It adds fields that the lead does not say itself; {_bare(reported[1])} of
these {len(reported[1])} say none. An amount needs a word such as "at most" there, which was decided
after seeing both halves.

{table(reported[1], FOLLOW_UP_FIELDS)}

## Complaints

{table(reported[2], COMPLAINT_FIELDS)}

`other` is the topic of {share_of_other(reported[2]):.0%} of these complaints.

## Priority

All leads of the report part in one list, by `priority` and by order of arrival.
{ranking(reported[0])}

## How it is counted

A value is right when it equals the label. Precision: of the values made, the share that is right.
Recall: of the values labelled, the share that is found. Need, topic and severity are there for
every row, so both are the same. Each message is a person and a conversation of its own; all are
sent on Friday 13 November 2026. `worth` is what a sales person would give a lead, from 0 (nothing)
to 3 (call it today).
"""


def table(rows: pl.DataFrame, fields: tuple[str, ...]) -> str:
    """Precision and recall of each field as a table, the weakest first."""
    lines = ["| field | precision | recall | labelled |", "|---|---:|---:|---:|"]
    lines += [
        f"| {one.field} | {_share(one.precision)} | {_share(one.recall)} | {one.labelled} |"
        for one in figures(rows, fields)
    ]
    return "\n".join(lines)


def ranking(rows: pl.DataFrame) -> str:
    """How good the first ten are, by each order."""
    by = {one.order: one for one in rankings(rows)}
    lines = [
        f"Of the first {FIRST} by {name}, {one.precision:.0%} are worth {GOOD} or more, and they "
        f"have {one.captured:.0%} of the worth that {FIRST} leads can have."
        for name, one in by.items()
    ]
    return "\n".join(lines)


def _weak(*parts: pl.DataFrame) -> str:
    return "\n".join(
        f"- {one.field} of {kind}: precision {_share(one.precision)}, recall {_share(one.recall)}"
        for kind, rows, fields in zip(OF, parts, FIELDS, strict=True)
        for one in figures(rows, fields)
        if min(one.precision, one.recall) < WEAK
    )


def _bare(rows: pl.DataFrame) -> int:
    """How many follow-ups say no field."""
    labels = [f"{field}_label" for field in FOLLOW_UP_FIELDS]
    return len(rows.filter(pl.all_horizontal(pl.col(labels).is_null())))


def _part(rows: pl.DataFrame, part: str) -> pl.DataFrame:
    return rows.filter(pl.col("part") == part)


def screen(*of_kinds: pl.DataFrame) -> str:
    """Both parts of `OF`, for a terminal."""
    shown = []
    for part in sets.PARTS:
        some = [_part(rows, part) for rows in of_kinds]
        for kind, rows, fields in zip(OF, some, FIELDS, strict=True):
            shown += [f"{part}: {len(rows)} {kind}", table(rows, fields)]
        shown += [f"topic other: {share_of_other(some[2]):.0%}", ranking(some[0])]
    return "\n\n".join(shown)


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
