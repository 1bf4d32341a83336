"""The peer: the script that people write by hand for the same job.

pandas reads the file, spaCy tokenises and matches row by row, scikit-learn's TfidfVectorizer and
three logistic regressions score, pandas writes Parquet. No contract, no thread, no evidence, no
language, no personal data removed: less work than ours, the way it is usually done.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd
import polars as pl
import spacy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from spacy.matcher import PhraseMatcher

from benchmarks.generated import CORPORA
from pipeline.tagger import detectors

TAGS = ("lead", "complaint", "idea")


def trained() -> tuple[TfidfVectorizer, dict[str, LogisticRegression]]:
    """Fit on our own corpora; not part of what is timed."""
    rows = pl.concat(
        [pl.read_ndjson(file).select("text", *TAGS) for file in sorted(CORPORA.glob("*/*.jsonl"))]
    )
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    vectors = vectorizer.fit_transform(rows["text"].to_list())
    models = {
        tag: LogisticRegression(max_iter=1000).fit(vectors, rows[tag].to_numpy()) for tag in TAGS
    }
    return vectorizer, models


def run(source: Path, target: Path) -> tuple[int, float]:
    """Tag a JSONL file. Returns the number of rows and the seconds of processor it took."""
    vectorizer, models = trained()
    nlp = spacy.blank("nl")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    for detector in detectors().values():
        for cue in detector.vocabulary["nl"]:
            matcher.add(cue["name"], [nlp.make_doc(one) for one in cue.get("phrases", [])])
    begun = time.process_time()
    rows = pd.read_json(source, lines=True, dtype={"id": str})
    rows["cues"] = rows["text"].apply(
        lambda text: [nlp.vocab.strings[match] for match, _, _ in matcher(nlp(text))]
    )
    for tag, model in models.items():
        rows[tag] = model.predict_proba(vectorizer.transform(rows["text"]))[:, 1]
    rows.to_parquet(target)
    return len(rows), time.process_time() - begun


if __name__ == "__main__":
    count, seconds = run(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.write(f"{count / seconds:,.0f} rows/s\n")
