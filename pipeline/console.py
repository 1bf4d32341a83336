"""How the command speaks: results on stdout, progress and errors on stderr.

Text that comes from messages is data: no mark-up is read from it, and control characters and
direction overrides are taken out, so that a message cannot repaint someone's terminal.
"""

from __future__ import annotations

import shutil
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import EngageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PLAIN_WIDTH = 100
LOG_EVERY_SECONDS = 5.0
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINER = "\u200d"
Tick = Callable[[str, float], None]


def clean(value: object) -> str:
    """Text that is safe and on one line: line breaks become spaces, hidden characters go."""
    spaced = " ".join(str(value).split())
    return "".join(
        one for one in spaced if one == _JOINER or unicodedata.category(one) not in _HIDDEN
    )


def console(*, to_stderr: bool = False) -> Console:
    """A console as wide as its terminal; in a file or pipe 100 columns, unless COLUMNS says."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def table(columns: Sequence[str], *, right: Iterable[str] = (), grow: str = "") -> Table:
    """An empty table: columns in `right` are numbers, `grow` takes the width that is left."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=bool(grow))
    numbers = set(right)
    for name in columns:
        made.add_column(
            Text(name),
            justify="right" if name in numbers else "left",
            ratio=1 if name == grow else None,
            no_wrap=name in numbers,
            overflow="fold",
        )
    return made


def add(made: Table, cells: Iterable[object], style: str = "") -> None:
    """Add a row of cleaned cells; None is left blank, whole numbers get thousands separators."""
    from rich.text import Text

    made.add_row(*(one if isinstance(one, Text) else Text(_cell(one), style) for one in cells))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return clean(value)


def explain(error: EngageError) -> str:
    """An error as the block of lines that people see."""
    what = error.what if not error.where else f"{error.where}: {error.what}"
    lines = [f"error: {_printable(what)}"]
    if error.mend:
        lines.append(f"mend:  {_printable(error.mend)}")
    return "\n".join(lines)


def _printable(text: str) -> str:
    return "\n".join(
        "".join(one for one in line if unicodedata.category(one) not in _HIDDEN)
        for line in text.splitlines()
    )


@contextmanager
def progress(title: str, *, every: float = 0.0) -> Iterator[Tick]:
    """Show how far work is: a bar on a terminal, plain lines in a log.

    Yields a function of a text and the share done, 0 to 1. In a log at most one line is written
    per `every` seconds.
    """
    if not sys.stderr.isatty():
        yield _logged(title, every)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    parts: list[Any] = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*parts, console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda text, share: bar.update(
            task, description=clean(f"{title}: {text}"), completed=share
        )


def _logged(title: str, every: float) -> Tick:
    last = time.monotonic() if every else 0.0

    def tick(text: str, share: float) -> None:
        nonlocal last
        if every and time.monotonic() - last < every:
            return
        last = time.monotonic()
        sys.stderr.write(clean(f"{title}: {text} ({share:.0%})") + "\n")
        sys.stderr.flush()

    return tick
