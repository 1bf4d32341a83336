"""Reposts: the same words under another id, also with small edits.

A message is a repost of the earliest original within `WITHIN` before it that it is a copy of; it is
an original itself when there is none. A repost leads nobody, so all of a group are copies of its
original, and there are no chains. Whether two texts are copies is said by `_copies`; which of a
million are compared, by MinHash: `BANDS` keys of a text, each of `ROWS` least hashes of its words
and of all its numbers. Texts with other numbers never share a key, so the thousand receipts of one
template are not compared with each other.

What is decided for a message depends on earlier ones alone. So a stage may begin anywhere, with
what it knows of the days before.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.conversations._copies import (
    MOST_WORDS,
    are_copies,
    may_be_copies,
    traits_of,
    written,
)
from pipeline.conversations._voices import printed, voices

SHORTEST = 30
"""Letters and digits below which the same words are a coincidence."""

WITHIN = timedelta(days=30)
"""How long after a message the same words are a repost of it."""

BANDS, ROWS = 8, 4
"""Two texts that share .8 of their words have a key in common 98 times in 100."""

COMPARED = 4
"""The earliest messages with the same key that a message is compared with, for each key."""

TRAITS = ("is_cut", "size", "turning", "place", "voice")
"""Columns of a sketch by which a pair is let go without a look at its words."""

_CUT = r"(?:…|\.\.\.)\s*(?:https?://\S+)?\s*$"
_CLUTTER = r"https?://\S+|@\w+|\[\w+\]"
_RETWEET = r"(?i)^\s*(?:rt\s+@\w+:?\s*)+"
# Odd numbers from a fixed seed: the multipliers of the hashes.
_TIMES = np.random.default_rng(7).integers(2**31, size=BANDS * ROWS, dtype=np.uint32) * 2 + 1
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BATCH = 5_000
_COMPARED = 20_000


def sketched(messages: pl.DataFrame) -> pl.DataFrame:
    """Replace `text` by its sketch and leave out what is too short to be a repost.

    Returns:
        The other columns but the author's, with `print`, a hash of the letters and digits
        that exact reposts have in common, `keys`, `BANDS` hashes, and `TRAITS`.
    """
    text, words = pl.col("text"), pl.col("words")
    found = (
        messages.with_columns(words=_words(text), numbers=_numbers(text))
        .with_columns(print=words.list.join(""))
        .filter(pl.col("print").str.len_chars() >= SHORTEST)
        .with_columns(**traits_of(words, text.str.contains(_CUT)), **voices())
        .with_columns(printed("print"))
        .drop("text", "author_id")
    )
    batches = [_keys(part["words"], part["numbers"]) for part in found.iter_slices(_BATCH)]
    keys = np.concatenate(batches) if batches else np.empty((0, BANDS), np.uint64)
    column = pl.Series("keys", keys, dtype=pl.Array(pl.UInt64, BANDS))
    return found.drop("words", "numbers").with_columns(column)


def ordered(sketches: pl.DataFrame) -> pl.DataFrame:
    """Sort sketches by time and id: the order in which they are decided."""
    return sketches.sort("sent_at", "message_id")


def candidates(sketches: pl.DataFrame, since: int = 0) -> pl.DataFrame:
    """Find the pairs that are worth a comparison of their texts.

    Args:
        sketches: `sent_at`, `print`, `keys` and `TRAITS`, `ordered`.
        since: the first row that is to be decided.

    Returns:
        `row` and `earlier`, positions in `sketches`: other words, a key in common, not further
        apart than `WITHIN`, of like traits; sorted.
    """
    seconds = sketches["sent_at"].dt.epoch("s").to_numpy()
    prints = sketches["print"].to_numpy()
    keys = sketches["keys"].to_numpy().reshape(-1, BANDS)
    traits = sketches.select(TRAITS)
    # A pair is one number: there are millions, and most are found by several keys.
    count = max(len(sketches), 1)
    parts = []
    for band in range(BANDS):
        row, earlier = _sharing(keys[:, band], prints, seconds, since).T
        alike = may_be_copies(traits[row], traits[earlier]).to_numpy()
        parts.append(row[alike] * count + earlier[alike])
    pairs = np.concatenate(parts)
    del parts
    pairs.sort()
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return pl.DataFrame({"row": pairs // count, "earlier": pairs % count})


def verified(pairs: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Keep the pairs whose texts are copies. `texts` are those of the sketches, null if unused."""
    # Words of all texts at once would be most of what lies in memory.
    copies = [_are_copies(part, texts) for part in pairs.iter_slices(_COMPARED)]
    return pairs.filter(np.concatenate([np.empty(0, np.bool_), *copies]))


def _are_copies(pairs: pl.DataFrame, texts: pl.Series) -> npt.NDArray[np.bool_]:
    used = pl.concat([pairs["row"], pairs["earlier"]]).unique().sort()
    text = pl.col("text")
    spoken = texts.gather(used).alias("text").to_frame()
    spoken = spoken.select(words=_words(text), is_cut=text.str.contains(_CUT))
    words = spoken["words"].explode(empty_as_null=False).to_arrow().dictionary_encode()
    if len(words.dictionary) > MOST_WORDS:
        half = len(pairs) // 2
        parts = pairs.head(half), pairs.tail(len(pairs) - half)
        return np.concatenate([_are_copies(part, texts) for part in parts])
    sizes = spoken["words"].list.len().cast(pl.Int64).to_numpy()
    letters = written(words.indices.to_numpy(), sizes)
    said = list(zip(letters, spoken["is_cut"].to_list(), strict=True))
    rows, others = (used.search_sorted(pairs[name]).to_list() for name in ("row", "earlier"))
    both = [(said[row], said[other]) for row, other in zip(rows, others, strict=True)]
    return are_copies(both, words.dictionary.to_pylist())


