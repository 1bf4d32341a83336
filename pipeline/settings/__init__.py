"""Settings: one frozen `engage.toml`, checked whole before anything runs.

Unknown keys are refused with the nearest known name. Secrets are named, never written: a key that
ends in `_env` holds the name of an environment variable. Only this package reads the environment.

Each part of the file is a module; here is the whole, and how it is loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from pipeline.errors import SettingsError
from pipeline.settings import _page
from pipeline.settings._alerts import Alerts
from pipeline.settings._company import Calendar, Company
from pipeline.settings._deliveries import DeliverySettings
from pipeline.settings._detection import Detection
from pipeline.settings._environment import keep_dlt_from_airflow, secret
from pipeline.settings._file import find, read
from pipeline.settings._people import Person, Privacy
from pipeline.settings._refused import among, choices, explained
from pipeline.settings._routing import Example, Promises, Route
from pipeline.settings._scoring import Scoring
from pipeline.settings._sources import SourceSettings, matching
from pipeline.settings._topics import Near, Query, Topic
from pipeline.settings._values import (
    DEPARTMENTS,
    WEEKDAYS,
    Frozen,
    Place,
    Tag,
)

__all__ = [
    "DEPARTMENTS",
    "WEEKDAYS",
    "Calendar",
    "Company",
    "DeliverySettings",
    "Detection",
    "Example",
    "Near",
    "Privacy",
    "Query",
    "Route",
    "Scoring",
    "Settings",
    "SourceSettings",
    "Tag",
    "find",
    "json_schema",
    "keep_dlt_from_airflow",
    "load",
    "matching",
    "of_mapping",
    "settings_markdown",
    "shipped_models",
]

LONGEST_PROMISE = 520
"""Weeks of the calendar in which what is promised must be done: deadlines are dates."""


class Settings(Frozen):
    """The whole of `engage.toml`."""

    company: Company
    lake: Place = Field(
        "lake", min_length=1, description="Folder or object-store URL of the tables."
    )
    exports: str = Field("exports", description="Folder of the CSV and XLSX exports.")
    exports_language: Literal["nl", "en"] | None = Field(
        None,
        description="Language of the workbooks of `engage export`: headings, codes and reasons. "
        "Without it they have the names and codes of the tables; CSV always has.",
    )
    sources: tuple[SourceSettings, ...] = Field(description="Where to listen.")
    queries: tuple[Query, ...] = Field((), description="What the messages must be about.")
    topics: tuple[Topic, ...] = Field((), description="Topics of complaints of your own.")
    routing: tuple[Route, ...] = Field((), description="Who acts on what, first match first.")
    deliveries: tuple[DeliverySettings, ...] = Field(
        (), description="Systems that new opportunities are sent to."
    )
    promises: Promises = Field(default_factory=Promises)
    scoring: Scoring = Field(default_factory=Scoring)
    people: tuple[Person, ...] = Field((), description="Who is one person, and of which customer.")
    alerts: Alerts = Field(default_factory=Alerts)
    privacy: Privacy = Field(default_factory=Privacy)
    detection: Detection = Field(default_factory=Detection)
    _path: Path = PrivateAttr(default=Path("engage.toml"))

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        kinds = (
            ("source", self.sources),
            ("query", self.queries),
            ("delivery", self.deliveries),
        )
        for kind, held in kinds:
            names = [one.name for one in held]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{kind} name used twice: {', '.join(twice)}")
        for query in self.queries:
            for name in query.sources:
                among(name, self.source_names)
        calendar = self.company.calendar
        ids = [one for person in self.people for one in person.author_ids]
        if shared := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"author id of two people: {', '.join(shared)}")
        promised = (self.promises.lead, self.promises.complaint)
        for hours in (*promised, *(one.promise_hours(calendar, 0) for one in self.routing)):
            if hours > LONGEST_PROMISE * calendar.week_hours:
                raise ValueError(f"a promise of {hours:g} hours takes the calendar over ten years")
        return self

    def source(self, name: str) -> SourceSettings:
        """Find a source by name. Raises SettingsError that lists the choices."""
        for source in self.sources:
            if source.name == name:
                return source
        raise SettingsError(
            f"there is no source '{name}'", where="sources", mend=choices(name, self.source_names)
        )

    @property
    def source_names(self) -> tuple[str, ...]:
        """Names of the sources, in the order of the file."""
        return tuple(source.name for source in self.sources)

    @property
    def look_back_days(self) -> int:
        """How many days before a window may have changed once its sources are heard."""
        return max((source.look_back_days for source in self.sources), default=0)

    @property
    def lake_location(self) -> str:
        """The lake as an absolute path or a URL."""
        return self._located(self.lake)

    @property
    def exports_folder(self) -> Path:
        """The folder of the exports, absolute."""
        return Path(self._located(self.exports))

    def exports_to_write(self) -> Path:
        """The folder of the exports. Raises SettingsError where it is an object store."""
        if "://" in self.exports:
            raise SettingsError(
                f"'{self.exports}' is not a folder",
                where="exports",
                mend="give a folder on this machine; the lake itself may be an object store",
            )
        return self.exports_folder

    @property
    def models_folder(self) -> Path:
        """The folder of the models: the shipped one, or one beside the settings."""
        named = self.detection.models
        return shipped_models() if named is None else Path(self._located(named))

    @property
    def labelled_folder(self) -> Path | None:
        """The folder of the labelled sets of others, absolute; None: our own text alone."""
        named = self.detection.labelled
        return None if named is None else Path(self._located(named))

    def _located(self, place: str) -> str:
        return place if "://" in place else str((self._path.parent / place).resolve())

    def author_key(self) -> bytes:
        """Key of the author pseudonyms. Raises SettingsError when its variable is not set."""
        name = self.privacy.author_key_env
        if name is None:
            # Without a secret the pseudonyms can be recomputed by anyone: `engage check` says so.
            return f"engage:{self.company.name}".encode()
        return secret(
            name,
            f"{self._path.name}: privacy.author_key_env",
            f"export {name} with 32 random characters, the same in every run",
        ).encode()

    def fingerprint(self) -> str:
        """Hash of all settings that decide what the tables hold, 16 hex digits."""
        learning = {"labelled", "learn_from_labels", "target_precision"}
        chosen = self.model_dump(
            mode="json",
            exclude={"lake": True, "exports": True, "deliveries": True, "detection": learning},
        )
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


def shipped_models() -> Path:
    """The folder of the models that come with Engage."""
    return Path(__file__).parents[2] / "models"


def load(path: str | Path | None = None) -> Settings:
    """Read and check the settings; `find` says where they are looked for.

    Raises SettingsError that names the file, the line where known, the key, and the mend.
    """
    file = find(path)
    values, text = read(file)
    return of_mapping(values, file, text)


def of_mapping(values: Mapping[str, Any], file: Path, text: str = "") -> Settings:
    """Check settings that are already parsed. `file` anchors relative paths."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise explained(error, Settings, file, text) from error
    settings._path = file.resolve()  # pydantic's private attributes are set after validation
    for source in settings.sources:
        source._folder = settings._path.parent
    return settings


def json_schema() -> dict[str, Any]:
    """The JSON schema of `engage.toml`, for editors."""
    return Settings.model_json_schema()


def settings_markdown() -> str:
    """The page `docs/settings.md`: every key of `engage.toml`."""
    return _page.markdown(Settings)
