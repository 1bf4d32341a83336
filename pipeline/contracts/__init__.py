"""The promises each table makes: shape, meaning, rules, and what happens to rows that break them.

A column is declared once, in `data_contracts/<table>.odcs.yaml`. The Arrow schema, the
expectations, the descriptions inside each Parquet field and `docs/columns.md` all come from there.
`required: true` and `unique: true` are rules; the other rules are the `quality` entries.

A row that breaks a rule is split off, for the quarantine. A batch that breaks its shape or a rule
with `scope: batch` (such as unique keys) raises ContractError, and nothing of it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.contracts._declared import TABLES, Column, Contract, Rule
from pipeline.contracts._expectations import breaches_of, prepare, refuse_unknown
from pipeline.contracts._markdown import columns_markdown
from pipeline.contracts._odcs import contract
from pipeline.contracts._shape import conform, shaped
from pipeline.errors import ContractError

__all__ = [
    "REJECTED",
    "TABLES",
    "Checked",
    "Column",
    "Contract",
    "Rule",
    "check",
    "columns_markdown",
    "conform",
    "contract",
    "prepare",
    "refuse_unknown",
]

SAMPLE = 5
"""How many keys an error names."""

REJECTED = pa.schema(
    [
        ("rule_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("row", pa.int64()),
    ]
)
"""What is known of a row that was split off: the first rule it breaks, and its position."""


@dataclass(frozen=True)
class Checked:
    """Data apart from the rows that break a rule. `rejected` has the schema `REJECTED`."""

    good: pa.Table
    rejected: pa.Table


def check(data: pa.Table, table: str, *, where: str) -> Checked:
    """Split off the rows that break a rule of the contract.

    Args:
        data: the rows of a table, partition columns included.
        table: the name of the table.
        where: what the batch is, such as its window; errors name it.

    Returns:
        The good rows in their order and, for each other row, the first rule it breaks.

    Raises ContractError when the batch as a whole breaks the contract: its columns, its types, a
    rule with `scope: batch`, or no rows where some are promised. It names keys, never text.
    """
    known, where = contract(table), f"{table} {where}"
    data = shaped(data, known.full_schema, where)
    if data.num_rows == 0 and not known.may_be_empty:
        raise ContractError("no rows", mend="find out why none came, then run again", where=where)
    if data.num_rows == 0:
        return Checked(data, REJECTED.empty_table())
    breaches = breaches_of(known.rules, data, where)
    stopping = [(rule, rows) for rule, rows in breaches if rule.is_batch or not rows]
    if stopping:
        raise _stopped(stopping, data.select(known.key), where)
    return _split(data, breaches)


def _stopped(
    breaches: Sequence[tuple[Rule, Sequence[int]]], keys: pa.Table, where: str
) -> ContractError:
    rules = ", ".join(rule.rule_id for rule, _ in breaches)
    rows = sorted({row for _, rows in breaches for row in rows})[:SAMPLE]
    sample = "; ".join(" ".join(map(str, row.values())) for row in keys.take(rows).to_pylist())
    return ContractError(
        f"the batch breaks {rules}" + (f" at {sample}" if sample else ""),
        mend="mend what makes these rows, then run again",
        where=where,
    )


def _split(data: pa.Table, breaches: Sequence[tuple[Rule, Sequence[int]]]) -> Checked:
    """Part the rows; one that breaks several rules counts for the first."""
    first: dict[int, Rule] = {}
    for rule, rows in breaches:
        for row in rows:
            first.setdefault(row, rule)
    rejected = [
        {
            "rule_id": rule.rule_id,
            "column": rule.column,
            "value": _text(data, rule, row),
            "row": row,
        }
        for row, rule in sorted(first.items())
    ]
    is_good = np.ones(data.num_rows, dtype=bool)
    is_good[list(first)] = False
    good = data if not first else data.filter(pa.array(is_good))
    return Checked(good, pa.Table.from_pylist(rejected, schema=REJECTED))


def _text(data: pa.Table, rule: Rule, row: int) -> str | None:
    value = data[rule.column][row].as_py()
    return None if value is None else str(value)
