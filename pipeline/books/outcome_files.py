"""Reads files of outcomes: what people and their systems did with opportunities.

A file is taken whole or not at all: each line that cannot be used is named, with its column and
what mends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.books import Book, gone, rows_of
from pipeline.books.outcome_form import TABLES, form, words
from pipeline.books.record_files import FaultError, Say, lines, moment, refused
from pipeline.opportunities.further import message_of
from pipeline.opportunities.outcomes import OUTCOMES
from pipeline.opportunities.routing import DEFAULTS
from pipeline.registry import choices
from pipeline.storage import Lake, among


@dataclass(frozen=True)
class Handed:
    """What a file holds: outcomes in its order, each once, and how many rows have none yet."""

    outcomes: list[Outcome]
    unanswered_count: int


@dataclass(frozen=True)
class Outcome:
    """One outcome. `decided_at` is null where it is decided now.

    What is not compared are facts of the opportunity, looked up when the outcome is read.
    """

    opportunity_id: str
    opportunity_kind: str
    outcome: str
    reason: str | None = None
    value: float | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    message_id: str = field(default="", compare=False)
    source: str = field(default="", compare=False)
    department: str = field(default="", compare=False)


AMOUNT = re.compile(
    r"(?:€\s?)?(?:[0-9]+(?:[.,][0-9]{1,2})?"
    r"|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]{1,2}|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]{1,2})"
)
"""An amount that can be read in one way only: 4.200 is four thousand to some, four to others.

4.200,50 has both marks: the last is that of the cents.
"""
BOOK = Book("outcomes", Outcome, ("opportunity_id",), at="decided_at", said="outcome")
Known = Mapping[str, Mapping[str, Any]]
"""Id of an opportunity to its message, source, department and when it was opened."""


def read(path: Path, lake: Lake, now: datetime, zone: tzinfo, say: Say = lambda _: None) -> Handed:
    """Read a file of outcomes.

    Args:
        path: CSV or JSON lines in UTF-8, or a workbook, that name `opportunity_id` and `outcome`,
            and may name `reason`, `value`, `decided_at` (a time with its zone) and `decided_by`;
            or an export to which such columns were added.
        lake: the lake whose opportunities they are about.
        now: aware; no outcome is later.
        zone: that of times in cells of a workbook.
        say: is told of columns that are not read, and of lines about what is forgotten.

    What came of an opportunity of somebody who is forgotten has no reason, as `forget` leaves it.

    Raises SettingsError that names the lines that cannot be used, each with its mend.
    """
    placed: list[tuple[int, Outcome]] = []
    faults: dict[int, str] = {}
    rows = list(lines(path, form(), say, zone))
    found = [(at, cells) for at, cells in rows if _says(cells)]
    names = {cells["opportunity_id"] for _, cells in found}
    known = _opportunities(lake, names)
    blank = gone.forgotten(lake, {one["message_id"] for one in known.values()})
    unknown = gone.forgotten(lake, {name.partition(":")[2] for name in names - known.keys()})
    passed = 0
    for at, cells in found:
        if cells["opportunity_id"].partition(":")[2] in unknown:
            passed += 1
            continue
        try:
            one = _outcome(cells, known, now)
        except FaultError as fault:
            faults[at] = str(fault)
        else:
            placed.append((at, replace(one, reason=None) if one.message_id in blank else one))
    if passed:
        say(gone.told(passed))
    faults |= _contradictions(placed)
    if faults:
        raise refused(path, faults, "nothing was taken over")
    return Handed(list(dict.fromkeys(one for _, one in placed)), len(rows) - len(found))


def _says(cells: Mapping[str, str]) -> bool:
    """Whether a row says what came of it; who decides, or when, may stand in every row."""
    return any(cells.get(name) for name in ("outcome", "reason", "value"))


def _opportunities(lake: Lake, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is known of opportunities, also of those that are gone but had an outcome before."""
    names, known = sorted(wanted), dict[str, dict[str, Any]]()
    for one in rows_of(lake, BOOK):
        known[one.opportunity_id] = {
            "message_id": one.message_id, "source": one.source, "department": one.department,
            "opened_at": None,
        }  # fmt: skip
    for kind, (table, key) in TABLES.items():
        if ids := [name for name in names if name.startswith(f"{kind}:")]:
            rows = pl.DataFrame(lake.read(table, None, among(key, ids)))
            for row in _facts(rows, kind, key).iter_rows(named=True):
                known[row.pop("opportunity_id")] = row
    return known


