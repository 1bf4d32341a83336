"""The model card: `models/<tag>/README.md`, written from the metadata."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from pipeline.detectors.base import Detector
from pipeline.learning.corpora import YOURS
from pipeline.learning.figures import LEAST_RECALL


def card(metadata: dict[str, Any], detector: Detector) -> str:
    """The card of one tag in Markdown, weak figures first."""
    tag = metadata["tag"]
    meaning = inspect.getdoc(import_module(f"pipeline.detectors.{tag}")) or ""
    weakest_first = sorted(metadata["metrics"], key=lambda one: one["f1"])
    figures = "\n".join(
        f"| {one['corpus']} | {one['language']} | {one['rows']} | {one['positives']} "
        f"| {one['precision']:.2f} | {one['recall']:.2f} | {one['f1']:.2f} "
        f"| {one['average_precision']:.2f} | {one['ece']:.3f} |"
        for one in weakest_first
    )
    data = "\n".join(
        f"| {one['name']} | {one['licence']} | {one['rows']} |" for one in metadata["data"]
    )
    # Of a tag that somebody added, `own` is text of theirs, in a file without a trade.
    if any((one["name"], one["licence"]) == ("own", YOURS) for one in metadata["data"]):
        whose, folds, rest = "your", "five folds, cut by the text", ""
    else:
        whose, folds = "our", "five folds that never share a trade"
        rest = "Sets other than `own` are not part of this repository. "
    usual, we = metadata["settings"]["base_rate"], f"{whose}s"
    return f"""# {tag} · {detector.version}

{meaning}

## What does not work

The model knows words, classes of words by meaning, signs and cues, not what a sentence says as a
whole. Sarcasm, understatement and plain facts that are a {tag} only in context are missed; so are
spelling far from the corpus and other languages than Dutch and English, which are never tagged.
Figures on sets of others tell how far the definition of that set lies from {we} as much as how good
the model is; they are part of the training data, in other folds. Probabilities stand for a feed in
which {usual:.0%} of the messages have the tag, thresholds for one in
which {metadata["settings"]["threshold_base_rate"]:.0%} have it: a mailbox with another share wants
`engage calibrate`.

## Figures

Out of fold: {folds}. Thresholds are chosen on the same predictions of
{whose} own text, so figures there are a little optimistic: for a precision of
{metadata["settings"]["target_precision"]:.2f} where
{metadata["settings"]["threshold_base_rate"]:.0%} have the tag, or for the best F1 where that finds
less than {LEAST_RECALL:.0%}.
{whose.capitalize()} own text counts there as if {usual:.0%} of it had the tag.

| set | language | rows | positives | precision | recall | F1 | AP | ECE |
|---|---|---|---|---|---|---|---|---|
{figures}

{_thresholds(metadata)}

## Data

| set | licence | rows |
|---|---|---|
{data}

{rest}What English words mean was taken from
{metadata["meaning"]["name"]} ({metadata["meaning"]["licence"]}) while training.
Made by `make train`; the bytes are checked against the sha256 in `metadata.json` at every load.
"""


def calibrated_card(metadata: dict[str, Any]) -> str:
    """The card of a model that was calibrated to a sample of somebody's own, in Markdown."""
    made = metadata["calibrated"]
    figures = "\n".join(
        f"| {when} | {one['language']} | {one['rows']} | {one['positives']} | "
        + " | ".join(
            "–" if one[name] is None else f"{one[name]:.2f}" for name in ("precision", "recall")
        )
        + f" | {one['ece']:.3f} |"
        for when, metrics in (("before", made["before"]), ("after", metadata["metrics"]))
        for one in metrics
    )
    return f"""# {metadata["tag"]} · {metadata["detector"]}, calibrated

A model whose probabilities and thresholds were fitted again to {made["rows"]} labelled rows. They
hold for messages like those, and for no others. What words weigh among each other is as it was.

- model before: sha256 `{made["model"]}`
- labelled rows: sha256 `{made["sha256"]}`

## Figures

On rows that were not fitted on, {made["folds"]} folds. Thresholds are chosen for a precision of
{metadata["settings"]["target_precision"]:.2f} in
the share of these rows that have the tag, or for the best F1 where that finds less than
{LEAST_RECALL:.0%}.

| when | language | rows | positives | precision | recall | ECE |
|---|---|---|---|---|---|---|
{figures}

{_thresholds(metadata)}
"""


def adapted_card(metadata: dict[str, Any]) -> str:
    """The card of a model that was taught further by people's answers, in Markdown."""
    made = metadata["adapted"]
    figures = made["average_precision"]
    return f"""# {metadata["tag"]} · {metadata["detector"]}, taught further

The model {made["model"]}, whose weights were moved by {made["rows"]} answers of people,
{made["positives"]} of them a yes. Words in no answer weigh as before; probabilities are calibrated
as before, and thresholds are the same. It holds how words of your customers weigh.

## Figures

Average precision on the answers: {figures["before"]:.2f} before, {figures["after"]:.2f} after, each
answer by a model that was not taught it, in {made["folds"]} folds. People are mostly asked where
models are in doubt: the figures are lower than they would be on all that is heard.

{_thresholds(metadata)}
"""


def _thresholds(metadata: dict[str, Any]) -> str:
    lines = ["## Thresholds", "", "| language | detected | review |", "|---|---|---|"]
    lines += [
        f"| {name} | {one['detected']:.3f} | {one['review']:.3f} |"
        for name, one in sorted(metadata["thresholds"].items())
    ]
    return "\n".join(lines)
