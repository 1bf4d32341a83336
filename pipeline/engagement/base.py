"""What a target of deliveries is: rows in, payloads out, and how a payload is addressed.

A target is pure. It never sends, reads no clock and no secret but those it is given; what it makes
goes out in `pipeline.delivery`, which also remembers what was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

import pyarrow as pa

from pipeline import engagement
from pipeline.engagement._cells import shortest
from pipeline.errors import SettingsError
from pipeline.registry import discover, lookup
from pipeline.settings import DeliverySettings

IDS: Mapping[str, str] = {
    "leads": "lead_id",
    "complaints": "complaint_id",
    "ideas": "idea_id",
    "idea_themes": "theme_id",
    "alerts": "alert_id",
}
"""The column that names a row of each table that can be sent."""

READING_ORDER: Mapping[str, Sequence[tuple[str, str]]] = {
    "leads": (("priority", "descending"), ("lead_id", "ascending")),
    "complaints": (("respond_by", "ascending"), ("complaint_id", "ascending")),
    "ideas": (("theme_id", "ascending"), ("idea_id", "ascending")),
    "idea_themes": (("votes_count", "descending"), ("theme_id", "ascending")),
    "alerts": (("opened_at", "descending"), ("alert_id", "ascending")),
}
"""What each table's readers want on top. Rows without a `respond_by` come last."""

READING_COLUMNS: Mapping[str, Sequence[str]] = {
    "leads": (
        "priority", "snippet", "recommended_action", "owner", "respond_by", "deadline_state",
        "action_reason", "need", "product", "competitor", "budget_amount", "budget_currency",
        "timeframe", "team_size", "contact_channel", "is_existing_customer", "state", "source",
        "url", "reply_opening",
    ),
    "complaints": (
        "respond_by", "deadline_state", "severity", "topic", "snippet", "recommended_action",
        "owner", "action_reason", "product", "is_repeat", "churn_risk", "crisis_id", "state",
        "source", "url", "reply_opening", "priority",
    ),
    "ideas": (
        "sentence", "is_request", "product_area", "language", "source", "recommended_action",
        "owner", "action_reason",
    ),
    "idea_themes": (
        "votes_count", "title", "state", "state_reason", "accounts_count", "mentions_count",
        "trend_4w", "momentum", "languages", "examples",
    ),
    "alerts": (
        "opened_at", "kind", "subject", "state", "observed", "expected", "words", "sources",
        "spread_to",
    ),
}  # fmt: skip
"""What each table's readers want on the left of a sheet; ids and the rest follow."""


@dataclass(frozen=True)
class Request:
    """A request over HTTP; `path` goes behind the delivery's address."""

    body: bytes
    path: str = ""
    method: str = "POST"


@dataclass(frozen=True)
class Letter:
    """A mail of plain text."""

    subject: str
    text: str


@dataclass(frozen=True)
class File:
    """A file in the delivery's folder of the exports, and how many rows it holds."""

    name: str
    body: bytes
    rows_count: int


@dataclass(frozen=True)
class Payload:
    """What goes out at once: the rows it tells of, and what is said."""

    row_ids: tuple[str, ...]
    key: str
    content: Request | Letter | File

    @property
    def rows_count(self) -> int:
        """How many rows it hands over."""
        held = self.content
        return held.rows_count if isinstance(held, File) else len(self.row_ids)


@dataclass(frozen=True)
class Quoted:
    """What a customer said, and where."""

    words: str
    url: str | None


