"""Looks at the lake: whether it can be written, and whether each partition is sound."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.check._finding import Finding
from pipeline.console import counted
from pipeline.errors import FatalError, SettingsError
from pipeline.settings import Settings


def lake(settings: Settings, file: Path) -> str:
    """Look at the place of the lake. `file` is where the settings were read from."""
    from pipeline.storage import Lake

    location = settings.lake_location
    if "://" not in location:
        return writable("lake", file.resolve().parent / settings.lake)
    Lake(location).try_out()
    return f"{location} can be read and written"


def writable(what: str, place: Path) -> str:
    """Try to write at a place, or as near above it as there is a folder."""
    for one in (place, *place.parents):
        # A run would make what the link leads to: on this disk, when that other is not mounted.
        if one.is_symlink() and not one.exists():
            raise SettingsError(
                f"the {what} is behind a link to what is not there",
                where=str(one),
                mend=f"mount or make what it leads to, or set another `{what}`",
            )
    folder = location = place.resolve()
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


def strangers(settings: Settings) -> Iterator[Finding]:
    """Warn of sources in the lake that the settings do not name: one may have been renamed."""
    from pipeline.storage import Lake

    held = {one["source"] for one in Lake(settings.lake_location).partitions("messages")}
    for name in sorted(held.difference(settings.source_names)):
        unknown = SettingsError(
            "the lake holds messages of a source that the settings do not name; under another name"
            " its messages are others, and what they repeat stays as open as it was",
            where=f"sources.{name}",
            mend=f"where it was renamed, give it its name back, or remove messages/source={name} of"
            " the lake and run its days again; where it is gone for good, leave it",
        )
        yield Finding(f"source {name}", "", unknown, is_warning=True)


def partitions(settings: Settings, table: str) -> Iterator[Finding]:
    """Read every partition of a table; one finding per broken one, one for all that are well."""
    from pipeline.contracts import contract
    from pipeline.storage import Lake, answered

    known = contract(table)
    rows = count = 0
    broken = False
    lake = Lake(settings.lake_location)
    try:
        fragments = lake.dataset(table).get_fragments()
    except FatalError as error:
        yield Finding(f"table {table}", "", error)
        return
    for fragment in fragments:
        day = lake.place(fragment.path)
        try:
            found = fragment.physical_schema
            # Where a file is of another version, its columns are read as those of this one.
            if known.has_written(found) and not found.equals(known.schema):
                raise _drifted(day, found.names, known.schema.names)
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
            # A store that does not answer says nothing of the file.
            yield Finding(f"table {table}", "", answered(error, day, "read") or damaged)
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
        mend="put back the file that Engage wrote, or remove it and run its day again",
    )
