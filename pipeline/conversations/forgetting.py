"""What is left of a message that is forgotten: its id, its time, and that it is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.records import with_column

FORGOTTEN = "forgotten"
"""The `excluded_reason` of a message whose words are not kept."""
BLANK = "[forgotten]"
"""Stands where a text must be."""
_SAID = {
    "text": BLANK,
    "origin": BLANK,
    "language": "und",
    "excluded_reason": FORGOTTEN,
    **dict.fromkeys(
        (
            "author_id", "author_handle", "author_followers_count", "subject", "language_score",
            "url", "rating", "likes_count", "shares_count", "duplicate_of", "attributes",
        )
    ),
}  # fmt: skip
_APART = re.compile(r"""[\s,;:<>()\[\]{}"']+""")


def blanked(messages: pa.Table, author_ids: pa.Array, message_ids: pa.Array) -> pa.Table:
    """Blank the messages of some people, and some messages.

    Args:
        messages: rows of the table `messages`, with all its columns but perhaps the partition's.
        author_ids: pseudonyms of the people.
        message_ids: ids of messages.

    Returns:
        The same rows in the same order. Of a blanked one the ids, the times, the channel, and who
        answers whom are left, so that its conversation holds together and counts stay; but mails
        that nothing but its subject tied to it stand apart.
    """
    by_author = pc.is_in(messages["author_id"], author_ids)
    is_gone = pc.or_(by_author, pc.is_in(messages["message_id"], message_ids))
    if not pc.any(is_gone).as_py():
        return messages
    for name, said in _SAID.items():
        values = pc.if_else(is_gone, pa.scalar(said, messages[name].type), messages[name])
        messages = with_column(messages, name, values)
    return messages


def names_in(record: str) -> Iterator[str]:
    """Yield all in a record, whole or broken, that may be its author: values, cells and words."""
    try:
        yield from _values(orjson.loads(record))
    except orjson.JSONDecodeError:
        for line in record.splitlines():
            yield from (cell.strip(" \"'") for cell in re.split(r"[,;\t]", line))
    yield from _APART.split(record)


def _values(held: object) -> Iterator[str]:
    if isinstance(held, dict):
        held = list(held.values())
    if isinstance(held, list):
        for one in held:
            yield from _values(one)
    elif held is not None:
        yield str(held)
