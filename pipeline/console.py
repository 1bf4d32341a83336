"""How the command speaks: results on stdout, progress and errors on stderr.

Text that comes from messages is data: no mark-up is read from it, and control characters and
direction overrides are taken out, so that a message cannot repaint someone's terminal.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
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
    seen = "".join(
        one
        for one in str(value)
        if one.isspace() or one == _JOINER or unicodedata.category(one) not in _HIDDEN
    )
    return " ".join(seen.split())


def shortened(text: str, longest: int) -> str:
    """Clean text of at most so many characters, cut between words."""
    one = clean(text)
    return one if len(one) <= longest else one[:longest].rsplit(" ", 1)[0] + " …"


def counted(count: int, name: str) -> str:
    """A number with its noun: `1 row`, `2 rows`, `no rows`."""
    return f"{f'{count:,}' if count else 'no'} {name}{'' if count == 1 else 's'}"


def program() -> str:
    """What to type for `engage` here: its path as it was typed, where the PATH does not find it."""
    typed = sys.argv[0]
    if Path(typed).parts[-2:] == ("pipeline", "__main__.py"):
        return f"{shlex.quote(sys.executable)} -m pipeline"
    found = shutil.which("engage")
    if Path(typed).name != "engage" or (found and Path(found).samefile(typed)):
        return "engage"
    return shlex.quote(typed)


def command(words: str, config: Path | None = None) -> str:
    """A command that works when it is copied: with the settings that were given, if any."""
    option = f" -c {shlex.quote(str(config))}" if config else ""
    return f"{program()} {words}{option}"


def console(*, to_stderr: bool = False) -> Console:
    """A console as wide as its terminal; in a file or pipe 100 columns, unless COLUMNS says."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def table(columns: Sequence[str], *, right: Iterable[str] = (), grow: str = "") -> Table:
    """An empty table: columns in `right` are numbers, `grow` takes the width that is left.

    Where it is narrow, names and texts go over more lines; numbers stay whole.
    """
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
            overflow="fold",
        )
    return made


def pairs(*, right: bool = False, gap: int = 0) -> Table:
    """An empty table of two columns without names or lines.

    Args:
        right: set the first column to the right.
        gap: blank lines below each row.
    """
    from rich.table import Table

    made = Table(box=None, show_header=False, padding=(0, 2, gap, 0), pad_edge=False)
    made.add_column(justify="right" if right else "left", no_wrap=True)
    made.add_column(overflow="fold")
    return made


def is_too_wide(made: Table, screen: Console) -> bool:
    """Tell whether words or numbers would have to be broken to show the table."""
    from rich.measure import Measurement

    wide = screen.options.update(width=10_000)
    return Measurement.get(screen, wide, made).minimum > screen.width


def add(made: Table, cells: Iterable[object], style: str = "") -> None:
    """Add a row of cleaned cells; None is left blank, whole numbers get thousands separators."""
    from rich.text import Text

    made.add_row(
        *(
            one
            if isinstance(one, Text)
            else Text(_cell(one), style, no_wrap=column.justify == "right" or None)
            for column, one in zip(made.columns, cells, strict=True)
        )
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return clean(value)


def explain(error: EngageError) -> str:
    """An error as the block of lines that people see."""
    lines = [f"error: {_printable(error.told)}"]
    if error.mend:
        lines.append(f"mend:  {_printable(typeable(error.mend))}")
    return "\n".join(lines)


def typeable(text: str) -> str:
    """Text whose commands can be copied: `engage …` becomes what to type for it here."""
    return re.sub("(?<=`)engage(?= )", lambda _: program(), text)


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
