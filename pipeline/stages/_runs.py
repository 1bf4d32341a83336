"""What a run of a stage did, in the table `runs`; the accounting is asserted in every run."""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

import pyarrow as pa

from pipeline import __version__
from pipeline.contracts import check, contract
from pipeline.errors import FatalError
from pipeline.memory import keep_freed
from pipeline.records import ALL, Window
from pipeline.settings import Settings
from pipeline.storage import Lake

LOG = logging.getLogger("engage")
"""Names and counts, never what anybody said: a task's log says what the task did."""


@dataclass
class Counts:
    """Rows of the input and where they ended up; `rows_written` counts rows of the output."""

    rows_in: int = 0
    rows_out: int = 0
    quarantined: int = 0
    duplicates: int = 0
    excluded: int = 0
    rows_written: int = 0
    model_versions: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def kept(self) -> int:
        """Rows of the input that are accounted for."""
        return self.rows_out + self.quarantined + self.duplicates


@dataclass(frozen=True)
class Run:
    """One row of the table `runs`."""

    stage: str
    source: str
    window_on: date
    run_id: str
    window_start: datetime
    window_end: datetime
    rows_in: int
    rows_out: int
    quarantined: int
    duplicates: int
    excluded: int
    rows_written: int
    seconds: float
    peak_memory_bytes: int
    settings_hash: str
    contract_versions: str
    model_versions: str | None
    code_version: str


class Recorder:
    """Collects the counts of a run; when it is over there is the `run` itself."""

    run: Run

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.counts = Counts()


def accounted(rows_in: int, kept: int, where: str) -> None:
    """Raise FatalError when not every row that came in is accounted for.

    The two are counted apart: what came by who gave it, what was kept by who is about to write it.
    So a stage asks before it replaces anything.
    """
    if rows_in != kept:
        raise FatalError(
            f"{rows_in} rows came in but {kept} are accounted for",
            where=where,
            mend="this is a mistake in Engage: report it with `engage --debug`",
        )


def run_id(stage: str, source: str, day: date) -> str:
    """Name a run by stage, source and day, the same however long the window was."""
    return f"{stage}/{source}/{day}"


@contextmanager
def recorded(
    settings: Settings,
    lake: Lake,
    stage: str,
    window: Window,
    tables: Iterable[str],
    source: str = ALL,
) -> Iterator[Recorder]:
    """Time a stage and write its row to `runs`.

    Raises FatalError when rows in are not rows out, quarantined and duplicates together; stages
    have found that out before they replaced anything. BusyError when another run is at work.
    """
    keep_freed()
    begun, recorder = time.perf_counter(), Recorder()
    with _alone(lake, source):
        yield recorder
    counts = recorder.counts
    accounted(counts.rows_in, counts.kept, f"{stage} {source} {window}")
    versions = {table: contract(table).version for table in sorted(tables)}
    models = counts.model_versions
    day = window.start.date()
    done = Run(
        stage=stage,
        source=source,
        window_on=day,
        run_id=run_id(stage, source, day),
        window_start=window.start,
        window_end=window.end,
        rows_in=counts.rows_in,
        rows_out=counts.rows_out,
        quarantined=counts.quarantined,
        duplicates=counts.duplicates,
        excluded=counts.excluded,
        rows_written=counts.rows_written,
        seconds=round(time.perf_counter() - begun, 3),
        peak_memory_bytes=_peak_memory(),
        settings_hash=settings.fingerprint(),
        contract_versions=json.dumps(versions),
        model_versions=None if models is None else json.dumps(dict(sorted(models.items()))),
        code_version=__version__,
    )
    rows = pa.Table.from_pylist([asdict(done)], schema=contract("runs").full_schema)
    partition = {"stage": stage, "source": source, "window_on": str(day)}
    lake.write("runs", partition, check(rows, "runs", where=str(window)).good)
    recorder.run = done
    LOG.info(
        "%s of %s, %s: %d rows in, %d out, %d quarantined, %d duplicates; %.1f s, %d MiB",
        *(stage, source, window, done.rows_in, done.rows_out, done.quarantined, done.duplicates),
        *(done.seconds, done.peak_memory_bytes >> 20),
    )


@contextmanager
def _alone(lake: Lake, source: str) -> Iterator[None]:
    """Let no two runs write the same: sources are listened to side by side, all else is alone."""
    is_one = source != ALL
    own = lake.lock(f"run.{source}", waits=False) if is_one else nullcontext()
    with lake.lock("run", is_shared=is_one, waits=False), own:
        yield


def _peak_memory() -> int:
    """The most memory this process has held, in bytes; the system counts in KiB but on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
