"""HubSpot: every lead a contact, created or updated by its key.

A lead object of HubSpot wants a contact first, so the contact carries the lead. The account needs a
contact property of single-line text, `engage_key`, that requires unique values.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

import orjson
import pyarrow as pa

from pipeline.engagement._lead import description, name
from pipeline.engagement.base import Context, Payload, Request, Target, bearer, records

PATH = "/crm/v3/objects/contacts/batch/upsert"


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one request a lead. The message is escaped, as HubSpot shows some fields as HTML."""
    for row in records(rows):
        key = context.key(row["lead_id"])
        properties = {
            "lastname": html.escape(name(row), quote=False),
            "message": html.escape(description(row, context), quote=False),
            "lifecyclestage": "lead",
            "hs_lead_status": "NEW",
        }
        one = {"id": key, "idProperty": "engage_key", "properties": properties}
        yield context.payload([row["lead_id"]], Request(orjson.dumps({"inputs": [one]}), PATH))


TARGET = Target(
    build,
    tables=("leads",),
    needs=("address", "token_env"),
    headers=bearer,
    is_idempotent=True,
    reference="results.0.id",
)
