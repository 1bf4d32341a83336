"""Which rows of a file repeat an earlier one, as `assemble` decides it of the messages of a lake.

Sketches of all rows lie in memory; texts only of those that are compared.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import pyarrow as pa

from pipeline.conversations import duplicates


def sketch(messages: pa.Table, given: list[str]) -> pl.DataFrame:
    """What is kept of a batch.

    Args:
        messages: rows of the table `messages`; `message_id` ends in the row's number, after a
            colon.
        given: what each row gives of somebody's data, which tells people apart where no author
            is known.
    """
    columns = ["message_id", "source", "author_id", "sent_at", "is_own", "text"]
    spoken = pl.DataFrame(messages.select(columns))
    by_data = pl.Series([f"gives {one}" for one in given], dtype=pl.String)
    return duplicates.sketched(
        spoken.with_columns(author_id=pl.coalesce(pl.col("author_id"), by_data))
    )


def originals(sketches: list[pl.DataFrame], tables: Iterable[pa.Table]) -> dict[int, int]:
    """The number of each row that repeats an earlier one, to the number of that one.

    Args:
        sketches: of all batches.
        tables: the batches again, all of their rows in the order of the file, with `text`.
    """
    if not sketches:
        return {}
    ordered = duplicates.ordered(pl.concat(sketches))
    numbers = ordered.select(_number("message_id")).to_series()
    pairs = duplicates.candidates(ordered)
    copies = duplicates.verified(pairs, _texts(numbers, pairs, tables))
    marked = pl.DataFrame({"row": numbers, "original": duplicates.mark(ordered, copies)})
    repeats = marked.drop_nulls().with_columns(_number("original"))
    return dict(repeats.rows())


def _number(column: str) -> pl.Expr:
    return pl.col(column).str.split(":").list.last().cast(pl.Int64)


def _texts(numbers: pl.Series, pairs: pl.DataFrame, tables: Iterable[pa.Table]) -> pl.Series:
    """The text of each sketch that is compared, null elsewhere."""
    compared = pl.concat([pairs["row"], pairs["earlier"]]).unique().sort()
    wanted = numbers.gather(compared)
    found, first = [pl.Series([], dtype=pl.String)], 0
    for table in tables if len(wanted) else ():
        inside = wanted.filter((wanted >= first) & (wanted < first + table.num_rows)) - first
        found.append(pl.Series(table["text"]).gather(inside))
        first += table.num_rows
    texts = pl.repeat(None, len(numbers), dtype=pl.String, eager=True)
    return texts.scatter(compared, pl.concat(found))
