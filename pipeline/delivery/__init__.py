"""Deliver: send opportunities to people's own systems, each row once.

What is sent is decided by the tables and the ledger alone: whichever events told us, how many, or
whether one was missed. At most once is the rule, and it holds through a kill: a row is written down
as intended before it is sent, and one that is found so later is `unknown`. Only a system that knows
rows by their key gets an unknown row again; elsewhere a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Literal

import orjson
import pyarrow as pa

from pipeline.console import counted
from pipeline.delivery import outgoing
from pipeline.delivery._ledger import Ledger
from pipeline.delivery._waiting import quotes, waiting
from pipeline.engagement.base import (
    Access,
    Context,
    File,
    Letter,
    Payload,
    Request,
    Target,
    target_of,
)
from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.settings import DeliverySettings, Settings
from pipeline.storage import Lake, replace_file


@dataclass(frozen=True)
class Sent:
    """What became of one payload; `planned` in a dry run."""

    delivery: str
    payload: Payload
    outcome: outgoing.Outcome | Literal["planned", "written"]
    status: int = 0


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
            yield from _send_all(payloads, ledger, context, target, now)


def _write(payloads: Iterator[Payload], folder: Path, name: str) -> Iterator[Sent]:
    for payload in payloads:
        if isinstance(payload.content, File):
            replace_file(folder / payload.content.name, [payload.content.body])
            yield Sent(name, payload, "written")


def _send_all(
    payloads: Iterator[Payload], ledger: Ledger, context: Context, target: Target, now: datetime
) -> Iterator[Sent]:
    delivery, refused, left_out, begun = context.delivery, 0, 0, monotonic()
    access = Access(delivery.user or "", delivery.secret("token_env"))
    address = delivery.address or delivery.secret("address_env")
    for payload in payloads:
        keys = {context.key(one): one for one in payload.row_ids}
        ledger.intend(keys, delivery.table, now)
        # A signature is of the moment: a receiver refuses one that is minutes old.
        at = now + timedelta(seconds=monotonic() - begun)
        try:
            answer = _send(payload, target, delivery, address, access, at)
        except SettingsError as error:
            ledger.note(keys, "failed")
            where = f"deliveries.{delivery.name}"
            raise SettingsError(error.what, where=where, mend=error.mend) from None
        ledger.note(keys, answer.outcome, answer.status, _reference(answer.body, target.reference))
        yield Sent(delivery.name, payload, answer.outcome, answer.status)
        refused += len(keys) * (answer.outcome == "refused")
        left_out = max(left_out, answer.left_out_count)
        _stop_at(answer, delivery, is_idempotent=target.is_idempotent)
    if refused:
        raise FatalError(
            f"{counted(refused, 'row')} refused",
            where=f"deliveries.{delivery.name}",
            mend="see what was in the table `deliveries`; `engage deliver --again` sends it again",
        )
    if left_out:
        raise FatalError(
            f"the mail server takes nothing for {counted(left_out, 'recipient')}",
            where=f"deliveries.{delivery.name}.recipients",
            mend="correct or remove who is wrong there; the others have the letter",
        )


def _stop_at(answer: outgoing.Answer, delivery: DeliverySettings, *, is_idempotent: bool) -> None:
    """Raise the error of an answer after which nothing more is sent."""
    where, code = f"deliveries.{delivery.name}", f"({answer.status or 'no answer'})"
    if answer.is_settings:
        keys = ("address", "address_env", "user", "token_env", "project")
        given = ", ".join(key for key in keys if getattr(delivery, key))
        raise SettingsError(
            f"the system does not let us in, or is not there {code}",
            where=where,
            mend=f"correct {given}, or what the variables hold; nothing is lost",
        )
    if answer.outcome == "failed" or (answer.outcome == "unknown" and is_idempotent):
        raise RetriableError(
            f"the system cannot take anything now {code}",
            where=where,
            mend="run again later: what was not sent is sent then",
        )
    if answer.outcome == "unknown":
        raise FatalError(
            f"nobody knows whether the last rows have arrived {code}",
            where=where,
            mend="look there; if they have not, `engage deliver --again` sends them again",
        )


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


def _send(
    payload: Payload,
    target: Target,
    delivery: DeliverySettings,
    address: str,
    access: Access,
    now: datetime,
) -> outgoing.Answer:
    content = payload.content
    if isinstance(content, Letter):
        sender, recipients = delivery.sender or "", delivery.recipients
        post = outgoing.Post(sender, recipients, content.subject, content.text, payload.key, now)
        return outgoing.letter(post, address, access.user, access.token)
    if not isinstance(content, Request):
        raise TypeError(f"{type(content).__name__} cannot be sent")
    return outgoing.request(
        content.method,
        address.rstrip("/") + content.path,
        content.body,
        target.headers(payload, access, now),
        is_idempotent=target.is_idempotent,
    )


def _reference(body: bytes, path: str) -> str | None:
    """What stands at a dotted path of an answer; None when it is not there."""
    if not path:
        return None
    try:
        found = orjson.loads(body)
        for part in path.split("."):
            found = found[int(part) if part.isdigit() else part]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return str(found).strip() or None
