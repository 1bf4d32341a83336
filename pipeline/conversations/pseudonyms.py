"""Keyed pseudonyms for authors: the same person is the same id, and nobody can tell who."""

from __future__ import annotations

import hmac

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc


def pseudonyms(authors: pa.StringArray, key: bytes) -> pa.StringArray:
    """Keyed pseudonyms (HMAC-SHA256, 32 hex digits); a null author stays null."""
    encoded, keyed = pc.dictionary_encode(authors), hmac.new(key, digestmod="sha256")

    def pseudonym(author: str) -> str:
        # Beginning with a copy spares half of the work: that with the key.
        digest = keyed.copy()
        digest.update(author.encode())
        return digest.hexdigest()[:32]

    named = pa.array(map(pseudonym, encoded.dictionary.to_pylist()), pa.string())
    return named.take(encoded.indices)


def pseudonyms_of(authors: pl.Series, source: str, key: bytes) -> pl.Series:
    """Pseudonyms of the authors of a source, as it names them.

    A handle is one person within one source; elsewhere it may be somebody else.
    """
    named = authors.to_frame("author").select(pl.lit(f"{source}:") + pl.col("author"))
    return pl.Series(pseudonyms(named.to_series().to_arrow().cast(pa.string()), key))
