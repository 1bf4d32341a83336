"""The page `docs/sources.md`: what each source type says of itself, and the rules of them all."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.errors import FatalError
from pipeline.sources._mapping import FIELDS, REQUIRED

if TYPE_CHECKING:
    from pipeline.sources.base import Source

RULES = {
    "missing_id": "the record has no id of its own",
    "missing_time": "the record does not say when it was sent",
    "naive_time": "the time has no zone: set the source's `time_zone`",
    "unreadable_time": "the time is no ISO 8601, epoch, or the platform's own form",
    "future_time": "the message says it was sent after the run began",
    "empty_text": "nothing is left to read, for instance only a quote or a picture",
    "text_too_long": "more than 100,000 characters: a file pasted into a message",
    "unreadable_number": "a rating or a count is no number",
    "unreadable_is_agent": "neither yes nor no",
    "unreadable_attributes": "no JSON object",
    "conflicting_duplicate": "the id came before with other text, time or author; the first stays."
    " What a service shows again of the same time and author is an edit: the newest text stays",
    "invalid_utf8": "bytes that are not UTF-8: export the file again as UTF-8",
    "invalid_encoding": "a mail's text is not in the character set that it declares",
    "invalid_json": "the line or the file is no JSON",
    "invalid_parquet": "the file, or the rows that `value` names, cannot be decoded",
    "not_an_object": "JSON, but no object",
    "not_text": "a list or an object where words belong: map a path within it, as `message.body`",
    "repeated_key": "an object has a key twice with different values: either may be meant",
    "unexpected_shape": "an item of a service that is not built as the service promises",
    "invalid_feed": "the feed is cut off or no XML: the entries before the fault arrive",
    "truncated": "the last record of the file ends too early: export it again",
    "csv_quoting": "a quote is not closed, or stands where none may stand",
    "csv_columns": "more or fewer values than the header has columns",
    "not_a_topic": "the file holds no `post_stream.posts`",
    "not_a_message": "the forum's own notice, such as a topic that was closed",
    "withdrawn": "a post that its author or a moderator took back or hid",
    "no_turns": "a dialogue without a list of turns",
    "unknown_speaker": "a turn with neither client nor agent, or with more than one",
    "not_a_mail": "text before the first `From ` line of the file",
    "too_large": "a mail of more than 64 MB",
    "too_deep": "a mail of parts within parts within parts, as only an attacker writes it",
}
"""Every rule that a record can break in a source, and what that means."""

_FACT = re.compile(r"^([A-Z][A-Za-z ]+):\s+(.*)$")

HEAD = """\
# Sources

Where Engage listens: the types of source, one file of `pipeline/sources/` each. A source is an
entry of `engage.toml`. Some read files: `path` is a file or a pattern such as `forum/*.json`, read
in the order of the names. Others ask a service: `engage check --connect` tries the address and the
key, `engage listen --source NAME --from DAY --dry-run` shows what would come. With
`look_back_days = 2` the two days before are heard again with every day, for what came late, or was
edited, deleted or closed since.

```toml
[[sources]]
name = "tickets"
type = "csv"
path = "exports/tickets-*.csv"
mapping = { native_id = "Ticket", author = "Customer", sent_at = "Created", text = "Message" }
time_zone = "Europe/Amsterdam"
```

Every record becomes a message, a duplicate (the same id, text, time and author came before) or a
row of `quarantine` that names the rule it broke and its origin: the file and the line, or the
address and the item's own id. Nothing is repaired and nothing is dropped: the three add up to the
records that came.

When the `query`, the `path` or what a source follows changes, hear its days again: `engage run
--from DAY --to DAY`. Each day is replaced by what is found now. Only {forgets} keep what the old
setting brought, since such a place does not show again what it showed once. To begin there afresh,
remove the folder `messages/source=NAME` of the lake before you hear the days again.

A `name` is part of the ids of messages, and of the pseudonyms of those who wrote them: under a new
one all are others. So when you rename a source, remove the folder of its old name and run its days
again; `engage check` warns of a folder that no source has the name of."""

TAIL = """\
## Fields of a mapping

{fields}. {required} must be there.

## Rules

| rule | what is wrong |
|---|---|
{rules}"""


def markdown(types: Mapping[str, type[Source]]) -> str:
    """Write the page.

    Raises FatalError for a source module without a docstring of facts.
    """
    sections = [_section(name, kind) for name, kind in sorted(types.items())]
    forgetful = [f"`{name}`" for name, kind in sorted(types.items()) if kind.forgets]
    head = HEAD.replace("{forgets}", f"{', '.join(forgetful[:-1])} and {forgetful[-1]}")
    tail = TAIL.format(
        fields=", ".join(f"`{name}`" for name in (*FIELDS, "attributes.<name>")),
        required=", ".join(f"`{name}`" for name in REQUIRED),
        rules="\n".join(f"| `{name}` | {meaning} |" for name, meaning in RULES.items()),
    )
    return "\n\n".join([head, *sections, tail]) + "\n"


def _section(name: str, kind: type[Source]) -> str:
    module = inspect.getmodule(kind)
    title, _, body = (inspect.getdoc(module) or "").partition("\n")
    facts = _facts(body)
    if not facts:
        raise FatalError(
            f"the source type '{name}' has no page",
            where=f"pipeline/sources/{name}.py",
            mend="let its docstring say a title, then `Format: …`, `Times: …` and so on",
        )
    own = [
        *(f"`{one}`" for one in kind.needs),
        *(f"`{one}` (may be left out)" for one in kind.takes),
    ]
    facts = {**facts, "Settings": ", ".join(own)}
    listed = "\n".join(f"- **{fact}**: {said}" for fact, said in facts.items())
    return f"## {name}\n\n{title} Channel: `{kind.channel}`.\n\n{listed}"


def _facts(body: str) -> dict[str, str]:
    """Split a docstring into its facts: a fact goes on until the next one begins."""
    facts: dict[str, str] = {}
    name = ""
    for line in body.splitlines():
        begun = _FACT.match(line)
        if begun:
            name, line = begun.groups()
        if name:
            facts[name] = f"{facts.get(name, '')} {line.strip()}".strip()
    return facts
