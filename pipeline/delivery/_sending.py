"""Sends the payloads of a delivery, and writes down in the ledger what became of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Literal

import orjson

from pipeline.console import counted
from pipeline.delivery import outgoing
from pipeline.delivery._ledger import Ledger
from pipeline.engagement.base import Access, Context, Letter, Payload, Request, Target
from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.settings import DeliverySettings


@dataclass(frozen=True)
class Sent:
    """What became of one payload; `planned` in a dry run."""

    delivery: str
    payload: Payload
    outcome: outgoing.Outcome | Literal["planned", "written"]
    status: int = 0


def send_all(
    payloads: Iterator[Payload], ledger: Ledger, context: Context, target: Target, now: datetime
) -> Iterator[Sent]:
    """Send what was not sent yet; errors are those of `deliver`."""
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
