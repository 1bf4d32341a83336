"""Write, audit, swap: what stands between a batch and its partitions.

Rows that break a rule are put aside for the quarantine; more of them than the budget allows stop
the stage before anything is replaced.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import check, conform, contract
from pipeline.conversations.personal import redact, redact_record
from pipeline.errors import ContractError
from pipeline.records import ALL
from pipeline.stages._runs import accounted, run_id
from pipeline.storage import Lake

LONGEST_VALUE = 200
EPOCH = date(1970, 1, 1)

REJECTED = pa.schema(
    [
        ("rule_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("origin", pa.string()),
        ("raw", pa.string()),
        ("day", pa.date32()),
    ]
)
"""A row for the quarantine, not yet redacted. `day` is the partition it was meant for."""


def audited(
    rows: pa.Table,
    table: str,
    *,
    where: str,
    earlier: pa.Table | None = None,
    origin: str = "message_id",
) -> tuple[pa.Table, pa.Table]:
    """Part the rows of a batch into good ones and rejected ones (`REJECTED`).

    The batch may hold several days: asking Great Expectations once is cheaper than once a day.

    Args:
        rows: columns of the table in any order, partition columns included.
        table: the name of the table.
        where: what the batch is; errors name it.
        earlier: rows of the same days that were rejected before; they count for the budget.
        origin: the column that says where a row is from.

    Raises ContractError when the batch breaks the contract, or a day its budget of rejected rows,
    and FatalError when a row got lost.
    """
    checked = check(conform(rows, table), table, where=where)
    parted = checked.good.num_rows + checked.rejected.num_rows
    accounted(rows.num_rows, parted, f"{table} {where}")
    by = contract(table).day_column
    rejected = _with_origin(checked.rejected, rows, origin, by)
    if earlier is not None:
        rejected = pa.concat_tables([earlier.select(REJECTED.names), rejected])
    elif rejected.num_rows > 1 and not checked.good.num_rows:
        # Of our own making, so the rule is at fault or we are: few a day would pass the budget.
        raise _over_budget(rejected, rejected.num_rows, 0, f"{table} {where}")
    for day, count in sorted(Counter(rejected["day"].to_pylist()).items()):
        rows_in = count + (pc.sum(pc.equal(checked.good[by], day)).as_py() or 0)
        budget = contract(table).reject_budget(rows_in)
        if count > budget:
            of_day = rejected.filter(pc.equal(rejected["day"], day))
            raise _over_budget(of_day, rows_in, budget, f"{table} {where} {day}")
    return checked.good, rejected


def sound(rows: pl.DataFrame, table: str, *, where: str) -> pa.Table:
    """Check rows that nobody but Engage has a hand in. Raises ContractError when one is broken."""
    made = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    checked = check(conform(made, table), table, where=where)
    if checked.rejected.num_rows:
        raise ContractError(
            f"{checked.rejected.num_rows} rows break it, first {checked.rejected['rule_id'][0]}",
            where=f"{table} {where}",
            mend="this is a mistake in Engage: report it with `engage --debug`",
        )
    return checked.good


def replace(lake: Lake, table: str, rows: pa.Table, days: Iterable[date]) -> int:
    """Replace the partitions of some days by the rows of each; a day without rows has none.

    Rows keep their order within a day. Returns the number of rows.
    """
    by = contract(table).day_column
    held = np.array(rows[by].cast(pa.int32()))
    by_day = rows
    if (held[1:] < held[:-1]).any():
        order = np.argsort(held, kind="stable")
        by_day, held = rows.take(order), held[order]
    for day in days:
        first, last = np.searchsorted(held, [(day - EPOCH).days, (day - EPOCH).days + 1])
        lake.write(table, {by: str(day)}, by_day.slice(first, last - first))
    return len(rows)


def swap(
    lake: Lake, table: str, stage: str, days: Iterable[date], good: pa.Table, rejected: pa.Table
) -> int:
    """Replace some days by their good rows, and what the quarantine holds of these days.

    Returns the number of rows, as `replace` does.
    """
    days = list(days)
    count = replace(lake, table, good, days)
    quarantine(lake, rejected, table=table, stage=stage, days=days)
    return count


def all_days(
    lake: Lake, table: str, good: pa.Table, rejected: pa.Table, since: date = date.min
) -> list[date]:
    """The days of these rows, and those since a day of which the table has rows now."""
    by = contract(table).day_column
    came = {*good[by].unique().to_pylist(), *rejected["day"].unique().to_pylist()}
    return sorted(came.union(day for day in lake.days(table) if day >= since))


def quarantine(
    lake: Lake,
    rejected: pa.Table,
    *,
    table: str,
    stage: str,
    days: Iterable[date],
    source: str = ALL,
) -> None:
    """Replace what the quarantine holds of one table and source on some days; or empty it.

    Rows that were there before keep the time of their last replay.
    """
    for day in days:
        partition = {"table_name": table, "source": source, "seen_on": str(day)}
        of_day = rejected.filter(pc.equal(rejected["day"], pa.scalar(day, pa.date32())))
        if of_day.num_rows == 0:
            lake.remove("quarantine", partition)
            continue
        rows = _quarantine_rows(of_day, table, stage, source, day)
        before = lake.read_partition("quarantine", partition, ["quarantine_id", "replayed_at"])
        held = pl.DataFrame(before.filter(pc.is_valid(before["replayed_at"])))
        made = rows.join(held, on="quarantine_id", how="left").sort("origin", "quarantine_id")
        arrow = made.drop("day").to_arrow(compat_level=pl.CompatLevel.oldest())
        good = check(conform(arrow, "quarantine"), "quarantine", where=f"{source} {day}").good
        lake.write("quarantine", partition, good)


def _quarantine_rows(
    rejected: pa.Table, table: str, stage: str, source: str, day: date
) -> pl.DataFrame:
    frame = pl.DataFrame(rejected)
    met: Counter[tuple[object, ...]] = Counter()
    ids = []
    for row in frame.select("origin", "rule_id", "raw").iter_rows():
        name = "\x1f".join((table, source, *map(str, row), str(met[row])))
        ids.append(hashlib.sha256(name.encode()).hexdigest()[:32])
        met[row] += 1
    return frame.with_columns(
        pl.Series("quarantine_id", ids, pl.String),
        redact(pl.col("value").str.slice(0, LONGEST_VALUE)),
        redact_record(pl.col("raw")),
        pl.col("column").replace("", None),
        table_name=pl.lit(table),
        source=pl.lit(source),
        seen_on=pl.lit(day),
        contract_version=pl.lit(contract(table).version),
        run_id=pl.lit(run_id(stage, source, day)),
    )


def _with_origin(rejected: pa.Table, rows: pa.Table, origin: str, by: str) -> pa.Table:
    """Rejected rows of a check, with the row itself as JSON."""
    broken = rows.take(rejected["row"])
    raw = [orjson.dumps(row, default=str).decode() for row in broken.to_pylist()]
    return pa.table(
        [
            rejected["rule_id"],
            rejected["column"],
            rejected["value"],
            broken[origin].cast(pa.string()),
            pa.array(raw, pa.string()),
            broken[by].cast(pa.date32()),
        ],
        schema=REJECTED,
    )


def _over_budget(rejected: pa.Table, rows_in: int, budget: int, where: str) -> ContractError:
    commonest = Counter(rejected["rule_id"].to_pylist()).most_common(3)
    rules = ", ".join(f"{rule} ({count})" for rule, count in commonest)
    first = rejected["origin"][0].as_py()
    return ContractError(
        f"{rejected.num_rows} of {rows_in} rows are rejected, {budget} may be: {rules}; "
        f"the first is at {first}",
        mend="mend the source's export or its mapping, or raise the budget in the contract",
        where=where,
    )
