"""Settings: one frozen `engage.toml`, checked whole before anything runs.

Unknown keys are refused with the nearest known name. Secrets are named, never written: a key that
ends in `_env` holds the name of an environment variable. Only this module reads the environment.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from pipeline.errors import SettingsError
from pipeline.records import CHANNELS

DEPARTMENTS = (
    "sales",
    "customer_service",
    "product",
    "marketing",
    "communications",
    "human_resources",
    "market_research",
    "legal",
)
ACTIONS = ("reply", "private_message", "call", "offer_demo", "watch", "none")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class _UnknownError(ValueError):
    """A value that is none of those known; `mend` names the nearest."""

    def __init__(self, value: str, known: Sequence[str]) -> None:
        super().__init__(f"'{value}' is not known")
        self.mend = _choices(value, known)


def _among(value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise _UnknownError(value, known)
    return value


def _is_zone(value: str) -> str:
    return _among(value, sorted(available_timezones()))


def _one_of(known: Sequence[str]) -> tuple[AfterValidator, Any]:
    return AfterValidator(lambda value: _among(value, known)), Field(
        json_schema_extra={"enum": list(known)}
    )


Tag = Literal["lead", "complaint", "idea"]
Zone = Annotated[str, AfterValidator(_is_zone)]
Weekday = Annotated[str, *_one_of(WEEKDAYS)]
Channel = Annotated[str, *_one_of(CHANNELS)]
Department = Annotated[str, *_one_of(DEPARTMENTS)]
Action = Annotated[str, *_one_of(ACTIONS)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Calendar(_Frozen):
    """When the company works: deadlines count only these hours."""

    country: str = Field("NL", description="Country whose public holidays are kept, ISO code.")
    opens: str = Field("09:00", pattern=CLOCK, description="Opening time, local.")
    closes: str = Field("17:30", pattern=CLOCK, description="Closing time, local.")
    days: tuple[Weekday, ...] = Field(WEEKDAYS[:5], description="Working days, English names.")
    closed_on: tuple[date, ...] = Field((), description="Days of your own on which nobody works.")

    @model_validator(mode="after")
    def _plausible(self) -> Calendar:
        if self.opens >= self.closes:
            raise ValueError(f"opens at {self.opens} but closes at {self.closes}")
        return self

    @property
    def day_hours(self) -> float:
        """Hours of one working day: what a promise of "within a day" comes to."""
        opens, closes = (int(at[:2]) + int(at[3:]) / 60 for at in (self.opens, self.closes))
        return closes - opens


class Company(_Frozen):
    """Who listens."""

    name: str = Field(pattern=r"\S", description="The company's name.")
    aliases: tuple[str, ...] = Field((), description="Other ways people write the name.")
    own_accounts: tuple[str, ...] = Field(
        (), description="Accounts and addresses that speak for the company; never tagged."
    )
    employees: tuple[str, ...] = Field(
        (), description="Accounts of people who work there; never tagged, and no answer of yours."
    )
    products: tuple[str, ...] = Field((), description="Product names as customers write them.")
    competitors: tuple[str, ...] = Field((), description="Names of competitors.")
    languages: tuple[Literal["nl", "en"], ...] = Field(
        ("nl", "en"), description="Languages that are tagged."
    )
    currency: str = Field(
        "EUR", pattern=r"^[A-Z]{3}$", description="Currency of what is won, ISO code."
    )
    time_zone: Zone = Field("Europe/Amsterdam", description="IANA time zone of the calendar.")
    calendar: Calendar = Field(default_factory=Calendar)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)


class SourceSettings(_Frozen):
    """One place to listen."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Name in the tables: lower case, digits and _."
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
    query: str | None = Field(None, pattern=r"\S", description="What to search for.")
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
        pattern=r"^[A-Z][A-Z0-9_]*$",
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

    def files(self) -> list[Path]:
        """List the files that `path` matches, sorted by name.

        Raises SettingsError when there is none.
        """
        if self.path is None:
            raise SettingsError(
                "this key must be there", where=f"sources.{self.name}.path", mend="name the files"
            )
        pattern = Path(self.path)
        folder = Path(pattern.anchor) if pattern.is_absolute() else self._folder
        relative = str(pattern.relative_to(folder)) if pattern.is_absolute() else self.path
        found = sorted(path for path in folder.glob(relative) if path.is_file())
        if not found:
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
        return None if self.token_env is None else _secret(self.token_env, f"{self._key}.token_env")

    def call_arguments(self, start: str, end: str) -> dict[str, Any]:
        """The `arguments` for one window, with the secrets that they name.

        Raises SettingsError when a variable is not set.
        """
        given: dict[str, Any] = self._filled(self.arguments, {"{start}": start, "{end}": end})
        return given

    def _filled(self, value: Any, bounds: Mapping[str, str]) -> Any:  # noqa: ANN401 - TOML values
        if isinstance(value, dict):
            return {
                key.removesuffix("_env"): _secret(str(one), f"{self._key}.arguments.{key}")
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


def _is_phrase(value: str) -> str:
    words = value.split()
    if not any(char.isalnum() for char in value):
        raise ValueError(f"'{value}' holds no letter or digit")
    if any("*" in word[:-1] or word == "*" for word in words):
        raise ValueError(f"'{value}': * may only end a word")
    return value


Phrase = Annotated[str, AfterValidator(_is_phrase)]


class Near(_Frozen):
    """Two things that stand close together, whichever comes first."""

    one: tuple[Phrase, ...] = Field(min_length=1, description="One of these phrases ...")
    other: tuple[Phrase, ...] = Field(min_length=1, description="... close to one of these.")
    within: int = Field(
        5, ge=1, le=30, description="How many words further at most; 1: the next word."
    )


class Query(_Frozen):
    """A topic to listen for. All that is given must hold; a source keeps what one query matches.

    A phrase is whole words in any case; a word may end in `*`, which stands for any ending.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Name of the topic: lower case, digits and _."
    )
    sources: tuple[str, ...] = Field((), description="Sources it is for; none: all sources.")
    any: tuple[Phrase, ...] = Field((), description="At least one of these phrases.")
    all: tuple[Phrase, ...] = Field((), description="Every one of these phrases.")
    none: tuple[Phrase, ...] = Field((), description="Not one of these phrases.")
    near: tuple[Near, ...] = Field((), description="Phrases that stand close together.")
    must_match: tuple[str, ...] = Field(
        (), description="Texts that the query must match; `engage check` tries them."
    )
    must_not_match: tuple[str, ...] = Field(
        (), description="Texts that it must leave; `engage check` tries them."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Query:
        if not (self.any or self.all or self.near):
            raise ValueError(f"query {self.name} asks for nothing: give `any`, `all` or `near`")
        return self


class Topic(_Frozen):
    """A topic of complaints, beside those that every trade has; or more phrases for one of them."""

    name: Name = Field(description="Name in the tables: lower case, digits and _.")
    phrases: tuple[str, ...] = Field(
        min_length=1, description="Words and phrases, Dutch and English, that show the topic."
    )


class Example(_Frozen):
    """A message that a route must take; `engage check` reads it and sees where it goes."""

    text: str = Field(pattern=r"\S", description="The message.")
    language: Literal["nl", "en"] | None = Field(None, description="None: as it is recognised.")
    channel: Channel = Field("microblog", description="Kind of place where it is said.")


class Route(_Frozen):
    """Who acts on an opportunity, and how. The first route whose conditions hold is taken."""

    tag: Tag = Field(description="Kind of opportunity: lead, complaint or idea.")
    topics: tuple[str, ...] = Field((), description="Complaint topics or lead needs; none: any.")
    languages: tuple[str, ...] = Field((), description="Languages; none: any.")
    channels: tuple[Channel, ...] = Field((), description="Kinds of place; none: any.")
    minimum_severity: int = Field(1, ge=1, le=4, description="Least severity of a complaint.")
    department: Department = Field(description="Department that owns the row.")
    owner: str = Field(description="Person or team that owns the row.")
    informed: tuple[Department, ...] | None = Field(
        None, description="Departments that are told too; none named: those whom it concerns."
    )
    respond_within_hours: float | None = Field(
        None, gt=0, description="Promise in hours of the company's calendar."
    )
    respond_within_days: float | None = Field(
        None, gt=0, description="Promise in working days: 1 is the same time a working day later."
    )
    recommended_action: Action | None = Field(
        None, description="What to do while the customer waits; none: as the row suggests."
    )
    action_reason: str | None = Field(
        None, pattern=r"\S", description="Why, a sentence put before what the row says itself."
    )
    reply_opening: dict[Literal["nl", "en"], str] = Field(
        default_factory=dict, description="First words of an answer, by language."
    )
    examples: tuple[str | Example, ...] = Field(
        (), description="Messages that this route must take; `engage check` tries them."
    )

    @model_validator(mode="after")
    def _one_promise(self) -> Route:
        if self.respond_within_hours is not None and self.respond_within_days is not None:
            raise ValueError("a promise in hours and one in days: leave one out")
        return self

    @property
    def tried(self) -> tuple[Example, ...]:
        """The examples, also those of which only the text is given."""
        return tuple(Example(text=one) if isinstance(one, str) else one for one in self.examples)

    def promise_hours(self, calendar: Calendar, default: float) -> float:
        """The promise in hours of the calendar; `default` where the route makes none."""
        if self.respond_within_days is not None:
            return self.respond_within_days * calendar.day_hours
        return self.respond_within_hours or default


class Promises(_Frozen):
    """Within how many business hours an answer is promised, where no route says otherwise."""

    lead: float = Field(8, gt=0, description="Hours of the company's calendar for a lead.")
    complaint: float = Field(8, gt=0, description="Hours of the calendar for a complaint.")


class Scoring(_Frozen):
    """How much each factor counts: `priority` is 100 times the factors to the power of these."""

    probability: float = Field(1.0, ge=0, description="Exponent of `probability`.")
    value: float = Field(1.0, ge=0, description="Exponent of `value`.")
    urgency: float = Field(0.75, ge=0, description="Exponent of `urgency`.")
    reach: float = Field(0.1, ge=0, description="Exponent of `reach`.")
    recency: float = Field(0.5, ge=0, description="Exponent of `recency`.")
    recency_half_life_days: float = Field(
        7, gt=0, description="Days in which the `recency` of an opportunity halves."
    )
    momentum_half_life_days: float = Field(
        28, gt=0, description="Days in which a vote counts half in a theme's `momentum`."
    )
    account_attribute: str | None = Field(
        None,
        pattern=r"^\w+$",
        description="Attribute of messages that names the customer whom the author belongs to.",
    )


class Person(_Frozen):
    """Somebody who writes under several author ids, or for a customer that is known."""

    author_ids: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], ...] = Field(
        min_length=1, description="All `author_id`s of the person, as they stand in the tables."
    )
    account: str | None = Field(
        None, pattern=r"\S", description="Customer, such as a firm, that the person belongs to."
    )


class Alerts(_Frozen):
    """When somebody is warned before it is a crisis."""

    least_people: int = Field(
        5, ge=2, description="People below which no number of complaints or ideas is an alert."
    )
    false_alarms: float = Field(
        0.25, gt=0, description="False alarms about complaints that thirty quiet days may bring."
    )
    minimum_severity: int = Field(
        4, ge=1, le=4, description="Severity from which a single complaint is an alert."
    )
    cooldown_hours: int = Field(
        24, ge=1, description="Hours in which more of the same belongs to the alert there is."
    )
    closes_after_days: int = Field(
        7, ge=1, description="Days after its last sign at which an alert nobody looked at closes."
    )


MAIL = r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+$"
VARIABLE = r"^[A-Z][A-Z0-9_]*$"


class DeliverySettings(_Frozen):
    """A system that new opportunities are sent to; each row is sent to it once."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name in the table `deliveries`. Another name is another delivery: it begins "
        "anew.",
    )
    type: str = Field(description="Kind of system; `docs/deliveries.md` lists them.")
    table: Literal["leads", "complaints", "ideas", "idea_themes", "alerts"] = Field(
        description="Table whose rows are sent."
    )
    minimum_priority: float = Field(
        0, ge=0, le=100, description="Least `priority` of a lead or complaint."
    )
    minimum_votes: int = Field(1, ge=1, description="Least `votes_count` of a theme.")
    departments: tuple[Department, ...] = Field((), description="Departments; none: any.")
    owners: tuple[str, ...] = Field((), description="Owners; none: any.")
    within_days: int = Field(
        7, ge=1, description="Only rows opened in this many days up to the newest in the lake."
    )
    language: Literal["nl", "en"] = Field("en", description="Language of headings and labels.")
    address: str | None = Field(
        None,
        pattern=r"^(https?|smtps?)://[^\s/]+\S*$",
        description="Where the system listens, where that is no secret.",
    )
    address_env: str | None = Field(
        None,
        pattern=VARIABLE,
        description="Name of the variable that holds the address, where that is a secret.",
    )
    token_env: str | None = Field(
        None, pattern=VARIABLE, description="Name of the variable that holds the token or password."
    )
    user: str | None = Field(None, pattern=r"^\S+$", description="Account that the token is of.")
    project: str | None = Field(
        None, pattern=r"^[\w.-]+(/[\w.-]+)?$", description="Jira's project key, or owner/name."
    )
    sender: str | None = Field(
        None, pattern=MAIL, description="Mail address that letters are from."
    )
    recipients: tuple[Annotated[str, Field(pattern=MAIL)], ...] = Field(
        (), description="Mail addresses that letters go to."
    )

    def secret(self, key: Literal["address_env", "token_env"]) -> str:
        """What the variable holds that a key names; empty when the key is not given.

        Raises SettingsError when the variable is not set.
        """
        name: str | None = getattr(self, key)
        if name is None:
            return ""
        if not os.environ.get(name):
            raise SettingsError(
                f"the environment variable {name} is not set",
                where=f"deliveries.{self.name}.{key}",
                mend=f"export {name} where `engage deliver` runs",
            )
        return os.environ[name]


