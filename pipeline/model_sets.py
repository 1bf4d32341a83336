"""Which models are in use: the champion, the challenger, and the champions before.

All tags' models share one vocabulary, so a set of models is one thing. `models/<tag>/` is the
shipped set. Every other set is a folder `models/sets/<name>/`, named by the hash of its bytes and
never changed. `models/lineage.json` names the challenger and the sets promoted so far: replacing
that one file promotes a set or rolls it back, so a reader finds the old champion or the new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.registry import choices
from pipeline.storage import replace_file

SHIPPED = "shipped"
KEPT = 5
"""Promoted sets that stay on the disk."""
_NAME = re.compile(r"[0-9a-f]{12}")
_UNFINISHED = ".new-"


@dataclass(frozen=True)
class Lineage:
    """The set that waits to be promoted, and those that were, the champion last.

    `refused` is the set that a person was asked about last, and did not let take the place of this
    champion.
    """

    challenger: str | None = None
    promoted: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def champion(self) -> str:
        """The set in use: the last promoted one, else the shipped one."""
        return self.promoted[-1] if self.promoted else SHIPPED

    @property
    def former(self) -> tuple[str, ...]:
        """The champions before this one, the last first; the shipped set is always the oldest."""
        return (*reversed(self.promoted[:-1]), SHIPPED) if self.promoted else ()


def lineage(models: Path) -> Lineage:
    """Read which sets there are. Raises FatalError for a file that cannot be read."""
    file = models / "lineage.json"
    if not file.exists():
        return Lineage()
    try:
        held = json.loads(file.read_text("utf-8"))
        found = Lineage(held["challenger"], tuple(held["promoted"]), held.get("refused"))
        names = [*found.promoted, *filter(None, (found.challenger, found.refused))]
        if not all(_NAME.fullmatch(name) for name in names):
            raise ValueError("not a name")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FatalError(
            "it cannot be read which models are in use",
            where=str(file),
            mend="restore the file; without it the shipped models are used",
        ) from error
    return found


def champion(models: Path) -> Path:
    """The folder of the models in use, whole. Raises FatalError as `folder_of` does."""
    return folder_of(models, lineage(models).champion)


def folder_of(models: Path, name: str) -> Path:
    """The folder of a set. Raises FatalError when a promoted set or a challenger was changed."""
    if name == SHIPPED:
        return models
    folder = models / "sets" / name
    if digest(folder) != name:
        what = "was changed" if folder.exists() else "is missing"
        mend = "train it again with `engage train --challenger`; if it is in use: `engage rollback`"
        raise FatalError(f"the set of models {what}", where=str(folder), mend=mend)
    return folder


def digest(folder: Path) -> str:
    """The name of a set: hash of every file of every tag's model, 12 hex digits."""
    sha = hashlib.sha256()
    for tag in sorted(file.parent for file in folder.glob("*/metadata.json")):
        for file in sorted(tag.iterdir()):
            body = hashlib.sha256(file.read_bytes()).hexdigest()
            sha.update(f"{tag.name}/{file.name} {body}\n".encode())
    return sha.hexdigest()[:12]


def asked_for(models: Path, name: str | None) -> str:
    """The challenger: the one named, else the last. Raises SettingsError when there is none."""
    known = sorted(folder.name for folder in (models / "sets").glob("[!.]*"))
    name = name or lineage(models).challenger
    if name is None:
        raise SettingsError(
            "there is no challenger", where=str(models), mend="make one: engage train --challenger"
        )
    if name not in known:
        mend = choices(name, known) if known else "make one: engage train --challenger"
        raise SettingsError(f"there is no set of models '{name}'", where=str(models), mend=mend)
    return name


@contextmanager
def new_set(models: Path) -> Iterator[Path]:
    """A hidden folder to train a set in; it is removed when it was not kept with `add`.

    Those that killed trainings left behind are removed first.
    """
    with _locked(models):
        _clear(models)
        held = tempfile.TemporaryDirectory(dir=models / "sets", prefix=_UNFINISHED)
        mine = _mark(Path(held.name))
        fcntl.flock(mine, fcntl.LOCK_EX)
    with held as folder, mine:
        yield Path(folder) / "set"


def add(models: Path, folder: Path) -> str:
    """Keep a set as the challenger. Returns its name; the same bytes have the same name."""
    name = digest(folder)
    kept = models / "sets" / name
    with _locked(models):
        if kept.exists() and digest(kept) != name:
            shutil.rmtree(kept)
        if not kept.exists():
            folder.rename(kept)
        _write(models, replace(lineage(models), challenger=name))
    return name


def promote(models: Path, name: str, *, instead_of: str) -> None:
    """Put a set in the place of the champion that it was compared with.

    Sets that are neither challenger nor among the last `KEPT` promoted are removed. Raises
    RetriableError when another set has become the champion meanwhile.
    """
    folder_of(models, name)
    with _locked(models):
        held = _still(models, instead_of)
        waiting = None if held.challenger == name else held.challenger
        _write(models, Lineage(waiting, (*held.promoted, name)[-KEPT:]))
        _tidy(models)


def go_back(models: Path, name: str, *, instead_of: str) -> None:
    """Make a former champion the champion again; those after it are no longer promoted.

    Raises RetriableError when another set has become the champion meanwhile.
    """
    folder_of(models, name)
    with _locked(models):
        held = _still(models, instead_of)
        upto = 0 if name == SHIPPED else held.promoted.index(name) + 1
        _write(models, replace(held, promoted=held.promoted[:upto], refused=None))


def refuse(models: Path, name: str) -> None:
    """Remember that a person said no to a set; another champion lets them be asked again."""
    with _locked(models):
        _write(models, replace(lineage(models), refused=name))


def _still(models: Path, champion: str) -> Lineage:
    held = lineage(models)
    if held.champion != champion:
        what = f"{held.champion} became the champion meanwhile"
        raise RetriableError(what, where=str(models), mend="look again with `engage compare`")
    return held


def _write(models: Path, held: Lineage) -> None:
    text = json.dumps(asdict(held), indent=2, sort_keys=True)
    replace_file(models / "lineage.json", [text.encode(), b"\n"])


def _tidy(models: Path) -> None:
    held = lineage(models)
    for folder in (models / "sets").glob("[!.]*"):
        if folder.name not in {held.challenger, *held.promoted}:
            shutil.rmtree(folder)


def _clear(models: Path) -> None:
    """Remove the unfinished sets whose process has ended: the system let go of their marks."""
    for folder in (models / "sets").glob(f"{_UNFINISHED}*"):
        # Another process is writing it, or it is another user's.
        with suppress(OSError), _mark(folder) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


def _mark(unfinished: Path) -> BinaryIO:
    """The file that is locked as long as a set is being written."""
    return (unfinished / ".lock").open("ab")


@contextmanager
def _locked(models: Path) -> Iterator[None]:
    """Read and write the lineage alone; the system lets go when the process ends."""
    with _writing(models):
        file = (models / "sets" / ".lock").open("ab")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _writing(models: Path) -> Iterator[None]:
    """Make the folder of the sets, also where somebody removed it. Raises SettingsError."""
    try:
        (models / "sets").mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise SettingsError(
            f"the models' folder may not be written ({error.strerror})",
            where=str(models),
            mend="give this user the right to write there, or name another in detection.models",
        ) from error
