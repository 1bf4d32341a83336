"""The plain way, for comparison: TF-IDF of words and pairs of words, logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def answers(
    texts: Sequence[str], labels: npt.NDArray[np.int64], others: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Labels for other texts, learnt from texts with labels."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    model.fit(vectorizer.fit_transform(texts), labels)
    found: npt.NDArray[np.int64] = model.predict(vectorizer.transform(others))
    return found
