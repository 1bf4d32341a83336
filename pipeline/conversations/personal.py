"""Personal data out of text, pseudonyms for authors.

First version: mail addresses, Dutch, Belgian and international phone numbers, IBANs and the
handles of others than the company, each replaced by a word that says what stood there. Order
numbers, dates and amounts stay.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

REPLACEMENTS = (
    (r"(?i)\b[a-z0-9._%+-]+(?:@|\s?[\[(]at[\])]\s?)[a-z0-9-]+(?:\.[a-z0-9-]+)+\b", "[mail]"),
    (r"\b[A-Z]{2}\d{2} ?[A-Z]{4} ?\d{4} ?\d{4} ?\d{2}\b", "[iban]"),
    (r"\bBE\d{2}(?: ?\d{4}){3}\b", "[iban]"),
    (r"(?:\+|\b00)(?:31|32|44|49|33|1)[ -]?(?:\(0\))?[ -]?\d(?:[ -]?\d){7,9}\b", "[phone]"),
    (r"\b0(?:6|4\d{2}|[1-9]\d{1,2})[ -/]?\d(?:[ -]?\d){5,7}\b", "[phone]"),
)


def redact(text: pl.Expr, own_accounts: Sequence[str] = ()) -> pl.Expr:
    """Replace personal data; the company's own handles stay readable."""
    for pattern, word in REPLACEMENTS:
        text = text.str.replace_all(pattern, word)
    kept = [account.lstrip("@") for account in own_accounts]
    # Rust's regex has no look-ahead, so the company's handles step aside while others go.
    for account in kept:
        text = text.str.replace_all(rf"(?i)@({account})\b", "\x02$1")
    return text.str.replace_all(r"(^|[^\w/.])@\w{2,}", "$1@user").str.replace_all("\x02", "@")


def pseudonyms(authors: pa.StringArray, key: bytes) -> pa.StringArray:
    """Keyed pseudonyms (HMAC-SHA256, 32 hex digits); a null author stays null."""
    encoded = pc.dictionary_encode(authors)
    named = pa.array(
        [
            hmac.new(key, author.encode(), hashlib.sha256).hexdigest()[:32]
            for author in encoded.dictionary.to_pylist()
        ],
        pa.string(),
    )
    return named.take(encoded.indices)
