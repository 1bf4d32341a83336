"""Deliver: send opportunities to people's own systems, each row once.

What is sent is decided by the tables and the ledger alone: whichever events told us, how many, or
whether one was missed. At most once is the rule, and it holds through a kill: a row is written down
as intended before it is sent, and one that is found so later is `unknown`. Only a system that knows
rows by their key gets an unknown row again; elsewhere a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipeline.delivery._ledger import Ledger
from pipeline.delivery._sending import Sent, send_all
from pipeline.delivery._waiting import quotes, waiting
from pipeline.engagement.base import Context, File, Letter, Payload, target_of
from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.settings import DeliverySettings, Settings
from pipeline.storage import Lake, replace_file

__all__ = ["Sent", "deliver", "described", "names"]


def deliver(
    settings: Settings,
    *,
    now: datetime,
    only: str | None = None,
    again: bool = False,
    dry_run: bool = False,
) -> Iterator[Sent]:
    """Send what was not sent yet, delivery by delivery, in reading order.

    Args:
        settings: the settings.
        now: aware; what the ledger gives as the time, and where signatures begin to count.
        only: the name of one delivery; None: all.
        again: also send what was refused or is unknown, which may arrive twice.
        dry_run: make the payloads, send and write nothing.

    Raises SettingsError for a delivery that is none, or whose address or secret is wrong,
    RetriableError when something could not be sent now, FatalError when rows were refused or it is
    not known whether they arrived. Other deliveries go first.
    """
    errors: list[SettingsError | FatalError | RetriableError] = []
    for delivery in _chosen(settings, only):
        try:
            yield from _deliver(settings, delivery, now, again=again, dry_run=dry_run)
        except (SettingsError, FatalError, RetriableError) as error:
            errors.append(error)
    if errors:
        # What a person must mend goes before what time mends.
        raise min(errors, key=lambda error: error.exit_code)


def described(settings: Settings, sent: Sent) -> str:
    """Say in a line what went where; in a dry run also what would be said. No secret is shown."""
    delivery = next(one for one in settings.deliveries if one.name == sent.delivery)
    content = sent.payload.content
    place = delivery.address or f"the address in {delivery.address_env}"
    if isinstance(content, File):
        place, said = f"{delivery.name}/{content.name}", f"{len(content.body)} bytes"
    elif isinstance(content, Letter):
        place, said = f"{', '.join(delivery.recipients)} by {place}", content.text
    else:
        place, said = f"{content.method} {place}{content.path}", content.body.decode()
    rows = ", ".join(sent.payload.row_ids)
    told = f"{sent.delivery}: {sent.outcome} to {place}: {rows or content.name}"  # type: ignore[union-attr]
    return f"{told}\n{said}" if sent.outcome == "planned" else told


def names(settings: Settings) -> list[str]:
    """The names of the deliveries, in the order of the settings."""
    return [one.name for one in settings.deliveries]


def _chosen(settings: Settings, only: str | None) -> Sequence[DeliverySettings]:
    if only is None or only in names(settings):
        return [one for one in settings.deliveries if only in (None, one.name)]
    raise SettingsError(
        f"there is no delivery '{only}'",
        where="deliveries",
        mend=f"choose one of: {', '.join(names(settings)) or 'none is set'}",
    )


def _deliver(
    settings: Settings, delivery: DeliverySettings, now: datetime, *, again: bool, dry_run: bool
) -> Iterator[Sent]:
    target, lake = target_of(delivery), Lake(settings.lake_location)
    company, quoted = settings.company, quotes(lake, delivery.table)
    context = Context(company.name, company.zone, delivery, target.version, quoted)
    lock = nullcontext() if dry_run else lake.lock(f"deliveries.{delivery.name}")
    with lock:
        ledger = Ledger(lake, delivery.name)
        failed = [one.sent_id for one in ledger.found("failed") if one.sent_table == delivery.table]
        rows = waiting(lake, delivery, failed)
        if not target.is_file:
            rows = _unsent(rows, context, ledger, is_idempotent=target.is_idempotent, again=again)
        payloads = target.build(rows, context) if rows.num_rows or target.is_file else iter(())
        if dry_run:
            yield from (Sent(delivery.name, one, "planned") for one in payloads)
        elif target.is_file:
            folder = settings.exports_to_write() / delivery.name
            yield from _write(payloads, folder, delivery.name)
        else:
            _disown(ledger)
            yield from send_all(payloads, ledger, context, target, now)


def _write(payloads: Iterator[Payload], folder: Path, name: str) -> Iterator[Sent]:
    for payload in payloads:
        if isinstance(payload.content, File):
            replace_file(folder / payload.content.name, [payload.content.body])
            yield Sent(name, payload, "written")


def _unsent(
    rows: pa.Table, context: Context, ledger: Ledger, *, is_idempotent: bool, again: bool
) -> pa.Table:
    """The rows to send now."""
    chosen: set[str | None] = {None, "failed"}
    if is_idempotent or again:
        chosen |= {"intended", "unknown"}
    if again:
        chosen |= {"refused"}
    ids = rows[context.id_column].to_pylist()
    is_due = [ledger.state(context.key(one)) in chosen for one in ids]
    return rows.filter(pa.array(is_due, pa.bool_()))


def _disown(ledger: Ledger) -> None:
    """What an earlier run intended and never settled: it was stopped, and nobody knows."""
    left = [entry.idempotency_key for entry in ledger.found("intended")]
    if left:
        ledger.note(left, "unknown")
