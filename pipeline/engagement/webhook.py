"""A signed webhook: one request a row, after the Standard Webhooks specification.

The receiver checks `webhook-signature`, HMAC-SHA256 over id, `webhook-timestamp` and body, with any
library of that specification, and knows a row that comes again by its `webhook-id`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson
import pyarrow as pa

from pipeline.engagement.base import IDS, Access, Context, Payload, Request, Target, records
from pipeline.errors import SettingsError

PREFIX = "whsec_"


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one request a row: the table's name and the row's columns as they are."""
    for row in records(rows):
        row_id = row[context.id_column]
        body = {"type": f"engage.{context.delivery.table}", "id": context.key(row_id), "data": row}
        option = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
        yield context.payload([row_id], Request(orjson.dumps(body, option=option)))


def signature(payload: Payload, access: Access, now: datetime) -> Mapping[str, str]:
    """The headers that prove who sent the body, and when."""
    if not isinstance(payload.content, Request):
        raise TypeError("only a request can be signed")
    stamp = str(int(now.timestamp()))
    signed = f"{payload.key}.{stamp}.".encode() + payload.content.body
    made = hmac.new(_secret(access.token), signed, hashlib.sha256).digest()
    return {
        "webhook-id": payload.key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
        "Idempotency-Key": payload.key,
    }


def _secret(text: str) -> bytes:
    """The bytes of a secret; one that begins with `whsec_` is base64, as the specification says."""
    if not text.startswith(PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise SettingsError(
            "what follows whsec_ is not base64",
            where="deliveries.token_env",
            mend="put the whole secret into the variable, as the receiver made it",
        ) from None


TARGET = Target(
    build,
    tables=tuple(IDS),
    needs=("token_env",),
    takes=("address", "address_env"),
    headers=signature,
    is_idempotent=True,
)
