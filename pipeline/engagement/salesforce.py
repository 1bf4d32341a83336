"""Salesforce: every lead a Lead, created or updated by its key.

Lead needs a custom field of text, `Engage_Key__c`, that is a unique external id.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pyarrow as pa

from pipeline.engagement._escape import line
from pipeline.engagement._lead import description, name
from pipeline.engagement.base import Context, Payload, Request, Target, bearer, records

PATH = "/services/data/v60.0/sobjects/Lead/Engage_Key__c/"
RATINGS = ((60, "Hot"), (30, "Warm"), (0, "Cold"))
"""Least priority of each rating."""


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one request a lead; a company must be named, and the table has none."""
    for row in records(rows):
        body = {
            "LastName": name(row),
            "Company": "[not provided]",
            "LeadSource": line(row["source"], 40),
            "Status": "Open - Not Contacted",
            "Rating": next(word for least, word in RATINGS if row["priority"] >= least),
            "Description": description(row, context),
        }
        path = PATH + context.key(row["lead_id"])
        yield context.payload([row["lead_id"]], Request(orjson.dumps(body), path, "PATCH"))


TARGET = Target(
    build,
    tables=("leads",),
    needs=("address", "token_env"),
    headers=bearer,
    is_idempotent=True,
    reference="id",
)