def _facts(rows: pl.DataFrame, kind: str, key: str) -> pl.DataFrame:
    """The rows of one kind: id, message, source, department, and when they were opened."""
    if kind == "theme":
        opening = message_of(pl.col(key).str.strip_prefix("theme:"))
        latest = rows.sort("as_of").unique(key, keep="last")
        rows = latest.with_columns(
            message_id=opening,
            source=opening.str.split(":").list.first(),
            opened_at="first_seen_at",
        )
    if "department" not in rows.columns:
        rows = rows.with_columns(department=pl.lit(DEFAULTS["idea"]))
    return rows.select(
        "message_id", "source", "department", "opened_at", opportunity_id=pl.col(key)
    )


def _outcome(cells: Mapping[str, str], known: Known, now: datetime) -> Outcome:
    name, outcome = cells["opportunity_id"], cells["outcome"].lower()
    outcome = words().get(outcome, outcome)
    kind = name.partition(":")[0]
    if name not in known:
        raise _fault("opportunity_id", f"there is no '{name[:60]}'", _whose(name))
    if outcome not in OUTCOMES[kind]:
        of_kind = f"'{outcome[:60]}' is not an outcome of a {kind}"
        raise _fault("outcome", of_kind, choices(outcome, OUTCOMES[kind]))
    if outcome == "rejected" and not cells.get("reason"):
        raise _fault("reason", "a rejection says no reason", "say in a few words what is wrong")
    at = _time(cells["decided_at"], now) if cells.get("decided_at") else None
    opened = known[name]["opened_at"]
    if at and opened and at < opened:
        before = f"{at:%Y-%m-%d %H:%M} is before it was opened, {opened:%Y-%m-%d %H:%M} UTC"
        raise _fault("decided_at", before, "give the time of the decision")
    facts = {key: value for key, value in known[name].items() if key != "opened_at"}
    return Outcome(
        opportunity_id=name,
        opportunity_kind=kind,
        outcome=outcome,
        reason=cells.get("reason") or None,
        value=_value(cells.get("value", ""), outcome),
        decided_by=cells.get("decided_by") or None,
        decided_at=at,
        **facts,
    )


def _whose(name: str) -> str:
    kind = name.partition(":")[0]
    if kind not in TABLES:
        return "ids begin with lead:, complaint:, idea: or theme:"
    table, key = TABLES[kind]
    return f"ids are those of the column {key} of the table {table}"


def _time(text: str, now: datetime) -> datetime:
    try:
        return moment(text, now)
    except FaultError as fault:
        raise FaultError(f"decided_at: {fault}") from fault


def _value(text: str, outcome: str) -> float | None:
    if not text:
        return None
    if outcome != "won":
        raise _fault("value", f"'{outcome}' has a value", "only what is won has one")
    if not AMOUNT.fullmatch(text):
        what = f"'{text[:60]}' is not an amount"
        mend = "write digits, and a point or comma only before cents, such as 4200 or 1250.50"
        raise _fault("value", what, mend)
    digits = re.sub(r"[^0-9]", "", text)
    cents = re.search(r"[.,]([0-9]{1,2})$", text)
    return float(digits) / 10 ** len(cents[1]) if cents else float(digits)


def _fault(column: str, what: str, mend: str) -> FaultError:
    return FaultError(f"{column}: {what} ({mend})")


def _contradictions(placed: Iterable[tuple[int, Outcome]]) -> dict[int, str]:
    """Lines that say another thing than an earlier line of the same opportunity and time."""
    first: dict[tuple[object, ...], tuple[int, Outcome]] = {}
    found = {}
    for at, one in placed:
        before, other = first.setdefault((one.opportunity_id, one.decided_at), (at, one))
        if other != one:
            differs = "outcome" if one.outcome != other.outcome else "reason, value or decided_by"
            found[at] = (
                f"{differs}: not what line {before} says of '{one.opportunity_id}' "
                "(keep the one that is right, or give each its time in a column decided_at)"
            )
    return found
