"""Conversations as nested turns between a client and an agent, as chat exports write them.

Format:    JSON, a list of dialogues or one of them: `dialogHeader` with `sessionID`, and
           `dialogContent` with the turns. A turn has `message`, `datetime`, `tweet_ID`, and its
           speaker under `client` or `agent` (`client1`, `agent2` where there are more).
Threading: the dialogue is the thread, and a turn answers the one before it.
Times:     ISO 8601; without a zone they need `time_zone`.
Agents:    turns under `agent` are messages of the company.
Text:      `message`, with `&amp;` and the like written out.
Not kept:  what stands beside the turns, such as links that the agent gave.
Personal:  the speakers' names, and the text.
Rejected:  turns without a speaker (`unknown_speaker`), dialogues without turns, and a file that
           is broken (one record, with the line). A turn that has a key twice with different values,
           or whose dialogue has (`repeated_key`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.sources._documents import Document, as_json, as_text, read_document, shown, sound
from pipeline.sources._rows import in_batches
from pipeline.sources.base import FileSource

_SPEAKER = re.compile(r"(client|agent)\d*")


class Turns(FileSource):
    """Turns of dialogues."""

    channel = "chat"

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        document = read_document(path, self.origin(path))
        if document is not None:
            rows = _rows(document, self.origin(path))
            yield from in_batches(sound(row, document) for row in rows)


def _rows(document: Document, name: str) -> Iterator[Mapping[str, Any]]:
    if document.broken:
        yield document.broken
        return
    is_list = isinstance(document.value, list)
    for at, dialogue in enumerate(document.value if is_list else [document.value]):
        place = f"{name}#[{at}]" if is_list else f"{name}#"
        turns = dialogue.get("dialogContent") if isinstance(dialogue, dict) else None
        if isinstance(turns, list) and turns:
            yield from _turns(dialogue, turns, place, document)
        else:
            yield {"origin": place, **shown(dialogue, document), "rule_id": "no_turns"}


def _turns(
    dialogue: Mapping[str, Any], turns: list[Any], place: str, document: Document
) -> Iterator[Mapping[str, Any]]:
    header = dialogue.get("dialogHeader")
    header = header if isinstance(header, dict) else {}
    around = (dialogue, header)
    thread, company = as_text(header.get("sessionID")), header.get("company")
    before: str | None = None
    for at, turn in enumerate(turns):
        row: dict[str, Any] = {"origin": f"{place}.dialogContent[{at}]"}
        row |= shown(turn, document, around)
        if isinstance(turn, dict):
            row = _row(turn) | row
            row |= {"thread_native_id": thread, "reply_to_native_id": before}
            row |= {"attributes": as_json({"company": company}) if company else None}
            before = row["native_id"] or before
        yield row


def _row(turn: Mapping[str, Any]) -> dict[str, Any]:
    speakers = [name for name in turn if _SPEAKER.fullmatch(name)]
    row = {
        "native_id": as_text(turn.get("tweet_ID")),
        "sent_at": as_text(turn.get("datetime")),
        "text": _unescaped(as_text(turn.get("message"))),
    }
    if len(speakers) != 1:
        return {**row, "rule_id": "unknown_speaker", "value": ", ".join(speakers) or None}
    author = as_text(turn[speakers[0]])
    return {**row, "author": author, "is_agent": speakers[0].startswith("agent")}


def _unescaped(text: str | None) -> str | None:
    """Such exports come from the web and write `&` as `&amp;`."""
    return None if text is None else html.unescape(text)


SOURCE = Turns
