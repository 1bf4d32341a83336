"""Cleans a file: one row out per row in, in the input's order. A public interface.

Input is .jsonl, .csv or .parquet with a column `text` and optionally `id`, `lang`, `html` (true
where the text is mark-up), `channel` and `author`; output is .parquet or .jsonl. Each row becomes
what the stage `listen` makes of it, by the same functions, and reposts are marked as `assemble`
does. A row that cannot be read keeps its place, with nulls and the reason in `error`. Texts lie in
memory batch by batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.brands import public_handles
from pipeline.contracts import contract
from pipeline.conversations.origins import origins
from pipeline.conversations.personal import find
from pipeline.looks import is_blank
from pipeline.rows import batches, fault_beside, is_html, judged
from pipeline.rows._output import refuse, write_rows
from pipeline.rows._reposts import originals, sketch
from pipeline.rows.files import Row
from pipeline.settings import Privacy, Settings, SourceSettings, of_mapping
from pipeline.sources import _mail, discourse
from pipeline.sources._forwarded import forwarded_text
from pipeline.sources._html import text_of
from pipeline.sources._reply import own_text
from pipeline.sources.base import FETCHED
from pipeline.stages._arrived import arrived
from pipeline.storage import Spill

REDACTIONS = pa.list_(
    pa.struct([("kind", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
)
OUTPUT = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("language_score", pa.float32()),
        ("redactions", REDACTIONS),
        ("duplicate_of", pa.string()),
        ("excluded_reason", pa.string()),
        ("error", pa.string()),
    ]
)
"""What `engage clean` writes. `start` and `end` count code points of the text in the input."""

PLAIN = "social_network"
"""Where nobody says of which channel a text is: nothing but mark-up is taken from it."""
FILE = SourceSettings(name="file", type="jsonl", path="-")
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Cleaned:
    """What was done: rows, those unreadable, left out or repeated, and personal data by kind.

    `unknown_languages_count` is rows whose `lang` is no language, so that it was identified.
    """

    rows_count: int = 0
    unreadable_count: int = 0
    unknown_languages_count: int = 0
    duplicates_count: int = 0
    excluded_counts: Counter[str] = field(default_factory=Counter)
    redacted_counts: Counter[str] = field(default_factory=Counter)


def clean(
    source: Path,
    target: Path,
    settings: Settings | None = None,
    on_progress: Callable[[int, float], None] | None = None,
) -> Cleaned:
    """Clean a file.

    Args:
        source: the input; its ending names its format.
        target: the output, replaced in one step when all rows are there.
        settings: whose company and queries count; None: nobody's.
        on_progress: called after each batch with rows read and the share of the input.

    Raises SettingsError when a file or its column `text` is not there or cannot be used.
    """
    refuse(source, target)
    done, sketches = Cleaned(), []
    company = _company(settings)
    with Spill(OUTPUT) as spill:
        keys = []
        for first, rows in batches(source):
            made, sketched, unknown_count = cleaned(first, rows, company)
            done.unknown_languages_count += unknown_count
            keys.append(f"{first:012}")
            spill.add(keys[-1], made)
            sketches.append(sketched)
            done.rows_count += made.num_rows
            if on_progress is not None:
                on_progress(done.rows_count, min(rows[-1].share, 1.0))
        repeated = originals(sketches, map(spill.take, keys))
        parts = _with_originals(map(spill.take, keys), repeated, done)
        write_rows(target, parts, OUTPUT)
    return done


def cleaned(first: int, rows: list[Row], settings: Settings) -> tuple[pa.Table, pl.DataFrame, int]:
    """Clean one batch.

    Args:
        first: the number of its first row, counted from 0.
        rows: as read.
        settings: of the company.

    Returns:
        A table of `OUTPUT`, without `duplicate_of`; what `duplicates` needs of its messages; and
        of how many rows `lang` is no language.
    """
    batch = judged(first, rows)
    texts, languages = batch.text.to_pylist(), batch.language.to_pylist()
    errors = [
        error or fault_beside(row) for error, row in zip(batch.error.to_pylist(), rows, strict=True)
    ]
    written: list[str | None] = [None] * len(rows)
    for at, row in enumerate(rows):
        if errors[at] is None:
            words = written[at] = _own_words(row, texts[at])
            errors[at] = "nothing is left but quotes or mark-up" if is_blank(words) else None
    kept = [at for at, error in enumerate(errors) if error is None]
    fetched = pa.Table.from_pylist(
        [
            {
                "native_id": f"{first + at:012}",
                "sent_at": BEGIN + timedelta(microseconds=first + at),
                "author": rows[at].author or None,
                "text": written[at],
                "language": languages[at],
                "origin": "",
            }
            for at in kept
        ],
        FETCHED,
    )
    heard = _heard(fetched, [rows[at].channel or PLAIN for at in kept], settings)
    found = dict(_redactions(kept, rows, written, texts, public_handles(settings.company)))
    columns = {
        "id": batch.id,
        "redactions": pa.array([found.get(at) for at in range(len(rows))], REDACTIONS),
        "duplicate_of": pa.nulls(len(rows), pa.string()),
        "error": pa.array(errors, pa.string()),
    }
    # A null index takes a null: that is how an unreadable row keeps its place.
    order = dict(zip(kept, range(len(kept)), strict=True))
    place = pa.array([order.get(at) for at in range(len(rows))], pa.int64())
    for name in ("text", "language", "language_score", "excluded_reason"):
        columns[name] = heard[name].combine_chunks().take(place)
    made = pa.table([columns[name] for name in OUTPUT.names], schema=OUTPUT)
    given = [_given(texts[at], found.get(at, ())) for at in kept]
    return made, sketch(heard, given), batch.unknown_count


def _given(text: str, redactions: Iterable[Mapping[str, Any]]) -> str:
    """Somebody's data in a text, as it is written there; handles are those of others."""
    own = (one for one in redactions if one["kind"] != "handle" and one["start"] is not None)
    return " ".join(text[one["start"] : one["end"]].lower() for one in own)


