"""Looks at the sources and their first records, and tries the examples of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.check._finding import Finding
from pipeline.console import counted
from pipeline.errors import SettingsError
from pipeline.records import ALWAYS, Window
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.sources.base import Source

FIRST_RECORDS = 1_000
"""Records of a source that are read to see whether it can be read at all."""


def one_source(settings: Settings, name: str, now: datetime, *, connect: bool) -> str:
    from pipeline.sources.base import create

    source = settings.source(name)
    made = create(source)
    if made.is_fetched:
        source.token()
        if connect:
            return f"{source.type}, {made.connect(Window.of_days(now.date()))}"
        return f"{source.type}, not asked: --connect tries the address and the key"
    files = source.files()
    for file in files:
        try:
            with file.open("rb") as stream:
                stream.read(1)
        except OSError as error:
            raise SettingsError(
                f"the file cannot be read ({error.strerror})",
                where=f"sources.{name}: {source.origin(file)}",
                mend="give this user the right to read it",
            ) from error
    size = sum(file.stat().st_size for file in files)
    about = f"{source.type}, {counted(len(files), 'file')}, {counted(size, 'byte')}"
    return f"{about}; {_first_records(made, name, now)}"


def _first_records(source: Source, name: str, now: datetime) -> str:
    """Read the first records. Raises SettingsError when not one of them can be read."""
    readable = 0
    rules: Counter[str] = Counter()
    days: set[date] = set()
    first = ""
    for fetched in source.fetch(ALWAYS, not_after=now):
        readable += fetched.messages.num_rows
        days.update(fetched.messages["sent_at"].cast(pa.date32()).unique().to_pylist())
        rules.update(fetched.rejected["rule_id"].to_pylist())
        if not first and fetched.rejected.num_rows:
            first = fetched.rejected["origin"][0].as_py()
        if readable + rules.total() >= FIRST_RECORDS:
            break
    if rules and not readable:
        worst = ", ".join(f"{rule} ({count:,})" for rule, count in rules.most_common(3))
        raise SettingsError(
            f"none of the first {counted(rules.total(), 'record')} can be read: {worst}",
            where=f"sources.{name}: {first}",
            mend=MENDS.get(rules.most_common(1)[0][0], MENDS[""]),
        )
    if not readable:
        return "no records"
    said = f"{readable:,} of the first {counted(readable + rules.total(), 'record')} can be read"
    return f"{said}, of {min(days)} to {max(days)}"


MENDS = {
    "missing_id": "name the column that holds the id: mapping.native_id",
    "missing_time": "name the column that holds the time: mapping.sent_at",
    "empty_text": "name the column that holds the text: mapping.text",
    "naive_time": 'say in which zone the times are: time_zone = "Europe/Amsterdam"',
    "": "correct the source's type or its mapping; docs/sources.md says what each rule means",
}


def queries(settings: Settings, file: Path) -> Iterator[Finding]:
    """Try the examples of every query; one finding per example that fails."""
    from pipeline.conversations.queries import failures

    for query in settings.queries:
        subject, where = f"query {query.name}", f"{file.name}: queries.{query.name}"
        failed = list(failures(query))
        for one in failed:
            error = SettingsError(
                f"the example {one.what}", where=f"{where}.{one.place}", mend=one.mend
            )
            yield Finding(subject, "", error)
        count = len(query.must_match) + len(query.must_not_match)
        if not count:
            untried = SettingsError(
                "has no examples, so nobody knows what it matches",
                where=where,
                mend="give `must_match` and `must_not_match` a text each",
            )
            yield Finding(subject, "", untried, is_warning=True)
        elif not failed:
            yield Finding(subject, f"{counted(count, 'example')} as it should be")
