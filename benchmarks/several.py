"""How well the wishes of a message are told apart: `python -m benchmarks.several`.

Precision and recall of sentences over labelled messages that hold one to four wishes, all of them
and those beside the deciding sentence alone. A wish that is found twice counts once as found and
once as wrong.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.opportunities.heard import plain
from pipeline.opportunities.ideas import stated, with_further
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger

MESSAGES = Path(__file__).parent.parent / "tests" / "opportunities" / "several.toml"
HALVES = ("report", "development")


@dataclass(frozen=True)
class Message:
    """A labelled message: for each wish the sentences of which any one says it."""

    half: str
    language: str
    text: str
    wishes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Told:
    """What was found in a message: the deciding sentence first, then the further ones."""

    message: Message
    sentences: list[str]


def labelled() -> list[Message]:
    """All labelled messages."""
    read = tomllib.loads(MESSAGES.read_text(encoding="utf-8"))["message"]
    return [
        Message(one["half"], one["language"], one["text"], tuple(map(tuple, one["wishes"])))
        for one in read
    ]


def told(messages: list[Message]) -> list[Told]:
    """Find the wishes of messages with the shipped model, as if each were tagged `idea`."""
    tagger = Tagger.load(shipped_models())
    texts = pa.array([one.text for one in messages], pa.string())
    languages = pa.array([one.language for one in messages], pa.string())
    scores = tagger.score(texts, languages)
    found = tagger.explanations(scores, "idea", np.arange(len(texts)), texts)
    frame = plain(
        pl.DataFrame(
            {
                "text": pl.Series(texts),
                "language": pl.Series(languages),
                "sentence_start": found.sentence_start,
                "sentence_end": found.sentence_end,
            }
        )
    )
    cues = tagger.models["idea"].detector.vocabulary
    rows = with_further(stated(frame), cues)
    by_message = {
        name: rows.filter(pl.col("message_id") == name)["idea"].to_list()
        for name in frame["message_id"]
    }
    return [Told(one, some) for one, some in zip(messages, by_message.values(), strict=True)]


def counted(one: Told) -> tuple[np.ndarray, np.ndarray]:
    """Right, found and labelled: of all sentences, and of those beside the deciding one."""
    is_open = [True] * len(one.message.wishes)
    right = []
    for sentence in one.sentences:
        at = next((at for at, says in enumerate(one.message.wishes) if _says(sentence, says)), None)
        right.append(at is not None and is_open[at])
        if at is not None:
            is_open[at] = False
    first = int(right[0])
    of_all = np.array([sum(right), len(right), len(is_open)])
    return of_all, of_all - np.array([first, 1, first])


def _says(found: str, sentences: tuple[str, ...]) -> bool:
    """Whether a sentence is one of the labelled ones, with or without what is around it."""
    return any(one in found or found in one for one in sentences)


def quality() -> str:
    """The table of the figures, the weakest first."""
    rows = told(labelled())
    figures = []
    for half in HALVES:
        for language in ("nl", "en"):
            chosen = [
                one for one in rows
                if (one.message.half, one.message.language) == (half, language)
            ]  # fmt: skip
            counts = np.array([counted(one) for one in chosen]).sum(axis=0)
            for name, (right, found, wanted) in zip(("all", "further"), counts, strict=True):
                precision, recall = right / max(1, found), right / max(1, wanted)
                line = (
                    f"| {half} | {language} | {name} | {wanted} | {precision:.2f} | {recall:.2f} |"
                )
                figures.append((min(precision, recall), line))
    head = ["| half | language | sentences | labelled | precision | recall |"]
    return "\n".join([*head, "|---|---|---|---:|---:|---:|", *(one for _, one in sorted(figures))])


def main() -> None:
    """Print the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.stdout.write(quality() + "\n")


if __name__ == "__main__":
    main()
