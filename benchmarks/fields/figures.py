"""Precision and recall of each field, and whether priority puts first what is worth most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from benchmarks.fields import sets
from pipeline.model_sets import champion
from pipeline.opportunities import complaints, heard, leads
from pipeline.settings import Settings, shipped_models
from pipeline.tagger import Tagger

LEAD_FIELDS = (
    "need",
    "product",
    "competitor",
    "switch_direction",
    "budget_amount",
    "budget_currency",
    "team_size",
    "timeframe_on",
    "is_existing_customer",
    "contact_channel",
)
FOLLOW_UP_FIELDS = LEAD_FIELDS[1:]
OPENING = {"nl": "Kunnen jullie mij een offerte sturen?", "en": "Could you send me a quote?"}
"""The lead before a follow-up."""
COMPLAINT_FIELDS = ("topic", "severity", "is_repeat")
AS_OF = sets.SENT + timedelta(hours=8)
FIRST = 10
GOOD = 2
"""Worth from which a lead is one of those that should come first."""


@dataclass(frozen=True)
class Figure:
    """How well one field is read: counts of right, made and labelled values."""

    field: str
    right: int
    made: int
    labelled: int

    @property
    def precision(self) -> float:
        """Share of the values made that are right; nan when none is made."""
        return self.right / self.made if self.made else float("nan")

    @property
    def recall(self) -> float:
        """Share of the labelled values that are found; nan when there is none."""
        return self.right / self.labelled if self.labelled else float("nan")


@dataclass(frozen=True)
class Ranking:
    """The first ten by one order: share of good leads, and of the worth that ten can have."""

    order: str
    precision: float
    captured: float


def read_leads() -> pl.DataFrame:
    """The labelled leads with what is read of them: `<field>` and `<field>_label`."""
    labelled = sets.leads()
    tagger = Tagger.load(champion(shipped_models()))
    needs = tagger.models["lead"].detector.needs
    made = []
    for trade, company in sets.companies().items():
        some = labelled.filter(pl.col("trade") == trade)
        settings = Settings.model_validate({"company": company, "sources": ()})
        messages = _heard(some, "lead", tagger)
        made.append(pl.DataFrame(leads.build(messages, settings, needs, AS_OF)))
    return _joined(labelled, pl.concat(made))


def read_follow_ups() -> pl.DataFrame:
    """The labelled follow-ups with what is read of them: `<field>` and `<field>_label`."""
    labelled = sets.follow_ups()
    made = []
    for trade, company in sets.companies().items():
        some = labelled.filter(pl.col("trade") == trade)
        settings = Settings.model_validate({"company": company, "sources": ()})
        said = _alone(heard.plain(some.select("text", "language", "sent_at")))
        openings = said.with_columns(
            message_id="opening " + pl.col("text"),
            text=pl.col("language").replace_strict(OPENING),
            sent_at=pl.col("sent_at") - timedelta(minutes=1),
        )
        unknown = ("score", "sentence_start", "sentence_end")
        said = said.with_columns(pl.lit(None, heard.SCHEMA[name]).alias(name) for name in unknown)
        rows = pl.DataFrame(leads.build(openings, settings, {}, AS_OF, follow_ups=said))
        made.append(rows.with_columns(message_id="conversation_id"))
    return _joined(labelled, pl.concat(made))


def read_complaints() -> pl.DataFrame:
    """The labelled complaints with what is read of them: `<field>` and `<field>_label`."""
    labelled = sets.complaints()
    tagger = Tagger.load(champion(shipped_models()))
    settings = Settings.model_validate({"company": {"name": "Example"}, "sources": ()})
    messages = _heard(labelled, "complaint", tagger)
    return _joined(labelled, pl.DataFrame(complaints.build(messages, settings, AS_OF)))


def figures(rows: pl.DataFrame, fields: tuple[str, ...]) -> list[Figure]:
    """The figures of each field, the weakest first."""
    found = [_figure(rows, field) for field in fields]
    return sorted(found, key=lambda one: (one.precision + one.recall, one.field))


def rankings(rows: pl.DataFrame) -> list[Ranking]:
    """Order of arrival beside order of priority."""
    best = sum(rows["worth_label"].sort(descending=True).head(FIRST))
    orders = {
        "arrival": rows.sort("sent_at"),
        "priority": rows.sort("priority", "lead_id", descending=[True, False]),
    }
    return [
        Ranking(
            name,
            sum(one["worth_label"].head(FIRST) >= GOOD) / FIRST,
            sum(one["worth_label"].head(FIRST)) / best,
        )
        for name, one in orders.items()
    ]


def share_of_other(rows: pl.DataFrame) -> float:
    """Share of the complaints of which the topic is not found."""
    return sum(rows["topic"] == "other") / len(rows)


def _figure(rows: pl.DataFrame, field: str) -> Figure:
    made, labelled = rows[field], rows[f"{field}_label"]
    if made.dtype == pl.Boolean and field == "is_repeat":
        made, labelled = (one.replace(False, None) for one in (made, labelled))
    right = int((made == labelled).sum())
    return Figure(field, right, made.count(), labelled.count())


def _heard(rows: pl.DataFrame, tag: str, tagger: Tagger) -> pl.DataFrame:
    texts, languages = (rows[name].to_arrow().cast("string") for name in ("text", "language"))
    scores = tagger.score(texts, languages)
    explained = tagger.explanations(scores, tag, np.arange(len(rows)), texts)
    messages = heard.plain(
        rows.select(
            "text",
            "language",
            "sent_at",
            score=pl.Series(scores.tags[tag].probability),
            evidence=pl.Series(explained.evidence),
            sentence_start=pl.Series(explained.sentence_start),
            sentence_end=pl.Series(explained.sentence_end),
        )
    )
    return _alone(messages)


def _alone(messages: pl.DataFrame) -> pl.DataFrame:
    """A person and a conversation for each message, named by its text."""
    text = pl.col("text")
    return messages.with_columns(author_id=text, message_id=text, conversation_id=text)


def _joined(labelled: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in labelled.columns if name not in ("text", "part", "sent_at", "trade")]
    named = labelled.rename({name: f"{name}_label" for name in names})
    return named.join(made, left_on="text", right_on="message_id", maintain_order="left")
