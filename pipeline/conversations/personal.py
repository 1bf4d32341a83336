"""Personal data out of text, pseudonyms for authors.

Mail addresses, phone numbers as they are written in the Netherlands, Belgium and abroad, IBANs,
payment cards and the handles of others than the company, each replaced by a word that says what
stood there. Order numbers, dates, times, versions and amounts stay: a number must have the length
and the grouping of a phone number to be taken for one. Names and street addresses are not found.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

_AT, _DOT = r"(?:@|\s?[\[(]at[\])]\s?)", r"(?:\.|\s?[\[(]dot[\])]\s?)"
_GAP = r"[ ./-]{0,2}"
REPLACEMENTS = (
    (rf"(?i)\b[a-z0-9._%+-]+{_AT}[a-z0-9-]+(?:{_DOT}[a-z0-9-]+)+\b", "[mail]"),
    (
        r"(?i)\b(?:NL|BE|DE|GB|LU|ES|AT|IE|PT|CH|DK|SE|FI|PL)\d{2} ?(?:[A-Z]{4}|\d{4})"
        r"(?: ?\d{4}){2,5}(?: ?\d{1,3})?\b",
        "[iban]",
    ),
    (r"(?i)\bFR\d{2}(?: ?[A-Z0-9]{4}){5} ?[A-Z0-9]{3}\b", "[iban]"),
    (r"\b[3-6]\d{3}(?:[ -]\d{4}){3}\b", "[card]"),
    # Abroad: a country of Europe, then eight to eleven digits; North America in its own shape.
    (
        rf"(?:\+|\b00)(?:3[0-469]|35\d|4[013-9]){_GAP}(?:\(0\){_GAP})?[1-9](?:{_GAP}\d){{6,9}}\b",
        "[phone]",
    ),
    (r"(?:\+|\b00)1[ .-]?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}\b", "[phone]"),
    # At home: ten digits in one, or grouped as such numbers are, which dates are not.
    (r"\b0[1-9]\d{8}\b", "[phone]"),
    (
        r"\b06[ ./-]{1,3}(?:\d{8}|\d{4}[ .-]\d{4}|\d{2}(?:[ .-]\d{2}){3}"
        r"|\d{3}[ .-]\d{3}[ .-]\d{2}|\d{2}[ .-]\d{3}[ .-]\d{3})\b",
        "[phone]",
    ),
    (
        r"\(?\b0[1-9]\d\)?[ ./-]{1,3}(?:\d{7}|\d{3}[ .-]\d{4}|\d{3}[ .-]\d{2}[ .-]\d{2})\b",
        "[phone]",
    ),
    (
        r"\(?\b0[1-9]\d{2}\)?[ ./-]{1,3}(?:\d{6}|\d{3}[ .-]\d{3}|\d{2}[ .-]\d{2}[ .-]\d{2})\b",
        "[phone]",
    ),
    (r"\b0[1-9][ /]\d{3}[ .]\d{2}[ .]\d{2}\b", "[phone]"),
)
_ASIDE = "\x02"


def redact(text: pl.Expr, own_accounts: Sequence[str] = ()) -> pl.Expr:
    """Replace personal data; the company's own handles stay readable."""
    text = text.str.replace_all(_ASIDE, "", literal=True)
    for pattern, word in REPLACEMENTS:
        text = text.str.replace_all(pattern, word)
    # Rust's regex has no look-ahead, so the company's handles step aside while others go.
    kept = [account.lstrip("@") for account in own_accounts if account.lstrip("@")]
    if kept:
        names = "|".join(re.escape(account) for account in sorted(kept, key=len, reverse=True))
        text = text.str.replace_all(rf"(?i)@({names})\b", _ASIDE + "$1")
    others = text.str.replace_all(r"(^|[^\w/.])@\w{2,}", "$1@user")
    return others.str.replace_all(_ASIDE, "@", literal=True)


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