@dataclass(frozen=True)
class Context:
    """What a target may know beside the rows; `quoted` has what alerts of one message are about."""

    company: str
    zone: tzinfo
    delivery: DeliverySettings
    version: str = "1"
    quoted: Mapping[str, Quoted] = field(default_factory=dict)

    @property
    def id_column(self) -> str:
        """The column that names a row."""
        return IDS[self.delivery.table]

    def key(self, row_id: str) -> str:
        """The idempotency key of a row in this delivery, 64 hexadecimal digits."""
        parts = (self.delivery.name, self.delivery.table, row_id, self.version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def payload(self, row_ids: Sequence[str], content: Request | Letter | File) -> Payload:
        """A payload about these rows; several rows share a key made of theirs."""
        keys = [self.key(one) for one in row_ids]
        shared = hashlib.sha256("\n".join(keys).encode()).hexdigest()
        return Payload(tuple(row_ids), keys[0] if len(keys) == 1 else shared, content)


@dataclass(frozen=True)
class Access:
    """The secrets of a delivery, in memory only."""

    user: str = ""
    token: str = field(default="", repr=False)


def no_headers(payload: Payload, access: Access, now: datetime) -> Mapping[str, str]:
    """For systems whose address is the secret."""
    return {}


def bearer(payload: Payload, access: Access, now: datetime) -> Mapping[str, str]:
    """For systems that take a token."""
    return {"Authorization": f"Bearer {access.token}"}


@dataclass(frozen=True)
class Target:
    """One kind of system. `build` makes payloads of rows that were not sent before.

    Attributes:
        build: Rows of the contract's schema, in reading order, and the context to payloads.
        tables: Tables whose rows it can take.
        needs: Settings that must be given, beside name, type and table.
        takes: Further settings that may be given.
        headers: Headers of a request, signature and authorisation included.
        is_file: It writes files, which are replaced and so hold all rows, sent before or not.
        is_idempotent: The system knows a row by its key, so sending it again does no harm.
        reference: Dotted path to the id that the system's answer gives the row.
        version: Part of the idempotency key: raising it sends every row once more.
    """

    build: Callable[[pa.Table, Context], Iterator[Payload]]
    tables: tuple[str, ...]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    headers: Callable[[Payload, Access, datetime], Mapping[str, str]] = no_headers
    is_file: bool = False
    is_idempotent: bool = False
    reference: str = ""
    version: str = "1"


@cache
def targets() -> Mapping[str, Target]:
    """Find all targets by their file names."""
    return discover(engagement, "TARGET")


def target_of(delivery: DeliverySettings) -> Target:
    """The target of a delivery.

    Raises SettingsError for a type that is none, a table it cannot take, a setting that it needs
    and lacks, and one that it knows nothing of.
    """
    where = f"deliveries.{delivery.name}"
    target: Target = lookup(targets(), delivery.type, kind="delivery type", where=f"{where}.type")
    if delivery.table not in target.tables:
        raise SettingsError(
            f"{delivery.type} takes no rows of {delivery.table}",
            where=f"{where}.table",
            mend=f"choose one of: {', '.join(target.tables)}",
        )
    given = {key for key in _OWN if getattr(delivery, key)}
    if lacking := [key for key in target.needs if key not in given]:
        raise SettingsError(
            f"{delivery.type} needs the setting {lacking[0]}",
            where=where,
            mend=f"give {', '.join(target.needs)}; `docs/deliveries.md` says what they are",
        )
    if extra := sorted(given - {*target.needs, *target.takes}):
        raise SettingsError(
            f"{delivery.type} has no setting {extra[0]}", where=where, mend=f"remove {extra[0]}"
        )
    return target


_OWN = ("address", "address_env", "token_env", "user", "project", "sender", "recipients")


def records(rows: pa.Table) -> list[dict[str, Any]]:
    """The rows as mappings: a delivery has tens of them, so this is the edge of the columns."""
    plain = pa.table([shortest(column) for column in rows.columns], rows.column_names)
    held: list[dict[str, Any]] = plain.to_pylist()
    return held


def in_reading_order(rows: pa.Table, table: str) -> pa.Table:
    """Sort the rows of a table as its readers want them."""
    return rows.sort_by(list(READING_ORDER[table]))


def in_reading_columns(rows: pa.Table, table: str) -> pa.Table:
    """Put the columns of a table as its readers want them, those that they ask for first.

    Places in texts are for programs, which read the table or the CSV.
    """
    first = READING_COLUMNS[table]
    is_read = (field for field in rows.schema if not _has_parts(field.type))
    return rows.select([*first, *(field.name for field in is_read if field.name not in first)])


def _has_parts(of_type: pa.DataType) -> bool:
    return bool(pa.types.is_list(of_type) and pa.types.is_struct(of_type.value_type))
