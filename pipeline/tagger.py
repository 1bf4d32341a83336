"""Tags on texts: probabilities, decisions and the evidence they rest on.

Words, classes of words, signs and cues of a message become one sparse row, and so do those of each
of its sentences. A linear model per tag scores them, all tags in one matrix product; a second one,
with a bias per language, calibrates what the whole message and its highest sentence score. So the
evidence of a message adds up to its logit, exactly, and a wish in the midst of a story counts.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.detectors._evidence import Explainer, Explanations
from pipeline.detectors._features import Features, Found
from pipeline.detectors._model import TagModel, spoken
from pipeline.detectors._tables import DECISIONS, DETECTIONS, tagged, unexplained
from pipeline.detectors._tokens import Floats, Integers
from pipeline.detectors.base import MAIN_TAGS, Detector
from pipeline.errors import FatalError, SettingsError
from pipeline.later import uncollected
from pipeline.model_store import load
from pipeline.registry import discover
from pipeline.text import LANGUAGES

BATCH = 20_000


@dataclass(frozen=True)
class TagScores:
    """What is found for one tag. One entry per message.

    `deciding` is the position of its highest sentence; `bias` is what no feature adds.
    """

    logits: Floats
    deciding: Integers
    bias: Floats

    @cached_property
    def probability(self) -> Floats:
        """The calibrated probability."""
        result: Floats = 1.0 / (1.0 + np.exp(-self.logits))
        return result


@dataclass(frozen=True)
class Scores:
    """What is found in a batch."""

    found: Found
    tags: dict[str, TagScores]


class Tagger:
    """All tags' models over the same features."""

    def __init__(self, features: Features, models: dict[str, TagModel]) -> None:
        """Put the models side by side so that one product serves all."""
        self.features, self.models = features, models
        self._explainer = Explainer(features)
        self._matrix = np.stack([model.coefficients for model in models.values()], axis=1)

    @classmethod
    def load(cls, folder: Path) -> Tagger:
        """Load the models of the main tags, and of other registered tags that have one, once.

        Raises SettingsError when the folder has none, FatalError when one is missing, changed or
        not trained together with the others.
        """
        return _load(folder)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, in the order of their columns."""
        return tuple(self.models)

    @property
    def model_versions(self) -> dict[str, str]:
        """Tag to the version that stands on each row."""
        return {tag: model.version for tag, model in self.models.items()}

    def score(self, texts: pa.StringArray, languages: pa.StringArray) -> Scores:
        """Score one batch of texts (nulls count as empty)."""
        found = self.features.transform(texts, languages)
        scored = np.asarray(found.vectors @ self._matrix)
        whole, parts = scored[: found.count], scored[found.sentences.places]
        is_dutch = (spoken(languages) == LANGUAGES.index("nl")).astype(np.float64)
        tags = {}
        for at, (tag, model) in enumerate(self.models.items()):
            highest, deciding = found.sentences.best(parts[:, at])
            bias = (model.slope + model.sentence) * model.intercept + model.bias
            bias = bias + model.dutch * is_dutch
            logits = model.slope * whole[:, at] + model.sentence * highest + bias
            tags[tag] = TagScores(logits, deciding, bias)
        return Scores(found, tags)

    def explanations(
        self, scores: Scores, tag: str, rows: Integers, texts: pa.StringArray
    ) -> Explanations:
        """Take the logits of some messages for one tag apart.

        Args:
            scores: what `score` found in `texts`.
            tag: the tag.
            rows: positions of the messages.
            texts: all messages of the batch.
        """
        model, found, scored = self.models[tag], scores.found, scores.tags[tag]
        deciding = scored.deciding[rows]
        of_sentence = found.vectors[found.sentences.places[deciding]]
        worth = found.vectors[rows] * model.slope + of_sentence * model.sentence
        worth.data *= model.coefficients[worth.indices]
        worth.eliminate_zeros()
        return self._explainer.explain(found, texts, rows, worth, scored.bias[rows], deciding)

    def detections(
        self, texts: pa.StringArray, languages: pa.StringArray, drawn: pa.BooleanArray
    ) -> pa.Table:
        """Find what is worth a row in the table `detections`.

        Args:
            texts: messages, at most `BATCH` at once for bounded memory.
            languages: ISO codes, one per text; others than nl and en are kept for the audit alone.
            drawn: which messages are drawn for the audit.

        Returns:
            One row per message and tag at or above the review threshold, with a grave cue of the
            tag or drawn, with the schema `DETECTIONS`; `row` is the position of the message.
        """
        scores = self.score(texts, languages)
        is_drawn = pl.Series(drawn).to_numpy()
        is_known = spoken(languages) < len(LANGUAGES)
        tables = []
        for tag, model in self.models.items():
            probability = scores.tags[tag].probability
            limit = model.limits(languages, "detected")
            is_near = probability >= model.limits(languages, "review")
            over = (is_near | self._is_grave(scores, model.detector)) & is_known
            rows = np.flatnonzero(over | is_drawn)
            is_detected = (probability >= limit) & is_known
            decision = np.where(is_detected, 0, np.where(over, 1, 2))[rows]
            if model.detector.shadow:
                explained = unexplained(texts, rows)
            else:
                explained = self.explanations(scores, tag, rows, texts)
            columns = (
                rows,
                pa.repeat(tag, len(rows)),
                probability[rows].astype(np.float32),
                limit[rows].astype(np.float32),
                DECISIONS.take(pa.array(decision)),
                explained.sentence_start,
                explained.sentence_end,
                explained.evidence,
                pa.repeat(model.version, len(rows)),
            )
            tables.append(pa.table(list(columns), schema=DETECTIONS))
        return pa.concat_tables(tables)

    def _is_grave(self, scores: Scores, detector: Detector) -> np.ndarray[Any, Any]:
        """Whether messages hold a cue of a tag that nobody may overlook."""
        grave = [self.features.cue_column(detector.tag, cue) for cue in detector.grave]
        cues = scores.found.cues
        is_grave = np.zeros(scores.found.count, dtype=bool)
        is_grave[cues.rows[np.isin(self.features.first["cue"] + cues.which, grave)]] = True
        return is_grave

    def tag(self, texts: pa.StringArray, languages: pa.StringArray) -> pa.RecordBatch:
        """Tag texts with the main tags.

        Args:
            texts: messages, at most `BATCH` at once for bounded memory.
            languages: ISO codes, one per text. Others than nl and en are scored, but the models do
                not know them: they are never tagged.

        Returns:
            Per tag `<tag>` (float32, calibrated probability) and `is_<tag>` (bool, at the shipped
            threshold); `evidence` lists what detected and reviewable tags rest on.
        """
        scores = self.score(texts, languages)
        is_known = spoken(languages) < len(LANGUAGES)
        columns: dict[str, pa.Array] = {}
        explained: list[tuple[str, Integers, pa.ListArray]] = []
        for tag in sorted(MAIN_TAGS):
            model, probability = self.models[tag], scores.tags[tag].probability
            columns[tag] = pa.array(probability.astype(np.float32))
            columns[f"is_{tag}"] = pa.array(
                (probability >= model.limits(languages, "detected")) & is_known
            )
            rows = np.flatnonzero((probability >= model.limits(languages, "review")) & is_known)
            explained.append((tag, rows, self.explanations(scores, tag, rows, texts).evidence))
        columns["evidence"] = tagged(explained, len(texts))
        return pa.RecordBatch.from_pydict(columns)


def detectors() -> dict[str, Detector]:
    """All registered tags: a file in `detectors/` is a tag."""
    return discover("pipeline.detectors", "DETECTOR")


@cache
@uncollected()
def _load(folder: Path) -> Tagger:
    known = [
        (tag, detector)
        for tag, detector in sorted(detectors().items())
        if tag in MAIN_TAGS or (folder / tag).exists()
    ]
    if not any((folder / tag).is_dir() for tag, _ in known):
        raise SettingsError(
            "there are no models in this folder",
            where=str(folder),
            mend="name in detection.models a folder that has some, leave it out for the shipped "
            "models, or train them: `engage train`",
        )
    loaded = {tag: load(folder / tag) for tag, _ in known}
    shared, *others = (model["vectorizer"] for model, _ in loaded.values())
    for one in others:
        # One vocabulary serves all tags: a model with another one would be read with wrong words.
        if one.vocabulary_ != shared.vocabulary_ or not np.array_equal(one.idf_, shared.idf_):
            raise FatalError(
                "the models were not trained together",
                where=str(folder),
                mend="run `make train`, which trains all tags on one vocabulary",
            )
    features = Features(shared, (detector for _, detector in known))
    names = list(features.names)
    models = {
        tag: TagModel.of(detector, *loaded[tag], names, str(folder / tag / "metadata.json"))
        for tag, detector in known
    }
    tagger = Tagger(features, models)
    # What is loaded stays: without this the collector walks over it again and again, which takes
    # a third of the time of tagging. Hardly anything is garbage yet, and to look for it takes .2 s.
    gc.freeze()
    return tagger
