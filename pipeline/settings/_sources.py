"""Where to listen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PrivateAttr

from pipeline.errors import SettingsError
from pipeline.records import ALL
from pipeline.settings._environment import secret
from pipeline.settings._values import VARIABLE, Channel, Frozen, Name, Zone


def _is_one(name: str) -> str:
    if name == ALL:
        raise ValueError(f"'{ALL}' is what the tables call all sources: give it another name")
    return name


class SourceSettings(Frozen):
    """One place to listen."""

    name: Annotated[Name, AfterValidator(_is_one)] = Field(
        description="Name in the tables: lower case, digits and _."
    )
    type: str = Field(description="Kind of source; `docs/sources.md` lists them.")
    path: str | None = Field(
        None, pattern=r"\S", description="File or glob, relative to the folder of this file."
    )
    address: str | None = Field(
        None,
        pattern=r"^(?:https?|imaps?)://\S+$",
        description="Where the service, the feed or the mail server is.",
    )
    query: str | None = Field(
        None,
        pattern=r"\S",
        description="What to search for. When it changes, hear the days again (docs/sources.md).",
    )
    follow: tuple[str, ...] = Field(
        (),
        description="What to follow: hashtags, accounts, sub-forums, repositories, apps, "
        "folders of mail.",
    )
    user: str | None = Field(
        None, pattern=r"\S", description="Who asks: account, mail address or client id."
    )
    token_env: str | None = Field(
        None,
        pattern=VARIABLE,
        description="Name of the variable that holds the key, token or password.",
    )
    is_oauth: bool = Field(
        False, description="True: `token_env` holds an OAuth access token, not a password."
    )
    resource: str | None = Field(
        None,
        pattern=r"^[\w.]+:\w+$",
        description="Import path of a dlt resource or source: `package.module:name`.",
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict,
        description="What the resource is called with. `{start}` and `{end}` in a text are the "
        "window's bounds; a key that ends in `_env` names a variable, and is passed without it.",
    )
    channel: Channel | None = Field(None, description="Overrides the type's own channel.")
    mapping: dict[str, str] = Field(
        default_factory=dict, description="Our field name to the file's column or dotted path."
    )
    time_zone: Zone | None = Field(None, description="Zone of times written without one.")
    look_back_days: int = Field(
        0,
        ge=0,
        le=31,
        description="Days before a window that are heard again with it: for what came late, was "
        "edited, deleted or closed since. Only days that changed are written.",
    )
    expects_rows: bool = Field(False, description="True: a window without messages stops the run.")
    _folder: Path = PrivateAttr(default=Path())

    def files(self, *, may_be_none: bool = False) -> list[Path]:
        """List the files that `path` matches, sorted by name.

        Raises SettingsError when there is none; with `may_be_none`, when their folder is missing.
        """
        if self.path is None:
            raise SettingsError(
                "this key must be there", where=f"sources.{self.name}.path", mend="name the files"
            )
        folder, relative = _anchored(self._folder, self.path)
        found = matching(self._folder, self.path)
        if not found and (folder / relative).is_dir():
            raise SettingsError(
                f"'{self.path}' is a folder",
                where=f"sources.{self.name}.path",
                mend=f"name its files by a pattern such as {self.path.rstrip('/')}/*",
            )
        if not found and not (may_be_none and (folder / relative).parent.is_dir()):
            raise SettingsError(
                f"no file matches '{self.path}'",
                where=f"sources.{self.name}.path",
                mend=f"put the file there, or correct the path (it is read from {folder})",
            )
        return found

    def token(self) -> str | None:
        """The secret that `token_env` names; None when it names none.

        Raises SettingsError when the variable is not set.
        """
        return None if self.token_env is None else secret(self.token_env, f"{self._key}.token_env")

    def call_arguments(self, start: str, end: str) -> dict[str, Any]:
        """The `arguments` for one window, with the secrets that they name.

        Raises SettingsError when a variable is not set.
        """
        given: dict[str, Any] = self._filled(self.arguments, {"{start}": start, "{end}": end})
        return given

    def _filled(self, value: Any, bounds: Mapping[str, str]) -> Any:  # noqa: ANN401 - TOML values
        if isinstance(value, dict):
            return {
                key.removesuffix("_env"): secret(str(one), f"{self._key}.arguments.{key}")
                if key.endswith("_env")
                else self._filled(one, bounds)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self._filled(one, bounds) for one in value]
        if isinstance(value, str):
            for name, bound in bounds.items():
                value = value.replace(name, bound)
        return value

    @property
    def _key(self) -> str:
        return f"sources.{self.name}"

    def origin(self, path: Path) -> str:
        """Name a file as the tables name it: relative to the settings where that is possible."""
        try:
            return path.relative_to(self._folder).as_posix()
        except ValueError:
            return path.name


def matching(folder: Path, path: str) -> list[Path]:
    """List the files that a path means, sorted: a file of that very name, else a pattern's."""
    folder, relative = _anchored(folder, path)
    if (folder / relative).is_file():  # its name may look like a pattern: export[1].csv
        return [folder / relative]
    try:
        return sorted(one for one in folder.glob(relative) if one.is_file())
    except (ValueError, IndexError, NotImplementedError):  # no pattern: '**.csv', '.', '/'
        return []


def _anchored(folder: Path, path: str) -> tuple[Path, str]:
    """The folder that a path is read from, and the path from there."""
    given = Path(path)
    if not given.is_absolute():
        return folder, path
    return Path(given.anchor), str(given.relative_to(given.anchor))
