"""Messages of a Slack workspace, from its export.

Format:    the unpacked export: a folder per channel with a JSON file per day, such as
           `export/helpdesk/2026-11-02.json`; `path` is a pattern, `export/helpdesk/*.json`.
Threading: `thread_ts` is the thread; an answer answers the message that began it.
Times:     `ts`, epoch seconds, and `edited.ts`. In a channel `ts` is the message's id too.
Text:      without Slack's mark-up: links by their label, channels by their name, accounts by id.
           Joining, leaving, topics and the like are left out; so are messages of bots.
Own:       the ids of colleagues, in `company.own_accounts`.
Personal:  the author's id, and the text.
Rejected:  messages without `ts`, a message that has a key twice with different values
           (`repeated_key`), and a file that is broken (one record, with the line).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.sources._documents import as_text, read_document, shown, sound
from pipeline.sources._rows import in_batches
from pipeline.sources.base import FileSource

SAID = (None, "thread_broadcast", "file_share", "me_message")
"""Subtypes that are somebody's words."""
_MARK = re.compile(r"<([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")


class SlackExport(FileSource):
    """Messages of channels."""

    channel = "chat"

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        name, document = self.origin(path), read_document(path, self.origin(path))
        if document is None:
            return
        if document.broken:
            yield from in_batches([document.broken])
            return
        messages = document.value if isinstance(document.value, list) else [document.value]
        rows = (
            _row(one, {"origin": f"{name}#[{at}]", **shown(one, document)}, path.parent.name)
            for at, one in enumerate(messages)
        )
        yield from in_batches(sound(row, document) for row in rows if row is not None)


def _row(
    message: Any,  # noqa: ANN401 - JSON values
    row: dict[str, Any],
    channel: str,
) -> Mapping[str, Any] | None:
    if not isinstance(message, dict):
        return row
    is_said = message.get("subtype") in SAID and not message.get("bot_id")
    if not is_said and "rule_id" not in row:
        return None
    sent, begun = as_text(message.get("ts")), as_text(message.get("thread_ts"))
    is_answer = begun is not None and begun != sent
    edited = message.get("edited")
    return {
        **row,
        "native_id": f"{channel}/{sent}" if sent else None,
        "reply_to_native_id": f"{channel}/{begun}" if is_answer else None,
        "thread_native_id": f"{channel}/{begun or sent}",
        "author": as_text(message.get("user")),
        "sent_at": sent,
        "edited_at": as_text(edited.get("ts")) if isinstance(edited, dict) else None,
        "text": _readable(as_text(message.get("text")) or ""),
    }


def _readable(text: str) -> str:
    """Text without mark-up; Slack escapes the three signs that its own mark-up is made of."""
    return html.unescape(_MARK.sub(_shown, text))


def _shown(mark: re.Match[str]) -> str:
    target, label = mark.groups()
    return {"#": f"#{label or target[1:]}", "!": f"@{label or target[1:]}"}.get(
        target[0], label or target
    )


SOURCE = SlackExport
