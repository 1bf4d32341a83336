"""Training: the models of tags, made from labelled text and written with their metadata and cards.

How the two models of a tag are made is `fitting`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline import __version__
from pipeline.detectors._features import Features, weighed
from pipeline.detectors._wording import wording
from pipeline.learning import (
    corpora,
    elsewhere,
    figures,
    fitting,
    meaning,
    training_text,
    vocabulary,
)
from pipeline.learning.card import card
from pipeline.learning.people import Taught
from pipeline.model_store import putting_in_place, save
from pipeline.registry import lookup
from pipeline.storage import replace_file
from pipeline.tagger import detectors

TARGET_PRECISION = 0.80
LICENCES = ("permissive", "unstated")
"""Licence classes of other people's sets that the shipped models train on."""
LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops")
"""Whose versions may change a model's bytes."""


def train(
    models: Path,
    labelled: Path | None = None,
    *,
    licences: tuple[str, ...] = LICENCES,
    tags: tuple[str, ...] = (),
    into: Path | None = None,
    people: Taught | None = None,
    target: float = TARGET_PRECISION,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Train the models of all tags, or of those named, and write them under `models/<tag>/`.

    Nothing is written before all are trained: a training that is stopped changes nothing.

    Args:
        models: folder of models; `corpora/` in it holds our own text, else that of the shipped one.
        labelled: folder with the sets of others; None trains on our own text alone.
        licences: licence classes of those sets that may be used.
        tags: tags to train, on the vocabulary of the other models that are there; none named: all.
        into: folder to write to instead of `models`.
        people: what people labelled in a lake; None: nothing of it.
        target: precision to choose the thresholds for.
        say: is told what happens, a line at a time.

    Returns:
        Tag to its metadata.

    Raises:
        SettingsError: a tag is not registered, or too few rows are labelled for it; and as
            `training_text.read` does.
    """
    known = detectors()
    wanted = sorted({lookup(known, tag, kind="tag", where="--tag").tag for tag in tags or known})
    text = training_text.read(
        training_text.home(models) / "corpora", labelled, licences, people, say
    )
    data, used = text.rows, text.used
    vectorizer = vocabulary.held(models, set(known) - set(wanted)) or vocabulary.fitted(data)
    features = Features(vectorizer, (known[tag] for tag in sorted(known)))
    seen = features.transform(
        pa.array(data["text"].to_list(), pa.string()), pa.array(data["lang"].to_list(), pa.string())
    )
    meant = meaning.vectors(vectorizer.get_feature_names_out().tolist())
    made = {}
    for tag in wanted:
        detector = known[tag]
        rows = data.with_row_index("at").filter(pl.col(tag).is_not_null())
        columns = features.columns_of(tag)
        mine = fitting.of_rows(seen, rows["at"].to_numpy(), columns)
        model, facts = fitting.fit_tag(detector, rows, mine, meant, target)
        metadata = {
            "tag": tag,
            "detector": detector.version,
            "code_version": __version__,
            "settings": {
                "folds": fitting.FOLDS,
                "seed": fitting.SEED,
                "strength": fitting.STRENGTH,
                "target_precision": target,
                "base_rate": figures.BASE_RATE,
                "threshold_base_rate": detector.base_rate,
                "licences": list(licences),
                "weights": {"own": corpora.OWN_WEIGHT, **{one.name: one.weight for one in used}},
            },
            "libraries": {name: version(name) for name in LIBRARIES},
            "features": [features.names[at] for at in weighed(tag, features.names)],
            "wording": wording(tag, known),
            "meaning": meaning.facts(),
            "data": text.facts(tag),
            **facts,
        }
        made[tag] = {"vectorizer": vectorizer, **model}, metadata
        say(f"{tag}: " + figures.line(facts["metrics"]))
        rest = elsewhere.unlabelled(data, tag)
        if len(rest):
            there = fitting.of_rows(seen, rest["at"].to_numpy(), columns)
            found = elsewhere.share(model, facts["thresholds"], rest["lang"], there)
            say(f"{tag}: {elsewhere.line(found, len(rest))}")
    with putting_in_place(into or models) as folder:
        for tag, (model, metadata) in made.items():
            save(folder / tag, model, metadata)
            replace_file(folder / tag / "README.md", [card(metadata, known[tag]).encode()])
    return {tag: metadata for tag, (_, metadata) in made.items()}
