"""Files that people name for what they want written: refused before the work, not after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.storage._files import denied


def refuse_unusable(target: Path, endings: Sequence[str]) -> None:
    """Raise SettingsError when no file of one of these endings can be written there."""
    if target.suffix.lower() not in endings:
        raise SettingsError(
            f"the output's ending '{target.suffix}' is not known",
            where=str(target),
            mend=f"let the name end in {' or '.join(endings)}",
        )
    try:
        is_there = target.parent.is_dir()
        is_folder = target.is_dir()
        is_other = target.exists() and not target.is_file()
    except PermissionError as error:
        raise denied(str(target.parent), "write") from error
    if not is_there:
        raise SettingsError(
            "the folder of the output does not exist",
            where=str(target),
            mend=f"make the folder {target.parent}, or give another output",
        )
    if is_folder:
        raise SettingsError("is a folder", where=str(target), mend="give the name of a file")
    if is_other:  # a pipe: it would be replaced, and whoever reads it wait for ever
        raise SettingsError("is no file", where=str(target), mend="give the name of a file")
    # Said before the work, which may take an hour.
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise denied(str(target.parent), "write")