class Privacy(_Frozen):
    """What is kept of persons."""

    author_key_env: str | None = Field(
        None,
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="Name of the variable that holds the key of the author pseudonyms.",
    )
    keep_handles: bool = Field(False, description="True keeps handles in `author_handle`.")


class Detection(_Frozen):
    """How the models are used."""

    models: str = Field("models", description="Folder of the models; `models` is the shipped one.")
    target_precision: float = Field(
        0.80, gt=0, lt=1, description="Precision that `engage calibrate` chooses thresholds for."
    )
    audit_share: float = Field(
        0.01, ge=0, le=1, description="Share of messages below review that is kept for audit."
    )
    labelled: str | None = Field(
        None,
        description="Folder with labelled sets of others that the DAG `learning` trains on too.",
    )
    learn_from_labels: bool = Field(
        False,
        description="True lets the DAG `learning` learn from the labels that people gave in the "
        "lake; models then hold words of your customers.",
    )


class Settings(_Frozen):
    """The whole of `engage.toml`."""

    company: Company
    lake: str = Field("lake", description="Folder or object-store URL of the tables.")
    exports: str = Field("exports", description="Folder of the CSV and XLSX exports.")
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
                _among(name, self.source_names)
        ids = [one for person in self.people for one in person.author_ids]
        if shared := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"author id of two people: {', '.join(shared)}")
        return self

    def source(self, name: str) -> SourceSettings:
        """Find a source by name. Raises SettingsError that lists the choices."""
        for source in self.sources:
            if source.name == name:
                return source
        raise SettingsError(
            f"there is no source '{name}'", where="sources", mend=_choices(name, self.source_names)
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
        if self.detection.models == "models":
            return shipped_models()
        return Path(self._located(self.detection.models))

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
        return _secret(
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


def find(path: str | Path | None = None) -> Path:
    """Find the settings: the given file, `$ENGAGE_SETTINGS`, `./engage.toml`, the example's."""
    if path is not None:
        return Path(path)
    if named := os.environ.get("ENGAGE_SETTINGS"):
        return Path(named)
    example = Path(__file__).parent.parent / "examples" / "engage.toml"
    return next(
        (one for one in (Path("engage.toml"), example) if one.exists()), Path("engage.toml")
    )


def shipped_models() -> Path:
    """The folder of the models that come with Engage."""
    return Path(__file__).parent.parent / "models"


def load(path: str | Path | None = None) -> Settings:
    """Read and check the settings; `find` says where they are looked for.

    Raises SettingsError that names the file, the line where known, the key, and the mend.
    """
    file = find(path)
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
        return of_mapping(tomllib.loads(text), file, text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"not valid TOML: {error}", where=str(file), mend="mend the line that it names"
        ) from error


def of_mapping(values: Mapping[str, Any], file: Path, text: str = "") -> Settings:
    """Check settings that are already parsed. `file` anchors relative paths."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _explained(error, file, text) from error
    settings._path = file.resolve()  # pydantic's private attributes are set after validation
    for source in settings.sources:
        source._folder = settings._path.parent
    return settings


def _secret(name: str, where: str, mend: str = "") -> str:
    """The value of an environment variable. Raises SettingsError when it is not set."""
    if not os.environ.get(name):
        raise SettingsError(
            f"the environment variable {name} is not set",
            where=where,
            mend=mend or f"export {name}, as the service gave it to you",
        )
    return os.environ[name]


def keep_dlt_from_airflow() -> None:
    """Let dlt not look for its own settings in Airflow's database, unless somebody asks for it.

    It would import Airflow wherever that is installed, which takes seconds, for settings that we
    pass ourselves.
    """
    os.environ.setdefault("PROVIDERS__ENABLE_AIRFLOW_SECRETS", "false")


def json_schema() -> dict[str, Any]:
    """The JSON schema of `engage.toml`, for editors."""
    return Settings.model_json_schema()


def _explained(error: ValidationError, file: Path, text: str) -> SettingsError:
    first = error.errors()[0]
    loc = first["loc"]
    line, key = _line(text, loc), ".".join(map(str, loc))
    where = f"{file}:{line}" if line else str(file)
    if first["type"] == "extra_forbidden":
        known = sorted(_model_at(loc[:-1]).model_fields)
        mend = _choices(str(loc[-1]), known)
        return SettingsError(f"unknown key '{key}'", where=where, mend=mend)
    what = first["msg"].removeprefix("Value error, ")
    mend = getattr(first.get("ctx", {}).get("error"), "mend", "correct that value")
    if first["type"] == "missing":
        what, mend = "this key must be there", "add it; `docs/settings.md` says what it means"
    return SettingsError(f"{key}: {what}" if key else what, where=where, mend=mend)


def _model_at(loc: Iterable[int | str]) -> type[BaseModel]:
    """The model of a table: `sources`, 3 is a `SourceSettings`."""
    model: type[BaseModel] = Settings
    for part in loc:
        if isinstance(part, str):
            annotation: Any = model.model_fields[part].annotation
            model = next(iter(get_args(annotation)), annotation)
    return model


def _line(text: str, loc: Sequence[int | str]) -> int | None:
    """The line of a key, or of the table that it is missing from; None when neither is there."""
    found, deepest = None, 0
    for at, path in _paths(text):
        if len(path) > deepest and tuple(loc[: len(path)]) == path:
            found, deepest = at, len(path)
    return found


def _paths(text: str) -> Iterator[tuple[int, tuple[int | str, ...]]]:
    """Line number and path of each table header and each key that begins a line."""
    table: tuple[int | str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for at, row in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]", row):
            names = tuple(name.strip() for name in header[2].split("."))
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            table = _indexed(names, counts)
            yield at, table
        elif key := re.match(r"\s*([\w.-]+)\s*=", row):
            yield at, (*table, *key[1].split("."))


def _indexed(
    names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]
) -> tuple[int | str, ...]:
    """Put the position of each repeated table behind its name."""
    path: list[int | str] = []
    for end, name in enumerate(names, 1):
        path.append(name)
        if names[:end] in counts:
            path.append(counts[names[:end]])
    return tuple(path)


def _choices(value: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"choose one of: {', '.join(known[:20])}"
