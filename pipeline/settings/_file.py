"""The file itself: where it is looked for, and what it holds before it is checked."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError


def find(path: str | Path | None = None) -> Path:
    """Find the settings: the given file, `$ENGAGE_SETTINGS`, `./engage.toml`, the example's."""
    if path is not None:
        return Path(path)
    if named := os.environ.get("ENGAGE_SETTINGS"):
        return Path(named)
    example = Path(__file__).parents[2] / "examples" / "engage.toml"
    return next(
        (one for one in (Path("engage.toml"), example) if one.exists()), Path("engage.toml")
    )


def read(file: Path) -> tuple[dict[str, Any], str]:
    """Parse the file: its tables, and the text that they stand in. Raises SettingsError."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"the settings cannot be read ({error.strerror})",
            where=str(file),
            mend="give the file with --config, or write one with `engage init`",
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            "the settings are not UTF-8", where=str(file), mend="save the file as UTF-8"
        ) from error
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"not valid TOML: {error}", where=str(file), mend="mend the line that it names"
        ) from error
