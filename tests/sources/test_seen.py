"""Ids that come again, within a frame and over many."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.sources._seen import SeenIds


def frame(*rows: tuple[str, str], rule: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "native_id": [name for name, _ in rows],
            "text": [text for _, text in rows],
            "sent_at": [0] * len(rows),
            "author": ["noor"] * len(rows),
            "rule_id": pl.Series([rule] * len(rows), dtype=pl.String),
            "column": pl.Series([None] * len(rows), dtype=pl.String),
            "value": pl.Series([None] * len(rows), dtype=pl.String),
        }
    )


def verdicts(judged: pl.DataFrame) -> list[str]:
    return [
        "duplicate" if again else rule or "first"
        for again, rule in judged.select("is_duplicate", "rule_id").iter_rows()
    ]


def test_the_first_wins_within_a_frame_and_over_frames() -> None:
    seen = SeenIds()
    one = frame(("1", "a"), ("2", "b"), ("1", "a"), ("1", "c"))
    assert verdicts(seen.judge(one)) == ["first", "first", "duplicate", "conflicting_duplicate"]
    again = frame(("2", "b"), ("3", "d"), ("2", "e"), ("1", "a"))
    assert verdicts(seen.judge(again)) == [
        "duplicate",
        "first",
        "conflicting_duplicate",
        "duplicate",
    ]


def test_a_broken_record_takes_no_id() -> None:
    seen = SeenIds()
    assert verdicts(seen.judge(frame(("1", "a"), rule="naive_time"))) == ["naive_time"]
    assert verdicts(seen.judge(frame(("1", "a")))) == ["first"]


def test_another_time_or_author_is_a_conflict_too() -> None:
    seen = SeenIds()
    seen.judge(frame(("1", "a"), ("2", "b")))
    later = frame(("1", "a"), ("2", "b")).with_columns(
        sent_at=pl.Series([1, 0]), author=pl.Series(["noor", "piet"])
    )
    assert verdicts(seen.judge(later)) == ["conflicting_duplicate"] * 2


def test_an_edit_arrives_too_where_edits_come_but_no_other_sending_under_its_id() -> None:
    seen = SeenIds(takes_edits=True)
    assert verdicts(seen.judge(frame(("1", "a"), ("2", "b"), ("1", "c")))) == ["first"] * 3
    later = frame(("1", "a"), ("1", "d"), ("2", "b")).with_columns(
        author=pl.Series(["noor", "noor", "piet"])
    )
    assert verdicts(seen.judge(later)) == ["duplicate", "first", "conflicting_duplicate"]


def test_many_ids_in_any_order_are_judged_as_a_set_would() -> None:
    ids = np.random.default_rng(7).integers(0, 3_000, 10_000)
    seen, known = SeenIds(), set()
    for start in range(0, len(ids), 97):
        some = [str(one) for one in ids[start : start + 97]]
        expected = []
        for one in some:
            expected.append("duplicate" if one in known else "first")
            known.add(one)
        assert verdicts(seen.judge(frame(*((one, "x") for one in some)))) == expected


def test_sixteen_bytes_are_kept_for_a_message() -> None:
    seen = SeenIds()
    for start in range(0, 50_000, 5_000):
        seen.judge(frame(*((str(at), "x") for at in range(start, start + 5_000))))
    assert sum(ids.nbytes + content.nbytes for ids, content in seen._runs) == 16 * 50_000
    assert len(seen._runs) <= 5


def test_an_empty_frame_is_judged() -> None:
    assert verdicts(SeenIds().judge(frame())) == []
