"""All labelled text that models are trained on: our own, that of others, and people's answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline.errors import SettingsError
from pipeline.learning import corpora, real
from pipeline.learning.corpora import External
from pipeline.learning.people import Taught
from pipeline.learning.real import Set
from pipeline.registry import choices
from pipeline.settings import shipped_models

_SETS: tuple[External | Set, ...] = (*corpora.EXTERNAL, *real.SETS)
CLASSES = tuple(dict.fromkeys(one.licence for one in _SETS))
"""Licence classes that sets of others have."""


class TrainingText(NamedTuple):
    """Labelled text (`corpora.COLUMNS`).

    Attributes:
        rows: all of it.
        relabelled: those of others with our labels.
        used: sets of others with their own labels.
        people: what people labelled.
    """

    rows: pl.DataFrame
    relabelled: pl.DataFrame
    used: list[External]
    people: Taught | None

    def facts(self, tag: str) -> list[dict[str, Any]]:
        """What a model's metadata say of the text that taught its tag."""
        rows = self.rows.filter(pl.col(tag).is_not_null())
        sets = [("own", corpora.licence(rows.filter(corpus="own")))]
        sets += [(one.name, one.licence) for one in self.used if tag in one.tags]
        by_set = [(name, licence, rows.filter(corpus=name)) for name, licence in sets]
        return [
            *(corpora.fact(*one, tag) for one in by_set),
            *real.facts(self.relabelled, tag),
            *(self.people.facts(tag) if self.people else []),
        ]


def home(models: Path) -> Path:
    """The folder of models with our own text: this one, or the shipped one where it has none."""
    return models if (models / "corpora").exists() else shipped_models()


def read(
    folder: Path,
    labelled: Path | None,
    licences: tuple[str, ...],
    people: Taught | None,
    say: Callable[[str], None] = lambda _: None,
) -> TrainingText:
    """Read all labelled text.

    Args:
        folder: our corpora, with `labels/` for text of others.
        labelled: folder with the sets of others; None: none of them.
        licences: licence classes of those sets that may be used.
        people: what people labelled in a lake; None: nothing of it.
        say: is told how much there is, a line at a time.

    Raises SettingsError when there is no such licence class, or none of the sets is in `labelled`.
    """
    for name in licences:
        if name not in CLASSES:
            what = f"there is no licence class '{name}'"
            raise SettingsError(what, where="--licence", mend=choices(name, CLASSES))
    ours = corpora.own(folder, say)
    found = real.read(folder / "labels", labelled, licences)
    relabelled = real.rows(found)
    for name, count in found.missing.items():
        say(f"{count} texts that we labelled are not in {name}")
    others, used = corpora.external(labelled, licences)
    if labelled is not None and not used and relabelled.is_empty():
        raise SettingsError(
            f"none of the labelled sets of licence {' or '.join(licences)} is in this folder",
            where=str(labelled),
            mend="name the folder that holds them, such as "
            f"{corpora.EXTERNAL[0].name}.parquet, or name none: then our own text alone teaches",
        )
    # Our label of a text counts, and not the one that came with it.
    others = others.join(relabelled, on="text", how="anti", maintain_order="left")
    say(
        f"{len(ours)} messages of our own, {len(relabelled)} of others with our labels, "
        f"{len(others)} of {len(used)} sets with theirs"
    )
    rows = pl.concat([ours, relabelled, others, *([people.rows] if people else [])])
    return TrainingText(rows, relabelled, used, people)
