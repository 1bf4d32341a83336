"""Tags on texts: probabilities, decisions and the evidence they rest on.

A cascade. Every sentence of every message gets the n-gram model's logit in one matrix product; a
message's logit is that of its best sentence. Messages over the gate are then searched for cues,
and a second small logistic model turns logit, cues, language and length into a calibrated
probability. Both models are linear, so the evidence of a message adds up to its logit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.detectors import _ngrams
from pipeline.detectors.base import Cue, CueFinder, Detector
from pipeline.detectors._evidence import EVIDENCE, Explanation
from pipeline.model_store import load
from pipeline.registry import discover
from pipeline.text import LANGUAGES

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
        """Take the numbers out of the scikit-learn estimators."""
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

    def limits(self, languages: pl.Series, kind: str) -> _ngrams.Floats:
        """`detected` or `review` threshold per message by language, pooled for other languages."""
        pooled = self.thresholds["pooled"][kind]
        known = {name: self.thresholds[name][kind] for name in LANGUAGES}
        return languages.replace_strict(known, default=pooled, return_dtype=pl.Float64).to_numpy()


@dataclass(frozen=True)
class Scores:
    """What the cascade finds in a batch. Arrays have one entry per message."""

    sentences: pl.DataFrame
    best: dict[str, _ngrams.Integers]
    logits: dict[str, _ngrams.Floats]
    cues: dict[int, dict[str, list[Cue]]]
    vectors: Any


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
        """Load the models of all registered tags, once per process."""
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
        best, tops = {}, {}
        for at, tag in enumerate(self.models):
            top = np.maximum.reduceat(raw[:, at], starts) if len(starts) else raw[:0, at]
            is_top = np.flatnonzero(raw[:, at] == np.repeat(top, counts))
            _, first = np.unique(pieces["row"].to_numpy()[is_top], return_index=True)
            best[tag], tops[tag] = is_top[first], top
        cues = self._cues(texts, languages, tops)
        logits = {
            tag: model_logits(model, tops[tag], languages, counts, cues)
            for tag, model in self.models.items()
        }
        return Scores(pieces, best, logits, cues, vectors)

    def _cues(
        self, texts: pa.StringArray, languages: pa.StringArray, tops: dict[str, _ngrams.Floats]
    ) -> dict[int, dict[str, list[Cue]]]:
        passing = np.zeros(len(texts), dtype=bool)
        for tag, model in self.models.items():
            passing |= tops[tag] >= model.gate
        rows = np.flatnonzero(passing)
        chosen = pl.DataFrame(
            {
                "row": rows,
                "text": pl.Series(texts).gather(rows).fill_null(""),
                "language": pl.Series(languages).gather(rows).fill_null("und"),
            }
        )
        found: dict[int, dict[str, list[Cue]]] = {}
        for (language,), group in chosen.group_by("language", maintain_order=True):
            cues = self._finder.find(group["text"].to_list(), str(language))
            found.update(zip(group["row"].to_list(), cues, strict=True))
        return found

    def explanation(self, scores: Scores, tag: str, row: int, text: str) -> Explanation:
        """What one message's logit for one tag is made of."""
        piece = int(scores.best[tag][row])
        model = self.models[tag]
        fixed = len(model.weights) - len(model.detector.cue_names)
        return Explanation.of(
            coefficients=model.coefficients,
            slope=float(model.weights[0]),
            cue_weights=dict(zip(model.detector.cue_names, model.weights[fixed:].tolist(), strict=True)),
            terms=self.vectorizer.terms,
            sentence=(scores.sentences["start"][piece], scores.sentences["sentence"][piece]),
            vector=scores.vectors[piece],
            cues=scores.cues.get(row, {}).get(tag, []),
            logit=float(scores.logits[tag][row]),
            text=text,
        )

    def detections(
        self, texts: pa.StringArray, languages: pa.StringArray, drawn: pa.BooleanArray
    ) -> pa.Table:
        """Find what is worth a row in the table `detections`.

        Args:
            texts: messages, at most `BATCH` at once for bounded memory.
            languages: ISO codes, one per text.
            drawn: which messages are drawn for the audit.

        Returns:
            One row per message and tag at or above the review threshold or drawn, with the schema
            `DETECTIONS`; `row` is the position of the message.
        """
        scores = self.score(texts, languages)
        spoken, words = pl.Series(languages).fill_null("und"), pl.Series(texts).fill_null("")
        audited = pl.Series(drawn).to_numpy()
        found = []
        for tag, model in self.models.items():
            probability = sigmoid(scores.logits[tag])
            detected = model.limits(spoken, "detected")
            over = probability >= model.limits(spoken, "review")
            for row in np.flatnonzero(over | audited).tolist():
                is_detected = probability[row] >= detected[row]
                explained = self.explanation(scores, tag, row, words[row])
                found.append(
                    {
                        "row": row,
                        "tag": tag,
                        "score": probability[row],
                        "threshold": detected[row],
                        "decision": "detected" if is_detected else "review" if over[row] else "audit",
                        "sentence_start": explained.sentence_start,
                        "sentence_end": explained.sentence_end,
                        "evidence": explained.parts,
                        "model_version": model.version,
                    }
                )
        return pa.Table.from_pylist(found, schema=DETECTIONS)

    def tag(self, texts: pa.StringArray, languages: pa.StringArray) -> pa.RecordBatch:
        """Tag texts.

        Args:
            texts: messages, at most `BATCH` at once for bounded memory.
            languages: ISO codes, one per text; others than nl and en use the pooled thresholds.

        Returns:
            Per tag `<tag>` (float32, calibrated probability) and `is_<tag>` (bool, at the shipped
            threshold); `evidence` lists what detected and reviewable tags rest on.
        """
        scores = self.score(texts, languages)
        spoken, words = pl.Series(languages).fill_null("und"), pl.Series(texts).fill_null("")
        columns: dict[str, pa.Array] = {}
        evidence: list[list[dict[str, Any]]] = [[] for _ in range(len(texts))]
        for tag, model in self.models.items():
            probability = sigmoid(scores.logits[tag])
            columns[tag] = pa.array(probability.astype(np.float32))
            for row in np.flatnonzero(probability >= model.limits(spoken, "review")):
                explained = self.explanation(scores, tag, int(row), words[int(row)])
                evidence[row] += [{"tag": tag, **part} for part in explained.parts]
            columns[f"is_{tag}"] = pa.array(probability >= model.limits(spoken, "detected"))
        tagged = pa.list_(pa.struct([("tag", pa.string()), *EVIDENCE.value_type]))
        columns["evidence"] = pa.array(evidence, tagged)
        return pa.RecordBatch.from_pydict(columns)


