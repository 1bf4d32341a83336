"""Looks at everything a run needs, and says what is wrong and what mends it.

Nothing stops at the first problem: settings, sources, contracts, models and the lake are all
looked at. Nothing is changed, but for a file that is written into the lake's folder and removed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.errors import EngageError, FatalError, SettingsError
from pipeline.settings import Settings


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


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything, in the order in which a run needs it."""
    yield from _privacy(settings)
    for source in settings.sources:
        yield _looked(f"source {source.name}", partial(_source, settings, source.name))
    for table in _tables():
        yield _looked(f"contract {table}", partial(_contract, table))
    yield _looked("models", lambda: _models(settings))
    yield _looked("lake", lambda: _writable(settings.lake_location))
    for table in _tables():
        yield from _partitions(settings, table)


def exit_code(found: list[Finding]) -> int:
    """The exit code for what was found: that of the gravest problem, 0 when there is none."""
    return max((one.error.exit_code for one in found if one.error and one.is_problem), default=0)


def _looked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, look())
    except EngageError as error:
        return Finding(subject, "", error)


def _privacy(settings: Settings) -> Iterator[Finding]:
    if settings.privacy.author_key_env is None:
        warning = SettingsError(
            "the pseudonyms of authors are made without a secret: anyone can make them again",
            where="privacy.author_key_env",
            mend="name an environment variable there that holds 32 random characters",
        )
        yield Finding("privacy", "", warning, is_warning=True)
        return
    yield _looked("privacy", lambda: f"the key has {len(settings.author_key())} bytes")


def _source(settings: Settings, name: str) -> str:
    from pipeline.sources.base import create

    source = settings.source(name)
    create(source)
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
    return f"{source.type}, {len(files)} file{'' if len(files) == 1 else 's'}, {size:,} bytes"


def _tables() -> tuple[str, ...]:
    from pipeline.contracts import TABLES

    return TABLES


def _contract(table: str) -> str:
    from pipeline.contracts import contract

    known = contract(table)
    return f"version {known.version}, {len(known.columns)} columns, {len(known.rules)} rules"


def _models(settings: Settings) -> str:
    from pipeline.tagger import Tagger

    versions = Tagger.load(settings.models_folder).model_versions
    return ", ".join(versions[tag] for tag in sorted(versions))


def _writable(location: str) -> str:
    if "://" in location:
        return f"{location} (an object store: rights show at the first write)"
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
            f"the lake may not be written ({error.strerror})",
            where=str(folder),
            mend="give this user the right to write there, or set another `lake`",
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
        yield Finding(f"table {table}", f"{rows:,} rows in {count:,} partitions")


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
