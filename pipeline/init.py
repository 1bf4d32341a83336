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
from pipeline.headers import delimiter_of
from pipeline.records import ALL
from pipeline.settings import (
    Calendar,
    Company,
    Privacy,
    Settings,
    SourceSettings,
    matching,
    of_mapping,
)
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
BEGINNING = 200_000
"""Bytes of a file that are looked at."""
SYNONYMS = {
    "native_id": (
        *("native_id", "id", "message_id", "tweet_id", "uuid", "review_id", "ticket_id", "post_id"),
        *("key", "number", "nummer", "nr"),
    ),
    "text": (
        *("text", "body", "message", "content", "comment", "description", "review", "question"),
        *("tekst", "bericht", "inhoud", "omschrijving", "vraag", "opmerking"),
    ),
    "sent_at": (
        *("sent_at", "created_at", "date", "timestamp", "time", "posted_at", "created", "datetime"),
        *("datum", "verzonden", "aangemaakt", "tijd"),
    ),
    "author": (
        *("author", "author_id", "user", "username", "from", "name", "sender", "customer"),
        *("klant", "auteur", "afzender", "naam"),
    ),
    "reply_to_native_id": ("reply_to_native_id", "reply_to", "in_reply_to", "parent_id"),
    "thread_native_id": ("thread_native_id", "thread_id", "conversation_id", "topic_id"),
}
SIGNS = {
    "twcs": {"tweet_id", "author_id", "inbound", "in_response_to_tweet_id"},
    "app_reviews": {"id", "updated", "rating", "content"},
}
"""Columns by which the exports of platforms are known."""


def fault(question: str, answer: str, folder: Path) -> str | None:
    """What is wrong with an answer; None when nothing is.

    Args:
        question: one of `QUESTIONS`.
        answer: what was answered, without blanks around it.
        folder: where the settings will lie; paths are read from there.
    """
    if question == dict(QUESTIONS)["name"]:
        return None if answer else "the company needs a name"
    if question != dict(QUESTIONS)["path"]:
        return None
    if not answer:
        return "give a file with conversations; the settings can name more of them later"
    if (folder / answer).is_dir():
        return f"that is a folder: give a file, or a pattern such as {answer.rstrip('/')}/*.jsonl"
    if Path(answer).suffix.lower() not in TYPES:
        return f"give a file that ends in {', '.join(TYPES)}"
    return None


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
    answers = {}
    for key, question in QUESTIONS:
        answers[key] = ask(question).strip()
        if problem := fault(question, answers[key], target.parent):
            raise SettingsError(question, where="engage init", mend=problem)
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
    for name in ("aliases", "employees", "languages", "currency", "time_zone"):
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
    file = next(iter(matching(folder, path)), folder / path)
    columns = _columns(file)
    kind = _kind(file, set(columns))
    made = tomlkit.table()
    name = re.sub(r"[^a-z0-9_]+", "_", Path(path).stem.lower()).strip("_")
    if not re.match("[a-z]", name) or name == ALL:
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


def _kind(file: Path, columns: set[str]) -> str:
    """The kind of source: by what a file holds, else by its ending."""
    kind = TYPES.get(file.suffix.lower(), "jsonl")
    if kind == "discourse":
        return "turns" if '"dialogContent"' in _beginning(file) else kind
    return next((one for one, signs in SIGNS.items() if columns >= signs), kind)


def mapped(columns: Iterable[str]) -> dict[str, str]:
    """Guess which column of a file is which field of ours."""
    named = {re.sub(r"[\s-]+", "_", name.strip().lower()): name for name in [*columns][::-1]}
    found = {
        field: next((named[name] for name in names if name in named), None)
        for field, names in SYNONYMS.items()
    }
    return {field: name for field, name in found.items() if name is not None}


def _columns(file: Path) -> list[str]:
    """The columns of a file, as far as its beginning shows them; none when it cannot be read."""
    try:
        if file.suffix.lower() == ".parquet":
            import pyarrow.parquet as pq

            return list(pq.read_schema(file).names)
        first = _beginning(file).split("\n", 1)[0].strip()
        if file.suffix.lower() == ".csv":
            return next(csv.reader([first], delimiter=delimiter_of(first)), [])
        record = json.loads(first)
        return list(record) if isinstance(record, dict) else []
    except (OSError, ValueError, csv.Error, RecursionError):
        return []


def _beginning(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(BEGINNING).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def _setting(place: Any, model: Any, name: str, value: Any) -> None:  # noqa: ANN401 - tomlkit's
    place.add(tomlkit.comment(model.model_fields[name].description))
    place.add(name, value)


def _listed(answer: str) -> list[str]:
    return [part.strip() for part in answer.split(",") if part.strip()]
