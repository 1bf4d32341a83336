"""Writes a first `engage.toml` from five answers, with every other setting there as a comment."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from pipeline.errors import SettingsError
from pipeline.settings import Calendar, Company, Privacy, Settings, SourceSettings, of_mapping
from pipeline.storage import replace_file

QUESTIONS = (
    ("name", "What is the company's name?"),
    ("products", "Which products do customers name? (commas between them)"),
    ("competitors", "Which competitors do they name?"),
    ("own_accounts", "Which accounts and addresses speak for the company?"),
    ("path", "Which file holds the first conversations?"),
)
TYPES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".mbox": "mbox",
    ".json": "discourse",
}
SYNONYMS = {
    "native_id": ("native_id", "id", "message_id", "tweet_id", "uuid"),
    "text": ("text", "body", "message", "content", "comment", "tekst", "bericht"),
    "sent_at": ("sent_at", "created_at", "date", "timestamp", "time", "datum", "posted_at"),
    "author": ("author", "author_id", "user", "username", "from", "name", "klant", "auteur"),
    "reply_to_native_id": ("reply_to_native_id", "reply_to", "in_reply_to", "parent_id"),
    "thread_native_id": ("thread_native_id", "thread_id", "conversation_id", "topic_id"),
}
TWCS = {"tweet_id", "author_id", "inbound", "in_response_to_tweet_id"}


def write(target: Path, ask: Callable[[str], str]) -> Settings:
    """Ask the five questions and write the settings.

    Args:
        target: the file to write.
        ask: puts a question to the person and returns the answer.

    Raises SettingsError when the file is already there or the answers make no valid settings.
    """
    if target.exists():
        raise SettingsError(
            "the file is already there and is not overwritten",
            where=str(target),
            mend="edit it, or give another file with --output",
        )
    answers = {key: ask(question).strip() for key, question in QUESTIONS}
    text = document(answers, target.parent)
    settings = of_mapping(tomlkit.parse(text).unwrap(), target, text)
    replace_file(target, [text.encode()])
    return settings


def document(answers: dict[str, str], folder: Path) -> str:
    """The text of the settings; `folder` is where they will lie."""
    made = tomlkit.document()
    made.add(tomlkit.comment("Settings of Engage. docs/settings.md explains every one."))
    made.add(tomlkit.comment("Unknown keys are refused, so a slip of the pen cannot go unseen."))
    made.add(tomlkit.nl())
    for name in ("lake", "exports"):
        _setting(made, Settings, name, Settings.model_fields[name].default)
    made.add(tomlkit.nl())
    made.add("company", _company(answers))
    made.add("privacy", _privacy())
    sources = AoT([])
    sources.append(_source(answers["path"], folder))
    made.add("sources", sources)
    made.add(tomlkit.nl())
    for line in ROUTING.splitlines():
        made.add(tomlkit.comment(line) if line else tomlkit.nl())
    return tomlkit.dumps(made)


ROUTING = """\
Who acts on what: the first route that fits is taken.
[[routing]]
tag = "complaint"
minimum_severity = 3
department = "customer_service"
owner = "Service desk"
respond_within_hours = 4"""


def _company(answers: dict[str, str]) -> Table:
    made = tomlkit.table()
    _setting(made, Company, "name", answers["name"])
    for name in ("products", "competitors", "own_accounts"):
        _setting(made, Company, name, _listed(answers[name]))
    for name in ("aliases", "languages", "time_zone"):
        default = Company.model_fields[name].default
        _setting(made, Company, name, list(default) if isinstance(default, tuple) else default)
    made.add(tomlkit.nl())
    calendar = tomlkit.table()
    for name, field in Calendar.model_fields.items():
        default = field.default
        _setting(calendar, Calendar, name, list(default) if name == "days" else default)
    calendar.add(tomlkit.nl())
    made.add("calendar", calendar)
    return made


def _privacy() -> Table:
    made = tomlkit.table()
    made.add(tomlkit.comment(Privacy.model_fields["author_key_env"].description or ""))
    made.add(tomlkit.comment('author_key_env = "ENGAGE_AUTHOR_KEY"'))
    _setting(made, Privacy, "keep_handles", False)
    made.add(tomlkit.nl())
    return made


def _source(path: str, folder: Path) -> Table:
    file = folder / path
    columns = _columns(file)
    kind = "twcs" if set(columns) >= TWCS else TYPES.get(file.suffix.lower(), "jsonl")
    made = tomlkit.table()
    name = re.sub(r"[^a-z0-9_]+", "_", file.stem.lower()).strip("_")
    if not re.match("[a-z]", name):
        name = f"source_{name}".rstrip("_")
    _setting(made, SourceSettings, "name", name)
    _setting(made, SourceSettings, "type", kind)
    _setting(made, SourceSettings, "path", path)
    if kind in ("jsonl", "csv", "parquet"):
        mapping = tomlkit.inline_table()
        mapping.update(mapped(columns))
        _setting(made, SourceSettings, "mapping", mapping)
        made.add(tomlkit.comment(SourceSettings.model_fields["time_zone"].description or ""))
        made.add(tomlkit.comment('time_zone = "Europe/Amsterdam"'))
    return made


def mapped(columns: Iterable[str]) -> dict[str, str]:
    """Guess which column of a file is which field of ours."""
    lowered = {name.lower(): name for name in reversed(list(columns))}
    found = {
        field: next((lowered[name] for name in names if name in lowered), None)
        for field, names in SYNONYMS.items()
    }
    return {field: name for field, name in found.items() if name is not None}


def _columns(file: Path) -> list[str]:
    """The columns of a file, as far as its beginning shows them; none when it cannot be read."""
    try:
        if file.suffix.lower() == ".parquet":
            import pyarrow.parquet as pq

            return list(pq.read_schema(file).names)
        with file.open(encoding="utf-8-sig") as lines:
            first = lines.readline()
        if file.suffix.lower() == ".csv":
            delimiter = max(",;\t", key=first.count)
            return next(csv.reader([first.strip()], delimiter=delimiter), [])
        record = json.loads(first)
        return list(record) if isinstance(record, dict) else []
    except (OSError, ValueError):
        return []


def _setting(place: Any, model: Any, name: str, value: Any) -> None:  # noqa: ANN401 - tomlkit's
    place.add(tomlkit.comment(model.model_fields[name].description))
    place.add(name, value)


def _listed(answer: str) -> list[str]:
    return [part.strip() for part in answer.split(",") if part.strip()]
