"""The day of a record: when it was sent, or where it stands among those that say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from pipeline.errors import FatalError
from pipeline.records import UNDATED

LONGEST_RAW = 20_000
MOST_UNDATED = 100_000


class Days:
    """Gives every rejected record without a readable time a day."""

    def __init__(self, name: str) -> None:
        """Begin. `name` is the source's, for the error."""
        self._name = name
        self._last: date | None = None
        self._waiting: list[pl.DataFrame] = []

    def place(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Yield frames with `seen_on`; those before the first dated record come when it comes."""
        last = pl.lit(self._last, dtype=pl.Date)
        frame = frame.with_columns(seen_on=pl.col("day").forward_fill().fill_null(last))
        undated = frame["seen_on"].null_count()
        if undated:
            self._wait(shortened(frame.head(undated)))
            frame = frame.slice(undated)
        if frame.is_empty():
            return
        yield from self.rest(frame["seen_on"][0])
        self._last = frame["seen_on"][-1]
        yield frame

    def rest(self, day: date = UNDATED) -> Iterator[pl.DataFrame]:
        """Yield what still waits, placed on `day`."""
        waiting, self._waiting = self._waiting, []
        for frame in waiting:
            yield frame.with_columns(seen_on=pl.lit(day))

    def _wait(self, frame: pl.DataFrame) -> None:
        self._waiting.append(frame)
        if sum(map(len, self._waiting)) > MOST_UNDATED:
            raise FatalError(
                f"none of the first {MOST_UNDATED:,} records has a readable time",
                where=f"sources.{self._name}: {frame['origin'][0]}",
                mend="correct the source's type, its mapping of `sent_at` or its `time_zone`",
            )


def shortened(frame: pl.DataFrame) -> pl.DataFrame:
    """Cut what a record shows of itself at 20,000 characters."""
    return frame.with_columns(
        pl.col("raw").str.strip_chars_end("\r\n").str.slice(0, LONGEST_RAW),
        pl.col("text").str.slice(0, LONGEST_RAW),
    )
