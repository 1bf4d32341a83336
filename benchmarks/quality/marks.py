"""What a sentence looks like to the benchmark models.

The classes of words, signs and cues of this project, and beside them word n-grams, pairs of words
with others between, words by their place, and the sentence's skeleton: little words as they are,
every verb as VERB, the rest as its ending. So `please add a clock` and `please show the total` are
alike. Verbs are learnt, without a tagger, from the words that stand after `to`, `please` or `can`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix, hstack

from pipeline.detectors._features import Features

TOKEN = re.compile(r"@\w+|https?://\S+|[^\W\d_]+(?:['’][a-z]+)?|\d+|[^\w\s]")
BEFORE_A_VERB = frozenset(
    {"to", "please", "pls", "can", "can't", "cannot", "could", "should", "would", "will"}
    | {"won't", "must", "might", "may", "let's", "don't", "not"}
)
ENDINGS = ("ing", "ed", "ly", "tion", "able", "s")
LITTLE_WORDS, LONGEST_LITTLE_WORD = 250, 5
RAREST = 3
START, END = "<s>", "</s>"


def cut(text: str) -> list[str]:
    """Lower-case words and signs between a start and an end; numbers, handles and links alike."""
    found = [START]
    for token in TOKEN.findall(text):
        if token[0] == "@" and len(token) > 1:
            found.append("@")
        elif token.startswith("http"):
            found.append("://")
        else:
            found.append("0" if token.isdigit() else token.lower())
    return [*found, END]


def verbs(texts: Iterable[Sequence[str]]) -> frozenset[str]:
    """Words that a quarter of the time stand where a verb must."""
    after: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for words in texts:
        total.update(words[1:-1])
        after.update(b for a, b in pairwise(words) if a in BEFORE_A_VERB)
    return (
        frozenset(
            word
            for word, count in after.items()
            if count >= RAREST and count > total[word] / 4 and word.isalpha()
        )
        - BEFORE_A_VERB
    )


class Marks:
    """Turns texts into rows of ones and zeros, with the columns that training text has."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Learn verbs, little words and columns from training texts."""
        from sklearn.feature_extraction.text import CountVectorizer

        cuts = [cut(text) for text in texts]
        self._verbs = verbs(cuts)
        common = Counter(word for words in cuts for word in words[1:-1])
        self._little = (
            frozenset(
                word
                for word, _ in common.most_common(LITTLE_WORDS)
                if len(word) <= LONGEST_LITTLE_WORD and word not in self._verbs
            )
            | BEFORE_A_VERB
        )
        self._counter = CountVectorizer(
            analyzer=self.of, min_df=RAREST, binary=True, dtype=np.float64
        ).fit(texts)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """One row per text."""
        return hstack([self._counter.transform(texts), own(texts)], format="csr")

    def of(self, text: str) -> list[str]:
        """All marks of one text but those of this project's features."""
        words = cut(text)
        shapes = [self._shape(word) for word in words]
        return [
            *_grams(words, 3, "w "),
            *_grams(shapes, 5, "s "),
            *(f"{a} … {b}" for at, a in enumerate(words) for b in words[at + 2 : at + 5]),
            *(f"{min(at // 4, 3)} {word}" for at, word in enumerate(words[1:-1])),
        ]

    def _shape(self, word: str) -> str:
        if word in self._verbs:
            return "VERB"
        if word in self._little or not word[0].isalpha():
            return word
        return next((f"-{one}" for one in ENDINGS if word.endswith(one)), "X")


def own(texts: Sequence[str]) -> csr_matrix:
    """The classes of words, signs, lengths and cues of `pipeline/detectors`, as ones and zeros.

    Not the classes after another, which came after the settings of the benchmarks were chosen.
    """
    features = _features()
    matrix = features.transform(
        pa.array(list(texts), pa.string()), pa.array(["en"] * len(texts), pa.string())
    ).matrix[:, features.first["class"] :][:, _used()]
    matrix.data[:] = 1.0
    return matrix


def own_names() -> tuple[str, ...]:
    """What the columns of `own` are."""
    names = _features().names
    return tuple(names[at] for at in _used())


@cache
def _used() -> list[int]:
    return [at for at, name in enumerate(_features().names) if not name.startswith("after:")]


@cache
def _features() -> Features:
    from sklearn.feature_extraction.text import TfidfVectorizer

    from pipeline.detectors.base import MAIN_TAGS
    from pipeline.tagger import detectors

    # Their words are not asked for: the vocabulary is one word, whose column is cut off.
    no_words = TfidfVectorizer(ngram_range=(1, 2)).fit(["word"])
    known = detectors()
    return Features(no_words, (known[tag] for tag in MAIN_TAGS))


def _grams(words: Sequence[str], most: int, before: str) -> list[str]:
    return [
        before + " ".join(words[at : at + size])
        for size in range(1, most + 1)
        for at in range(len(words) - size + 1)
    ]
