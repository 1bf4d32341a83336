"""Pseudonyms: the same person is the same id, and nobody can tell who."""

from __future__ import annotations

import pyarrow as pa

from pipeline.conversations.pseudonyms import pseudonyms


def test_pseudonym_is_the_same_for_the_same_author_and_key() -> None:
    found = pseudonyms(pa.array(["ann", None, "bob", "ann"]), b"key").to_pylist()
    assert found[0] == found[3] != found[2]
    assert found[1] is None
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in found if one)
    assert pseudonyms(pa.array(["ann"]), b"other").to_pylist() != found[:1]


def test_pseudonyms_of_nobody() -> None:
    assert pseudonyms(pa.array([], pa.string()), b"key").to_pylist() == []
    assert pseudonyms(pa.array([None], pa.string()), b"key").to_pylist() == [None]