def mark(sketches: pl.DataFrame, copies: pl.DataFrame, since: int = 0) -> pl.Series:
    """Decide who is a repost of whom. What the company sent itself is never a repost.

    Args:
        sketches: `message_id`, `sent_at`, `is_own` and `print`, `ordered`; of the rows before
            `since` also `duplicate_of`, as it was decided.
        copies: `row` and `earlier`, from `verified`.
        since: the first row to decide.

    Returns:
        The `message_id` of each row's original; null for an original.
    """
    within = int(WITHIN.total_seconds())
    near = dict(copies.group_by("row").agg("earlier").iter_rows())
    leads = np.ones(len(sketches), dtype=bool)
    if since:
        leads[:since] = sketches["duplicate_of"].head(since).is_null().to_numpy()
    original = np.arange(len(sketches))
    leaders: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    paired = pl.concat([copies["row"], copies["earlier"]])
    repeated = sketches.with_row_index("row").select(
        "row", "print", "is_own", sent=pl.col("sent_at").dt.epoch("s")
    )
    is_repeated = sketches["print"].is_duplicated() | repeated["row"].is_in(paired.implode())
    for row, words, is_own, sent in repeated.filter(is_repeated).iter_rows():
        same = leaders[words]
        if row >= since and not is_own:
            known = [one for one, moment in same if moment >= sent - within]
            known += [one for one in near.get(row, ()) if leads[one]]
            if known:
                original[row], leads[row] = min(known), False
        if leads[row]:
            same.append((row, sent))
    ids = sketches["message_id"]
    decided = pl.Series(original != np.arange(len(sketches)))
    return ids.gather(original).zip_with(
        decided, pl.repeat(None, len(ids), dtype=pl.String, eager=True)
    )


def find(messages: pl.DataFrame) -> pl.DataFrame:
    """Find the reposts among messages that fit in memory.

    Args:
        messages: `message_id`, `source`, `author_id`, `sent_at`, `is_own`, `text`, in any order.

    Returns:
        `message_id` and `original`, a message_id or null, in the order of the messages.
    """
    sketches = ordered(sketched(messages))
    texts = sketches.join(messages, on="message_id", how="left", maintain_order="left")["text"]
    copies = verified(candidates(sketches), texts)
    found = sketches.select("message_id", original=mark(sketches, copies))
    return messages.select("message_id").join(
        found, on="message_id", how="left", maintain_order="left"
    )


def _sharing(
    keys: npt.NDArray[np.uint64],
    prints: npt.NDArray[np.uint64],
    seconds: npt.NDArray[np.int64],
    since: int,
) -> npt.NDArray[np.int64]:
    """Pairs of rows with the same key: each with the earliest `COMPARED` within `WITHIN`."""
    order = np.argsort(keys, kind="stable")
    group = np.cumsum(np.diff(keys[order], prepend=keys[order[:1]]) != 0)
    moment = seconds[order] - seconds.min(initial=0)
    within = int(WITHIN.total_seconds())
    # Groups far enough apart on one line, so that a single search serves all of them.
    place = group * (int(moment.max(initial=0)) + within + 1) + moment
    at = np.flatnonzero(order >= since)
    first = np.searchsorted(place, place[at] - within)
    at, first = at[first < at], first[first < at]
    parts = [np.empty((0, 2), np.int64)]
    for step in range(COMPARED):
        # Where there are fewer, the row itself, whose print is its own.
        row, earlier = order[at], order[np.minimum(first + step, at)]
        differs = prints[row] != prints[earlier]
        parts.append(np.stack([row[differs], earlier[differs]], axis=1))
    return np.concatenate(parts)


def _bare(text: pl.Expr) -> pl.Expr:
    return text.str.replace(_RETWEET, "").str.replace_all(_CLUTTER, " ").str.to_lowercase()


def _words(text: pl.Expr) -> pl.Expr:
    return _bare(text).str.extract_all(r"[\p{L}\p{N}]+")


def _numbers(text: pl.Expr) -> pl.Expr:
    return _bare(text).str.extract_all(r"\p{N}+").list.join(" ")


def _keys(words: pl.Series, numbers: pl.Series) -> npt.NDArray[np.uint64]:
    """`BANDS` keys of each text, which all have words."""
    ends = np.cumsum(words.list.len().to_numpy().astype(np.int64))
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    hashes = (words.explode().hash().to_numpy() >> np.uint64(32)).astype(np.uint32)
    start = numbers.hash().to_numpy()
    keys = np.empty((len(words), BANDS), np.uint64)
    for band in range(BANDS):
        key = start + np.uint64(band)
        for times in _TIMES[band * ROWS : (band + 1) * ROWS]:
            least = np.minimum.reduceat(hashes * times, starts)
            key = (key ^ least) * _MIX
            key ^= key >> np.uint64(29)
        keys[:, band] = key
    return keys
