"""Learns the points of noise from examples: `python -m benchmarks.listening.learning`.

A kind has a logistic regression over the words of a message, over how many words it has of each
class of `noise_signs.toml`, and over its shape. What a class weighs is added to each of its words,
so that words count that no example has. Examples are the sets of this folder but for what is kept
for the report, and our corpora; what a customer says there weighs more than a remark.

How much is found of what was not learned from is measured by learning five times, each without a
fifth; the same decides how many points are needed: so many that of what customers say, left out, at
most the share `MISTAKES` would have been taken for the kind, and nothing of what was learned from.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from benchmarks.listening.exclusions import FOLDER, lines, report
from pipeline.conversations.noise import KINDS
from pipeline.conversations.noise_points import EDGE, is_judged, pairs, shapes, words
from pipeline.conversations.personal import redact
from pipeline.storage import replace_file
from pipeline.text import VOCABULARY

FILE = VOCABULARY / "noise_points.toml"
HALVED = ("noise_report.txt", "noise_buyers.txt")
"""Sets of which half is kept for the report."""
SETS = ("noise.txt", "noise_trades.txt", "noise_forms.txt", *HALVED)
FOLDS = 5
MISTAKES = 1 / 1500
LEAST = 4
"""Messages that have a word before it is learned."""
CUSTOMER = 3.0
"""How much more a message with a lead, a complaint or an idea weighs than another."""
STRENGTH = 3.0
"""How closely examples are followed: so many times the usual."""
SCALE = 10
"""Points of one unit of log odds: half of a point is too little to change anything."""
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def examples() -> pl.DataFrame:
    """All that may be learned from: `text`, its `kind` or null, `weight`."""
    kept = {line.text for name in HALVED for line in report(name)}
    of_sets = [
        (line.text, line.reason if line.is_noise else None, CUSTOMER)
        for name in SETS
        for line in lines(name)
        if line.text not in kept and line.reason in KINDS
    ]
    files = sorted((FOLDER.parent.parent / "models" / "corpora").glob("*/*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    kinds = {"news": "press", "job_ad": "job_ad"}
    of_corpora = [
        (row["text"], kinds.get(row.get("kind")), 1.0 if not is_tagged(row) else CUSTOMER)
        for row in rows
        if row.get("kind") != "marketing"
    ]
    schema = {"text": pl.String, "kind": pl.String, "weight": pl.Float64}
    frame = pl.DataFrame(of_sets + of_corpora, schema, orient="row")
    frame = frame.filter(is_judged())
    return frame.with_columns(redact(pl.col("text")))


def is_tagged(row: dict[str, object]) -> bool:
    """Whether a message of the corpora has a lead, a complaint or an idea."""
    return any(row.get(tag) == 1 for tag in ("lead", "complaint", "idea"))


def classes() -> dict[str, list[str]]:
    """Class of signs to its words and pairs of words, as they are met in messages."""
    listed = tomllib.loads((FOLDER / "noise_signs.toml").read_text(encoding="utf-8"))
    return {
        name: [term.strip() for term in terms.replace("\n", " ").split(", ")]
        for name, terms in listed.items()
    }


def learned_from() -> str:
    """A name of the sets and signs as they are now: after a change points must be learned anew."""
    files = (*SETS, "noise_signs.toml")
    return hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in files)).hexdigest()[:16]


class Terms:
    """The terms of all examples, and a matrix of whether an example has them."""

    def __init__(self, texts: pl.Series) -> None:
        said = words(texts)
        single = pl.concat([said, shapes(texts)]).unique()
        met = single.group_by("term").len().filter(pl.col("len") >= LEAST)
        self.words = met.filter(pl.col("term") != EDGE)["term"].sort().to_list()
        self.classes = classes()
        place = {word: at for at, word in enumerate(self.words)}
        cells = single.with_columns(
            at=pl.col("term").replace_strict(place, default=None, return_dtype=pl.Int64)
        )
        both = pl.concat([said, pairs(said)]).unique()
        of_classes = [
            both.filter(pl.col("term").is_in(terms)).with_columns(at=pl.lit(at, pl.Int64))
            for at, terms in enumerate(self.classes.values())
        ]
        self.matrix = hstack(
            [
                _matrix(cells.drop_nulls(), len(texts), len(self.words)),
                _matrix(pl.concat(of_classes), len(texts), len(self.classes)),
            ]
        ).tocsr()

    def points(self, weights: Floats) -> dict[str, int]:
        """Points of each term, where they are not nought."""
        of_words, of_classes = weights[: len(self.words)], weights[len(self.words) :]
        total = dict(zip(self.words, of_words.tolist(), strict=True))
        for weight, terms in zip(of_classes.tolist(), self.classes.values(), strict=True):
            for term in terms:
                total[term] = total.get(term, 0.0) + weight
        found = {term: round(weight * SCALE) for term, weight in total.items()}
        return {term: points for term, points in found.items() if points}


def _matrix(cells: pl.DataFrame, height: int, width: int) -> csr_matrix:
    place = (cells["row"].to_numpy(), cells["at"].to_numpy())
    return csr_matrix((np.ones(len(cells)), place), shape=(height, width))


@dataclass(frozen=True)
class Learned:
    """What was learned of a kind.

    Attributes:
        points: of each term.
        needed: points that make a message of the kind.
        recall: share that is found of the examples of a kind that were not learned from.
        mistakes: how many messages of customers were taken for it, likewise.
    """

    points: dict[str, int]
    needed: int
    recall: float
    mistakes: int


def learned(of: Terms, some: pl.DataFrame, kind: str) -> Learned:
    """Learn a kind, and measure it on what was left out."""
    is_kind = (some["kind"] == kind).fill_null(value=False).to_numpy()
    is_other = some["kind"].is_null().to_numpy()
    weight = some["weight"].to_numpy()
    held, part = np.zeros(len(some)), np.arange(len(some)) % FOLDS
    for fold in range(FOLDS):
        rest = part != fold
        model = _fit(of.matrix[rest], is_kind[rest], weight[rest])
        held[~rest] = model.decision_function(of.matrix[~rest])
    model = _fit(of.matrix, is_kind, weight)
    seen = model.decision_function(of.matrix)
    # Rounding moves a message by some points: the margin keeps those learned from heard.
    is_customer = is_other & (weight == CUSTOMER)
    allowed = int(MISTAKES * is_customer.sum())
    least = max(np.sort(held[is_customer])[-allowed - 1], seen[is_other].max() + 0.2)
    needed = int(np.ceil((least - model.intercept_[0]) * SCALE))
    found = held > least
    recall, mistakes = float(found[is_kind].mean()), int(found[is_customer].sum())
    return Learned(of.points(model.coef_[0]), needed, recall, mistakes)


def _fit(matrix: csr_matrix, is_kind: Mask, weight: Floats) -> LogisticRegression:
    model = LogisticRegression(C=STRENGTH, max_iter=300, solver="liblinear", random_state=0)
    return model.fit(matrix, is_kind, sample_weight=weight)


def written(found: dict[str, Learned]) -> str:
    """The vocabulary file: for each kind, points and the terms that have them."""
    parts = [
        "# Points of terms for each kind of noise: words in lower case, pairs of words, shapes of\n"
        "# a text; the one without a name is what every text begins with. Learned, not written\n"
        f"# by hand: `python -m benchmarks.listening.learning`; from {learned_from()}."
    ]
    for kind, one in found.items():
        by_points: dict[int, list[str]] = {-one.needed: [""]}
        for term, points in sorted(one.points.items()):
            by_points.setdefault(points, []).append(term)
        parts.append(f"[{kind}]")
        parts += [f'{points} = "{", ".join(terms)}"' for points, terms in sorted(by_points.items())]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Learn every kind, write the file, and print what was found of what was left out."""
    some = examples()
    of = Terms(some["text"])
    found = {kind: learned(of, some, kind) for kind in KINDS}
    replace_file(FILE, [written(found).encode()])
    customers = some.filter(pl.col("kind").is_null(), pl.col("weight") == CUSTOMER).height
    for kind, one in found.items():
        sys.stdout.write(
            f"{kind}: {one.recall:.2f} found of what was left out, {one.mistakes} of {customers:,} "
            f"customers taken for it; {len(one.points):,} terms, {one.needed} points needed\n"
        )


if __name__ == "__main__":
    main()
