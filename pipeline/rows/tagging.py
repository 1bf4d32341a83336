"""Tags a file: one row out per row in, in the input's order. A public interface.

Input is .jsonl, .csv or .parquet with a column `text` and optionally `id` and `lang`; output is
.parquet or .jsonl. A row that cannot be read keeps its place, with nulls and the reason in
`error`. A file without ids gets the numbers of its rows, from 0, and a row without one beside
others `row:` and its number: no row has the id of another. Memory is bounded by the batch, never by
the file.

A text in another language than Dutch and English, or in none that can be told (`und`), gets
probabilities too, but the models do not know its words: its `is_` columns are false. Texts are read
as they look (`looks`); evidence stands in the text as given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.detectors.base import MAIN_TAGS
from pipeline.errors import FatalError
from pipeline.rows import Batch, read
from pipeline.rows._output import refuse, write_rows

TAGS = MAIN_TAGS
EVIDENCE = pa.list_(
    pa.struct(
        [
            ("tag", pa.string()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("text", pa.string()),
            ("weight", pa.float64()),
            ("kind", pa.string()),
        ]
    )
)
OUTPUT = pa.schema(
    [
        ("id", pa.string()),
        ("language", pa.string()),
        *((tag, pa.float32()) for tag in TAGS),
        *((f"is_{tag}", pa.bool_()) for tag in TAGS),
        ("evidence", EVIDENCE),
        ("error", pa.string()),
    ]
)
"""What `engage tag` writes. `start` and `end` count characters: `text[start:end]` is the span."""


class Models(Protocol):
    """What tagging needs of the models: a `pipeline.tagger.Tagger` has it."""

    def tag(self, texts: pa.StringArray, languages: pa.StringArray) -> pa.RecordBatch:
        """Give `<tag>`, `is_<tag>` and `evidence` for each text."""
        ...


@dataclass
class Tagged:
    """What was done: rows written, those that could not be read, and those of each tag.

    `unknown_languages_count` is rows whose `lang` is no language, so that it was identified.
    """

    rows_count: int = 0
    unreadable_count: int = 0
    unknown_languages_count: int = 0
    tag_counts: Counter[str] = field(default_factory=Counter)


def tag(
    source: Path,
    target: Path,
    models: Models,
    on_progress: Callable[[int, float], None] | None = None,
) -> Tagged:
    """Tag a file.

    Args:
        source: the input; its ending names its format.
        target: the output, replaced in one step when all rows are there.
        models: the models.
        on_progress: called after each batch with rows done and the share of the input read.

    Raises:
        SettingsError: when a file or its column `text` is not there or cannot be used.
        FatalError: when the models do not answer every row.
    """
    refuse(source, target)
    done = Tagged()
    write_rows(target, _tagged(source, models, done, on_progress), OUTPUT)
    return done


def _tagged(
    source: Path,
    models: Models,
    done: Tagged,
    on_progress: Callable[[int, float], None] | None,
) -> Iterator[pa.RecordBatch]:
    for batch in read(source):
        rows = score(batch, models)
        done.rows_count += rows.num_rows
        done.unreadable_count += rows.num_rows - rows["error"].null_count
        done.unknown_languages_count += batch.unknown_count
        done.tag_counts.update({one: pc.sum(rows[f"is_{one}"]).as_py() or 0 for one in TAGS})
        yield rows
        if on_progress is not None:
            on_progress(done.rows_count, batch.share)


def score(batch: Batch, models: Models) -> pa.RecordBatch:
    """Score one batch: readable rows by the models, the others nulls. Schema `OUTPUT`."""
    readable = pc.is_null(batch.error)
    text = batch.text.filter(readable)
    columns = {"id": batch.id, "error": batch.error}
    if len(text) == 0:
        rest = {f.name: pa.nulls(len(batch.id), f.type) for f in OUTPUT if f.name not in columns}
        return _row_order(columns | rest)
    language = _languages(text, batch.language.filter(readable))
    scored = models.tag(text, language)
    if scored.num_rows != len(text):
        raise FatalError(
            f"the models answered {scored.num_rows} rows for {len(text)}",
            where="tag",
            mend="run `engage check`; the models and the code must be of one version",
        )
    # A null index takes a null: that is how an unreadable row keeps its place.
    counted = pc.subtract(pc.cumulative_sum(readable.cast(pa.int64())), 1)
    place = pc.if_else(readable, counted, pa.scalar(None, pa.int64()))
    columns["language"] = language.take(place)
    for name in set(OUTPUT.names) - set(columns):
        column = _evidence(scored[name]) if name == "evidence" else scored[name]
        columns[name] = column.cast(OUTPUT.field(name).type).take(place)
    return _row_order(columns)


def _row_order(columns: dict[str, pa.Array]) -> pa.RecordBatch:
    return pa.record_batch([columns[name] for name in OUTPUT.names], schema=OUTPUT)


def _evidence(column: pa.Array) -> pa.Array:
    """Put the fields of the spans into the order of `EVIDENCE`."""
    spans = column.flatten()
    names = [field.name for field in EVIDENCE.value_type]
    fields = [spans.field(name) for name in names]
    ordered = pa.StructArray.from_arrays(fields, names=names)
    lengths = pc.fill_null(pc.list_value_length(column), 0)
    offsets = pa.concat_arrays(
        [pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())]
    )
    return pa.ListArray.from_arrays(offsets, ordered)


def _languages(text: pa.StringArray, given: pa.StringArray) -> pa.StringArray:
    if given.null_count == 0:
        return given
    from pipeline.conversations.language import identify

    unknown = pc.is_null(given)
    found, _ = identify(text.filter(unknown))
    return pc.replace_with_mask(given, unknown, found)
