"""Keyed pseudonyms for authors: the same person is the same id, and nobody can tell who."""

from __future__ import annotations

import hmac

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc


def pseudonyms(authors: pa.StringArray, key: bytes) -> pa.StringArray:
    """Keyed pseudonyms (HMAC-SHA256, 32 hex digits); a null author stays null."""
    encoded = pc.dictionary_encode(authors)
    named = pa.array(
        [
            hmac.digest(key, author.encode(), "sha256").hex()[:32]
            for author in encoded.dictionary.to_pylist()
        ],
        pa.string(),
    )
    return named.take(encoded.indices)


def pseudonyms_of(authors: pl.Series, source: str, key: bytes) -> pl.Series:
    """Pseudonyms of the authors of a source, as it names them.

    A handle is one person within one source; elsewhere it may be somebody else.
    """
    named = authors.to_frame("author").select(pl.lit(f"{source}:") + pl.col("author"))
    return pl.Series(pseudonyms(named.to_series().to_arrow().cast(pa.string()), key))
