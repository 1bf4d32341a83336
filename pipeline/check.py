"""Looks at everything a run needs, and says what is wrong and what mends it.

Nothing stops at the first problem: settings, sources with their first records, contracts, models,
the lake and the exports are all looked at. Nothing is changed, but for a file that is written into
a folder and removed.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.console import clean, counted, explain
from pipeline.engagement.base import target_of
from pipeline.errors import EngageError, FatalError, SettingsError
from pipeline.records import Window
from pipeline.settings import DeliverySettings, Settings

if TYPE_CHECKING:
    from pipeline.sources.base import Source

FIRST_RECORDS = 1_000
"""Records of a source that are read to see whether it can be read at all."""
SHORTEST_KEY = 16
ALWAYS = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Finding:
    """What one look found. `error` is null when all is well; a warning does not fail the check."""

    subject: str
    what: str
    error: EngageError | None = None
    is_warning: bool = False

    @property
    def is_problem(self) -> bool:
        """Whether a run would go wrong."""
        return self.error is not None and not self.is_warning


def findings(
    settings: Settings, file: Path, *, now: datetime, connect: bool = False
) -> Iterator[Finding]:
    """Look at everything, in the order in which a run needs it.

    Args:
        settings: the settings.
        file: where they were read from.
        now: aware; a record that claims to be sent later cannot be read.
        connect: ask every service for something small, to try its address and key.
    """
    yield Finding("settings", f"{file}, of {settings.company.name}")
    yield from _company(settings)
    for source in settings.sources:
        yield _looked(
            f"source {source.name}", partial(_source, settings, source.name, now, connect=connect)
        )
    yield from _queries(settings, file)
    for table in _tables():
        yield _looked(f"contract {table}", partial(_contract, table))
    yield _looked("models", lambda: _models(settings))
    yield from _routing(settings)
    yield _looked("lake", lambda: _lake(settings))
    yield _looked("exports", lambda: _exports(settings))
    for delivery in settings.deliveries:
        yield _looked(f"delivery {delivery.name}", partial(_delivery, delivery))
    with suppress(EngageError, OSError):  # what is wrong with the lake itself is said above
        for table in _tables():
            yield from _partitions(settings, table)


def show(found: Iterable[Finding], say: Callable[[str], None]) -> int:
    """Say each finding as it comes, and how many problems there are. Returns the exit code."""
    held = []
    for one in found:
        held.append(one)
        mark = "FAIL" if one.is_problem else "warn" if one.is_warning else "ok"
        what = explain(one.error).removeprefix("error: ") if one.error else clean(one.what)
        say(f"{mark:4}  {one.subject}: " + what.replace("\n", "\n      "))
    problems = sum(one.is_problem for one in held)
    warnings = sum(one.is_warning for one in held)
    say(f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}")
    return exit_code(held)


def exit_code(found: list[Finding]) -> int:
    """The exit code for what was found: that of the gravest problem, 0 when there is none."""
    return max((one.error.exit_code for one in found if one.error and one.is_problem), default=0)


def _looked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, look())
    except EngageError as error:
        return Finding(subject, "", error)


def _company(settings: Settings) -> Iterator[Finding]:
    """Look at what is easily forgotten and never stops a run."""
    if not settings.company.own_accounts:
        unknown = SettingsError(
            "no account speaks for the company, so its own replies may be read as a customer's",
            where="company.own_accounts",
            mend="name the handles, forum names and addresses that answer customers",
        )
        yield Finding("company", "", unknown, is_warning=True)
    if settings.privacy.author_key_env is None:
        open_ = SettingsError(
            "the pseudonyms of authors are made without a secret: anyone can make them again",
            where="privacy.author_key_env",
            mend="name an environment variable there that holds 32 random characters",
        )
        yield Finding("privacy", "", open_, is_warning=True)
        return
    yield _looked("privacy", lambda: _key(settings))


def _key(settings: Settings) -> str:
    length = len(settings.author_key())
    if length < SHORTEST_KEY:
        raise SettingsError(
            f"the key has {length} bytes and can be guessed",
            where=f"privacy.author_key_env: {settings.privacy.author_key_env}",
            mend="let the variable hold 32 random characters, the same in every run",
        )
    return f"the key has {length} bytes"


def _source(settings: Settings, name: str, now: datetime, *, connect: bool) -> str:
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


def _queries(settings: Settings, file: Path) -> Iterator[Finding]:
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


def _tables() -> tuple[str, ...]:
    from pipeline.contracts import TABLES

    return TABLES


def _contract(table: str) -> str:
    from pipeline.contracts import contract

    known = contract(table)
    return f"version {known.version}, {len(known.columns)} columns, {len(known.rules)} rules"


def _models(settings: Settings) -> str:
    from pipeline.model_sets import champion
    from pipeline.tagger import Tagger, detectors

    versions = Tagger.load(champion(settings.models_folder)).model_versions
    without = [
        f"{tag} has no model: make train TAG={tag}" for tag in detectors() if tag not in versions
    ]
    return ", ".join([*(versions[tag] for tag in sorted(versions)), *without])


def _routing(settings: Settings) -> Iterator[Finding]:
    """Look for opportunities without an owner, routes without use, and examples gone astray."""
    from pipeline import routes
    from pipeline.model_sets import champion
    from pipeline.tagger import Tagger

    found = [Finding("routing", "", one) for one in routes.problems(settings)]
    found += [Finding("routing", "", one, is_warning=True) for one in routes.warnings(settings)]
    examples = sum(len(route.examples) for route in settings.routing)
    if examples:
        # Models that cannot be read have a finding of their own.
        with suppress(EngageError):
            tagger = Tagger.load(champion(settings.models_folder))
            found += [Finding("routing", "", one) for one in routes.misrouted(settings, tagger)]
    yield from found
    if not any(one.is_problem for one in found):
        tried = f"{counted(examples, 'example')} tried"
        yield Finding("routing", f"{counted(len(settings.routing), 'route')}, {tried}")


def _exports(settings: Settings) -> str:
    return _writable("exports", str(settings.exports_to_write()))


def _delivery(delivery: DeliverySettings) -> str:
    target_of(delivery)
    for key in ("address_env", "token_env"):
        delivery.secret(key)
    return f"{delivery.table} to {delivery.type}"


def _lake(settings: Settings) -> str:
    from pipeline.storage import Lake

    location = settings.lake_location
    if "://" not in location:
        return _writable("lake", location)
    try:
        Lake(location).exists()
    except OSError as error:
        raise SettingsError(
            f"the lake cannot be read ({type(error).__name__})",
            where=location,
            mend="check the address, and that this machine may read and write there",
        ) from error
    return f"{location} (an object store: whether it may be written shows at the first write)"


def _writable(what: str, location: str) -> str:
    folder = Path(location)
    while not folder.exists():
        folder = folder.parent
    try:
        if not folder.is_dir():
            raise NotADirectoryError(0, "not a folder")
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".engage-check-"):
            pass
    except OSError as error:
        raise SettingsError(
            f"the {what} may not be written ({error.strerror})",
            where=str(folder),
            mend=f"give this user the right to write there, or set another `{what}`",
        ) from error
    return f"{location} can be written"


def _partitions(settings: Settings, table: str) -> Iterator[Finding]:
    """Read every partition of a table; one finding per broken one, one for all that are well."""
    from pipeline.contracts import contract
    from pipeline.storage import Lake

    rows = count = 0
    broken = False
    for fragment in Lake(settings.lake_location).dataset(table).get_fragments():
        day = os.path.relpath(fragment.path, settings.lake_location)
        try:
            found = fragment.physical_schema.remove_metadata()
            if not found.equals(contract(table).schema.remove_metadata()):
                raise _drifted(day, found.names, contract(table).schema.names)
            rows += sum(batch.num_rows for batch in fragment.to_batches())
            count += 1
        except FatalError as error:
            broken = True
            yield Finding(f"table {table}", "", error)
        except (OSError, ValueError) as error:
            broken = True
            damaged = FatalError(
                f"the partition cannot be read ({type(error).__name__})",
                where=day,
                mend="remove this file and run its day again",
            )
            yield Finding(f"table {table}", "", damaged)
    if not broken:
        held = f"{counted(rows, 'row')} in {counted(count, 'partition')}"
        yield Finding(f"table {table}", held)


def _drifted(where: str, found: list[str], known: list[str]) -> FatalError:
    parts = [
        f"{said} {', '.join(names)}"
        for said, names in (
            ("lacks", [name for name in known if name not in found]),
            ("has no place for", [name for name in found if name not in known]),
        )
        if names
    ]
    return FatalError(
        "the file is not that of its contract: "
        + ("; ".join(parts) or "a type or the order differs"),
        where=where,
        mend="run its day again; it was written under another version of the contract",
    )
