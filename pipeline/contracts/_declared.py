"""What a contract declares of a table: columns, keys, rules, and how many rows may break them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

TABLES: tuple[str, ...] = (
    "messages",
    "conversations",
    "detections",
    "leads",
    "complaints",
    "ideas",
    "idea_themes",
    "theme_decisions",
    "alerts",
    "alert_decisions",
    "source_days",
    "source_hours",
    "authors",
    "labels",
    "outcomes",
    "measurements",
    "deliveries",
    "forgotten",
    "quarantine",
    "runs",
)

NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"


@dataclass(frozen=True, eq=False)
class Rule:
    """One expectation. `column` is the column that is blamed when a row breaks it."""

    type: str
    column: str
    kwargs: Mapping[str, Any]
    is_batch: bool

    @property
    def rule_id(self) -> str:
        """The name that rejected rows and errors give the rule."""
        return f"{self.type}:{self.column}"

    @property
    def names(self) -> set[str]:
        """The columns that it looks at, but for those of a condition."""
        at = self.kwargs
        named = {at.get("column_A"), at.get("column_B"), *at.get("column_list", ())}
        return {self.column, *(named - {None})}


@dataclass(frozen=True)
class Column:
    """One column as its contract declares it. `type_name` is the type as written there."""

    name: str
    type: pa.DataType
    type_name: str
    is_required: bool
    is_key: bool
    is_partition: bool
    description: str
    classification: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Contract:
    """One table: its columns, partition columns first, and its promises."""

    table: str
    version: str
    description: str
    usage: str
    limitations: str
    owner: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    table_rules: tuple[Rule, ...]
    may_be_empty: bool
    reject_share: float
    reject_rows: int

    @cached_property
    def schema(self) -> pa.Schema:
        """The schema of a file of the table: partition columns are in the path, not in the file."""
        return self._schema(column for column in self.columns if not column.is_partition)

    @cached_property
    def full_schema(self) -> pa.Schema:
        """The schema of the table as it is read back: partition columns first."""
        return self._schema(self.columns)

    @property
    def day_column(self) -> str:
        """The partition column that is a day. Raises ValueError for a table without one."""
        columns = (one for one in self.columns if one.is_partition and one.type == pa.date32())
        (day,) = columns
        return day.name

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules: those of each column in order, then those of the table."""
        return (*(rule for column in self.columns for rule in column.rules), *self.table_rules)

    def has_written(self, found: pa.Schema) -> bool:
        """Whether a file with this schema is of this version; one that does not say so is."""
        said = (found.metadata or {}).get(b"engage.contract_version", self.version.encode())
        return bool(said.decode() == self.version)

    def reject_budget(self, rows_in: int) -> int:
        """How many of `rows_in` rows may be rejected; with one more the stage must fail."""
        return max(self.reject_rows, int(self.reject_share * rows_in))

    def _schema(self, columns: Iterable[Column]) -> pa.Schema:
        fields = [
            arrow_field(at.name, at.type, at.description, at.classification) for at in columns
        ]
        return pa.schema(
            fields, {"engage.table": self.table, "engage.contract_version": self.version}
        )


def arrow_field(name: str, of_type: pa.DataType, description: str, classification: str) -> pa.Field:
    """The field of an Arrow schema, with what the contract says of it."""
    # Nullable even where required: a batch must be able to hold the rows that will be rejected.
    metadata = {"description": description, "classification": classification}
    return pa.field(name, of_type, metadata=metadata)