def _own_words(row: Row, text: str) -> str:
    """What the author wrote: sources do the same with what they read."""

    def read(reading: _mail.Reading) -> str:
        return text_of(text, reading) if is_html(row.html) else text

    if row.channel != "email":
        return read(discourse.reading)
    name, address = parseaddr(row.author or "")
    own = own_text(read(_mail.reading), name or address)
    return own or forwarded_text(read(_mail.reading_all), name or address)


def _heard(fetched: pa.Table, channels: list[str], settings: Settings) -> pa.Table:
    """Rows of the table `messages`, in the order of the file."""
    of_row = pa.array(channels, pa.string())
    parts = [
        arrived(fetched.filter(pc.equal(of_row, channel)), FILE, channel, settings)
        for channel in sorted(set(channels))
    ]
    if not parts:
        return contract("messages").full_schema.empty_table()
    return pa.concat_tables(parts).sort_by("message_id")


def _redactions(
    kept: list[int],
    rows: list[Row],
    written: list[str | None],
    texts: list[str],
    public: Set[str],
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield each row that could be read with its redactions, placed in the text as given."""
    found = find(pl.Series([written[at] for at in kept], dtype=pl.String), public)
    places: dict[int, list[tuple[str, int, int]]] = {}
    for row, kind, start, end in found.rows():
        places.setdefault(kept[row], []).append((kind, start, end))
    for at in kept:
        of_row = places.get(at, [])
        stood = [(start, end) for _, start, end in of_row]
        spans: Iterable[tuple[int, int] | None] = stood
        if of_row and written[at] != texts[at]:
            spans = origins(
                texts[at], str(written[at]), stood, is_html=bool(is_html(rows[at].html))
            )
        yield (
            at,
            [
                {"kind": kind, "start": span and span[0], "end": span and span[1]}
                for (kind, _, _), span in zip(of_row, spans, strict=True)
            ],
        )


def _with_originals(
    tables: Iterable[pa.Table], repeated: dict[int, int], done: Cleaned
) -> Iterator[pa.RecordBatch]:
    """Fill in `duplicate_of` and count."""
    wanted, first = set(repeated.values()), 0
    ids: dict[int, str] = {}
    for table in tables:
        numbers = range(first, first + table.num_rows)
        ids.update((at, table["id"][at - first].as_py()) for at in wanted.intersection(numbers))
        repeats = pa.array([ids.get(repeated.get(at, -1)) for at in numbers], pa.string())
        table = table.set_column(OUTPUT.get_field_index("duplicate_of"), "duplicate_of", repeats)
        first += table.num_rows
        done.unreadable_count += table.num_rows - table["error"].null_count
        done.duplicates_count += len(repeats) - repeats.null_count
        done.excluded_counts.update(table["excluded_reason"].drop_null().to_pylist())
        kinds = pc.struct_field(pc.list_flatten(table["redactions"]), "kind")
        done.redacted_counts.update(kinds.to_pylist())
        yield from table.to_batches()


def _company(settings: Settings | None) -> Settings:
    """The settings that say what a text is; pseudonyms are not asked for, so no key is needed."""
    if settings is None:
        return of_mapping(
            {"company": {"name": "nobody at all"}, "sources": []}, Path("engage.toml")
        )
    return settings.model_copy(update={"privacy": Privacy()})