def model_logits(
    model: TagModel,
    tops: _ngrams.Floats,
    languages: pa.StringArray,
    counts: _ngrams.Integers,
    cues: dict[int, dict[str, list[Cue]]],
) -> _ngrams.Floats:
    """The calibrated logits of a batch from its n-gram logits and cues."""
    fixed = np.column_stack(fixed_features(tops, languages, counts))
    logits: _ngrams.Floats = fixed @ model.weights[: fixed.shape[1]] + model.bias
    position = {name: fixed.shape[1] + at for at, name in enumerate(model.detector.cue_names)}
    for row, found in cues.items():
        for name in {cue.name for cue in found.get(model.detector.tag, [])}:
            logits[row] += model.weights[position[name]]
    return logits


def fixed_features(
    tops: _ngrams.Floats, languages: pa.StringArray, counts: _ngrams.Integers
) -> tuple[_ngrams.Floats, ...]:
    """The features of the second model that are not cues, in the order of its weights."""
    is_dutch = (pl.Series(languages).fill_null("und") == "nl").to_numpy().astype(np.float64)
    return tops, is_dutch, np.log1p(counts.astype(np.float64))


def sigmoid(logits: _ngrams.Floats) -> _ngrams.Floats:
    """Logit to probability."""
    result: _ngrams.Floats = 1.0 / (1.0 + np.exp(-logits))
    return result


def detectors() -> dict[str, Detector]:
    """All registered tags: a file in `detectors/` is a tag."""
    return discover("pipeline.detectors", "DETECTOR")


@cache
def _load(folder: Path) -> Tagger:
    models, vectorizer = {}, None
    for tag, detector in sorted(detectors().items()):
        model, metadata = load(folder / tag)
        # Tags are trained together on one vocabulary, so the first one's vectoriser serves all.
        vectorizer = vectorizer or _ngrams.Vectorizer(model["vectorizer"])
        models[tag] = TagModel.of(detector, model, metadata)
    assert vectorizer is not None  # noqa: S101 - there are always tags
    return Tagger(vectorizer, models)
