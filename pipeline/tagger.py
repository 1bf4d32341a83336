"""Tags on texts: probabilities, decisions and the evidence they rest on.

A cascade. Every sentence of every message gets the n-gram model's logit in one matrix product; a
message's logit is that of its best sentence. Messages over the gate are then searched for cues,
and a second small logistic model turns logit, cues, language and length into a calibrated
probability. Both models are linear, so the evidence of a message adds up to its logit.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.detectors import _ngrams
from pipeline.detectors._cues import CueFinder
from pipeline.detectors._evidence import EVIDENCE, Explanation, Part, to_arrow
from pipeline.detectors.base import Cue, Detector
from pipeline.errors import FatalError
from pipeline.model_store import load
from pipeline.registry import discover
from pipeline.text import LANGUAGES

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BATCH = 20_000

DETECTIONS = pa.schema(
    [
        ("row", pa.int64()),
        ("tag", pa.string()),
        ("score", pa.float32()),
        ("threshold", pa.float32()),
        ("decision", pa.string()),
        ("sentence_start", pa.int32()),
        ("sentence_end", pa.int32()),
        ("evidence", EVIDENCE),
        ("model_version", pa.string()),
    ]
)
"""What is found in a batch; `row` is the position of the message."""


@dataclass(frozen=True)
class TagModel:
    """The two linear models of one tag and their thresholds."""

    detector: Detector
    coefficients: _ngrams.Floats
    intercept: float
    weights: _ngrams.Floats
    bias: float
    gate: float
    thresholds: dict[str, dict[str, float]]
    version: str

    @classmethod
    def of(cls, detector: Detector, model: dict[str, Any], metadata: dict[str, Any]) -> TagModel:
        """Take the numbers out of the scikit-learn estimators.

        Raises FatalError when the metadata do not fit the model or the cues.
        """
        where = f"models/{detector.tag}/metadata.json"
        missing = [name for name in ("gate", "thresholds", "cues") if name not in metadata]
        if missing:
            what = f"the metadata say nothing of {', '.join(missing)}"
            raise FatalError(what, where=where, mend="run `make train`")
        if metadata["cues"] != list(detector.cue_names):
            raise FatalError(
                "the model was trained with other cues than those in detectors/patterns",
                where=where,
                mend="run `make train`, which gives each cue its weight",
            )
        return cls(
            detector=detector,
            coefficients=np.asarray(model["classifier"].coef_, dtype=np.float64)[0],
            intercept=float(model["classifier"].intercept_[0]),
            weights=np.asarray(model["calibrator"].coef_, dtype=np.float64)[0],
            bias=float(model["calibrator"].intercept_[0]),
            gate=float(metadata["gate"]),
            thresholds=metadata["thresholds"],
            version=f"{detector.version}+{metadata['sha256'][:12]}",
        )

    @cached_property
    def cue_weights(self) -> dict[str, float]:
        """What each cue adds to the logit."""
        names = self.detector.cue_names
        return dict(zip(names, self.weights[-len(names) :].tolist(), strict=True))

    def limits(self, languages: pl.Series, kind: str) -> _ngrams.Floats:
        """`detected` or `review` threshold per message by language, pooled for other languages."""
        pooled = self.thresholds["pooled"][kind]
        known = {name: self.thresholds[name][kind] for name in LANGUAGES}
        return languages.replace_strict(known, default=pooled, return_dtype=pl.Float64).to_numpy()


@dataclass(frozen=True)
class TagScores:
    """What the cascade finds for one tag. Arrays have one entry per message.

    `best` is the row of the sentence that counts, `bias` what is added to the weights of n-grams
    and cues to make `logits`.
    """

    best: _ngrams.Integers
    logits: _ngrams.Floats
    bias: _ngrams.Floats

    @cached_property
    def probability(self) -> _ngrams.Floats:
        """The calibrated probability."""
        result: _ngrams.Floats = 1.0 / (1.0 + np.exp(-self.logits))
        return result


@dataclass(frozen=True)
class Scores:
    """What the cascade finds in a batch: sentences, their TF-IDF rows, cues by message and tag."""

    sentences: pl.DataFrame
    vectors: csr_matrix
    cues: dict[int, dict[str, list[Cue]]]
    tags: dict[str, TagScores]


class Tagger:
    """All tags' models over one shared vocabulary."""

    def __init__(self, vectorizer: _ngrams.Vectorizer, models: dict[str, TagModel]) -> None:
        """Put the models side by side so that one product serves all."""
        self.vectorizer, self.models = vectorizer, models
        self._matrix = np.stack([model.coefficients for model in models.values()], axis=1)
        self._intercepts = np.array([model.intercept for model in models.values()])
        self._finder = CueFinder(model.detector for model in models.values())

    @classmethod
    def load(cls, folder: Path) -> Tagger:
        """Load the models of all registered tags, once per process.

        Raises FatalError when one is missing, changed or not trained together with the others.
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
        """Run the cascade over one batch of texts (nulls count as empty)."""
        pieces = _ngrams.sentences(pl.Series(texts))
        vectors = self.vectorizer.transform(pieces["sentence"])
        raw = np.asarray(vectors @ self._matrix) + self._intercepts
        starts = np.flatnonzero(np.diff(pieces["row"].to_numpy(), prepend=-1))
        counts = np.diff(np.append(starts, len(pieces)))
        tops = np.maximum.reduceat(raw, starts) if len(starts) else raw
        gates = np.array([model.gate for model in self.models.values()])
        cues = self._cues(texts, languages, np.flatnonzero((tops >= gates).any(axis=1)))
        tags = {}
        for at, (tag, model) in enumerate(self.models.items()):
            is_top = np.flatnonzero(raw[:, at] == np.repeat(tops[:, at], counts))
            _, first = np.unique(pieces["row"].to_numpy()[is_top], return_index=True)
            features = fixed_features(tops[:, at], languages, counts)
            tags[tag] = _scored(model, is_top[first], features, cues)
        return Scores(pieces, vectors, cues, tags)

    def _cues(
        self, texts: pa.StringArray, languages: pa.StringArray, rows: _ngrams.Integers
    ) -> dict[int, dict[str, list[Cue]]]:
        chosen = pl.DataFrame({"row": rows, "text": texts.take(rows), "by": languages.take(rows)})
        found: dict[int, dict[str, list[Cue]]] = {}
        for (language,), group in chosen.group_by("by", maintain_order=True):
            cues = self._finder.find(group["text"].fill_null(""), str(language))
            found.update((int(group["row"][at]), one) for at, one in cues.items())
        return found

    def explanations(
        self, scores: Scores, tag: str, rows: _ngrams.Integers, texts: pa.StringArray
    ) -> list[Explanation]:
        """Take the logits of some messages for one tag apart.

        Args:
            scores: what `score` found in `texts`.
            tag: the tag.
            rows: positions of the messages.
            texts: all messages of the batch.
        """
        model, scored = self.models[tag], scores.tags[tag]
        pieces = scored.best[rows]
        bounds = scores.vectors.indptr
        slope = model.weights[0]
        found = []
        for row, text, piece, start, sentence, bias in zip(
            rows.tolist(),
            texts.take(pa.array(rows)).to_pylist(),
            pieces.tolist(),
            scores.sentences["start"].gather(pieces).to_list(),
            scores.sentences["sentence"].gather(pieces).to_list(),
            scored.bias[rows].tolist(),
            strict=True,
        ):
            part = slice(bounds[piece], bounds[piece + 1])
            columns = scores.vectors.indices[part]
            worth = scores.vectors.data[part] * model.coefficients[columns] * slope
            found.append(
                Explanation.of(
                    text=text or "",
                    sentence=(start, sentence),
                    ngrams=dict(zip(columns.tolist(), worth.tolist(), strict=True)),
                    terms=self.vectorizer.terms,
                    cues=scores.cues.get(row, {}).get(tag, []),
                    cue_weights=model.cue_weights,
                    bias=bias,
                )
            )
        return found

    def detections(
        self, texts: pa.StringArray, languages: pa.StringArray, drawn: pa.BooleanArray
    ) -> pa.Table:
        """Find what is worth a row in the table `detections`.

        Args:
            texts: messages, at most `BATCH` at once for bounded memory.
            languages: ISO codes, one per text; others than nl and en are kept for the audit alone.
            drawn: which messages are drawn for the audit.

        Returns:
            One row per message and tag at or above the review threshold or drawn, with the schema
            `DETECTIONS`; `row` is the position of the message.
        """
        scores = self.score(texts, languages)
        spoken = pl.Series(languages).fill_null("und")
        is_drawn, is_known = pl.Series(drawn).to_numpy(), spoken.is_in(LANGUAGES).to_numpy()
        tables = []
        for tag, model in self.models.items():
            probability = scores.tags[tag].probability
            limit = model.limits(spoken, "detected")
            over = (probability >= model.limits(spoken, "review")) & is_known
            rows = np.flatnonzero(over | is_drawn)
            is_detected = (probability >= limit) & is_known
            decision = np.where(is_detected, "detected", np.where(over, "review", "audit"))[rows]
            explained = self.explanations(scores, tag, rows, texts)
            columns = (
                rows,
                np.full(len(rows), tag),
                probability[rows].astype(np.float32),
                limit[rows].astype(np.float32),
                decision,
                [one.sentence_start for one in explained],
                [one.sentence_end for one in explained],
                to_arrow(
                    [part for one in explained for part in one.parts],
                    [len(one.parts) for one in explained],
                ),
                np.full(len(rows), model.version),
            )
            tables.append(pa.table(list(columns), schema=DETECTIONS))
        return pa.concat_tables(tables)

    def tag(self, texts: pa.StringArray, languages: pa.StringArray) -> pa.RecordBatch:
        """Tag texts.

        Args:
            texts: messages, at most `BATCH` at once for bounded memory.
            languages: ISO codes, one per text. Others than nl and en are scored, but the models do
                not know them: they are never tagged.

        Returns:
            Per tag `<tag>` (float32, calibrated probability) and `is_<tag>` (bool, at the shipped
            threshold); `evidence` lists what detected and reviewable tags rest on.
        """
        scores = self.score(texts, languages)
        spoken = pl.Series(languages).fill_null("und")
        is_known = spoken.is_in(LANGUAGES).to_numpy()
        columns: dict[str, pa.Array] = {}
        explained: list[tuple[int, str, list[Part]]] = []
        for tag, model in self.models.items():
            probability = scores.tags[tag].probability
            columns[tag] = pa.array(probability.astype(np.float32))
            columns[f"is_{tag}"] = pa.array(
                (probability >= model.limits(spoken, "detected")) & is_known
            )
            rows = np.flatnonzero((probability >= model.limits(spoken, "review")) & is_known)
            found = self.explanations(scores, tag, rows, texts)
            explained += [
                (row, tag, one.parts) for row, one in zip(rows.tolist(), found, strict=True)
            ]
        columns["evidence"] = _tagged(explained, len(texts))
        return pa.RecordBatch.from_pydict(columns)


def _scored(
    model: TagModel,
    best: _ngrams.Integers,
    features: tuple[_ngrams.Floats, ...],
    cues: dict[int, dict[str, list[Cue]]],
) -> TagScores:
    """The calibrated logits of a batch from its fixed features and cues."""
    slope, *others = model.weights[: len(features)]
    tops, *rest = features
    fixed = model.bias + sum(weight * one for weight, one in zip(others, rest, strict=True))
    logits = fixed + slope * tops
    for row, found in cues.items():
        for name in {cue.name for cue in found.get(model.detector.tag, ())}:
            logits[row] += model.cue_weights[name]
    return TagScores(best, logits, fixed + slope * model.intercept)


def _tagged(explained: list[tuple[int, str, list[Part]]], rows_count: int) -> pa.ListArray:
    """The evidence of each row, with the tag that each part speaks for in front."""
    explained = sorted(explained, key=lambda one: one[0])
    counts = np.zeros(rows_count, dtype=np.int64)
    for row, _, parts in explained:
        counts[row] += len(parts)
    evidence = to_arrow([part for _, _, parts in explained for part in parts], counts.tolist())
    tags = pa.array([tag for _, tag, parts in explained for _ in parts], pa.string())
    spans = pa.StructArray.from_arrays(
        [tags, *evidence.values.flatten()],
        fields=[pa.field("tag", pa.string()), *evidence.values.type],
    )
    return pa.ListArray.from_arrays(evidence.offsets, spans)


def fixed_features(
    tops: _ngrams.Floats, languages: pa.StringArray, counts: _ngrams.Integers
) -> tuple[_ngrams.Floats, ...]:
    """The features of the second model that are not cues, in the order of its weights."""
    is_dutch = (pl.Series(languages).fill_null("und") == "nl").to_numpy().astype(np.float64)
    return tops, is_dutch, np.log1p(counts.astype(np.float64))


def detectors() -> dict[str, Detector]:
    """All registered tags: a file in `detectors/` is a tag."""
    return discover("pipeline.detectors", "DETECTOR")


@cache
def _load(folder: Path) -> Tagger:
    known = sorted(detectors().items())
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
    models = {tag: TagModel.of(detector, *loaded[tag]) for tag, detector in known}
    tagger = Tagger(_ngrams.Vectorizer(shared), models)
    # What is loaded stays: without this the collector walks over it again and again, which takes
    # a third of the time of tagging.
    gc.collect()
    gc.freeze()
    return tagger
