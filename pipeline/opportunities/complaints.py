"""Complaints: one row per person and problem, with how bad it is and a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa

from pipeline.brands import brand_in
from pipeline.opportunities import outcomes, scoring, turns
from pipeline.opportunities.advice import with_complaint_advice
from pipeline.opportunities.mentions import mentions, with_mentions
from pipeline.opportunities.merging import first_specific, latest, rows_of, voiced, with_row
from pipeline.opportunities.passages import sentence, snippet, whole, with_evidence
from pipeline.opportunities.rivals import with_rival
from pipeline.opportunities.routing import with_informed, with_owner
from pipeline.opportunities.satire import is_satire
from pipeline.opportunities.severity import GRAVE, literal, unnamed, with_severity
from pipeline.opportunities.topics import DECIDING, complained, with_topic
from pipeline.settings import Settings

SILENCE_DAYS = 14
"""After so many days without a word the same problem is a new complaint, and a repeated one."""
_ONE_GO = timedelta(days=1)
"""What somebody adds within so long, in another conversation, is still the same complaint."""
URGENCY = {1: 0.3, 2: 0.5, 3: 0.75, 4: 1.0}
CHURN = {1: 0.05, 2: 0.1, 3: 0.2, 4: 0.3}
_ANSWERED = 0.4
"""What is left of the urgency when it is the customer's turn."""
UNSETTLED = ("open", "waiting", "escalated")
"""States of complaints that may wait for us."""
Crises = Callable[[pl.DataFrame], pl.DataFrame]
"""Takes complaints with `complaint_id`, `message_id`, `author_id`, `source`, `opened_at`, `topic`,
`product` and `competitor`; gives `message_id` and `crisis_id` of those that are part of one."""
COLUMNS = (
    "opened_on", "complaint_id", "conversation_id", "message_id", "author_id", "source", "channel",
    "url", "opened_at", "updated_at", "messages_count", "snippet", "evidence", "probability",
    "topic", "severity", "severity_at", "is_repeat", "churn_risk", "is_public", "crisis_id",
    "product", "competitor", "reach", "value", "urgency", "recency", "priority", "department",
    "owner", "informed", "respond_by", "deadline_state", "answered_at", "waiting_since_at",
    "recommended_action", "action_reason", "reply_opening", "state", "language", "model_version",
)  # fmt: skip
_SAID = (
    "leaves", "doubts", "says_again", "is_customer", "is_business", "is_urgent", "is_topic_told",
    "is_back", "mourns",
)  # fmt: skip
_SILENCE = ("is_satire", "is_abuse", "is_about_rival")
_GROUPS = (
    "severity", "churn", "customer", "commitment", "mourning", "timeframe", "topic", "topic_hint",
    "topic_sure", "silence",
)  # fmt: skip


def build(
    detected: pl.DataFrame,
    settings: Settings,
    as_of: datetime,
    decided: pl.DataFrame = outcomes.NONE,
    crises: Crises | None = None,
) -> pa.Table:
    """Make the table `complaints`.

    Args:
        detected: messages with the tag `complaint`, one row each, in any order, with what is known
            of message and conversation.
        settings: names of products and rivals, calendar, routing, weights.
        as_of: "now", an aware UTC datetime; answers after it are not known yet.
        decided: what people did with complaints (`outcomes.of_kind`).
        crises: finds those of whom many complain at once; without it there are none.

    Returns:
        The columns of the contract, one row per person and problem, sorted by `complaint_id`.
    """
    rows = _with_crisis(_judged(_rows(detected, settings, as_of, decided)), crises)
    rows = with_owner(_scored(rows, settings, as_of), settings, "complaint", "topic")
    rows = with_informed(rows, "complaint")
    rows = turns.with_clock(with_evidence(rows, detected), settings.company, as_of)
    promise = pl.when(~_nobody_waits()).then(pl.col("respond_by", "deadline_state"))
    rows = _with_state(rows.with_columns(promise))
    rows = outcomes.with_advice(with_complaint_advice(rows), ("solved", "rejected"))
    return (
        outcomes.without_promise(rows)
        .with_columns(
            opened_on=pl.col("opened_at").dt.date(),
            snippet=snippet(),
            waiting_since_at=pl.when(~_nobody_waits()).then(turns.waiting_since(UNSETTLED)),
        )
        .select(COLUMNS)
        .to_arrow()
    )


def _nobody_waits() -> pl.Expr:
    """Whether no answer is the answer: then there is none that could come too late."""
    is_play = (pl.col("is_satire") | pl.col("is_abuse")) & (pl.col("severity") < GRAVE)
    return pl.col("is_about_rival") | is_play


def _rows(
    detected: pl.DataFrame, settings: Settings, as_of: datetime, decided: pl.DataFrame
) -> pl.DataFrame:
    """What the messages of each person and problem say together."""
    messages = _read(voiced(detected), settings, as_of).with_columns(
        topic=first_specific("topic", "other")
    )
    settled = outcomes.settled(decided)
    messages = with_row(messages, "topic", SILENCE_DAYS, alone="other", settled=settled)
    opened = pl.col("conversation_id", "sent_at").first().over("row_id").name.suffix("_first")
    messages = messages.with_columns(opened).with_columns(
        is_back=(pl.col("conversation_id") != pl.col("conversation_id_first"))
        & (pl.col("sent_at") - pl.col("sent_at_first") >= _ONE_GO)
    )
    rows = rows_of(
        messages,
        [
            pl.col("person", "topic").first(),
            pl.col("severity", "level", "audience").max(),
            pl.col("sent_at").get(pl.col("severity").arg_max()).alias("severity_at"),
            pl.col("raised_by").filter(pl.col("severity") == pl.col("severity").max()).max(),
            pl.col(_SAID).any(),
            pl.col(_SILENCE).all(),
            *latest("product"),
            *latest("competitor"),
            pl.col("conversation_state").last(),
        ],
    )
    rows = turns.with_turns(rows, messages, outcomes.acts(messages, decided))
    return outcomes.with_outcome(rows, messages, decided)


def _read(messages: pl.DataFrame, settings: Settings, as_of: datetime) -> pl.DataFrame:
    """Add what each message says by itself."""
    company = settings.company
    full = whole()
    own = {f"topic.{topic.name}": topic.phrases for topic in settings.topics}
    read = with_mentions(messages, literal(unnamed(full, company)), _GROUPS, own)
    deciding = complained(literal(unnamed(sentence(), company)))
    read = with_mentions(read, deciding, ("topic",), own, DECIDING)
    read = with_topic(read, (topic.name for topic in settings.topics))
    read = with_severity(read.with_columns(audience=scoring.audience()))
    is_troll = mentions("silence", "abuse") & (pl.col("topic") == "other") & (pl.col("level") == 1)
    told = read.with_columns(
        leaves=mentions("churn", "leaving"),
        doubts=mentions("churn", "doubting") | (pl.col("rating") <= 1).fill_null(value=False),
        says_again=mentions("churn", "repeated"),
        is_customer=mentions("customer", "existing"),
        is_business=mentions("commitment", "business"),
        is_urgent=mentions("timeframe", "urgent"),
        mourns=mentions("mourning", "told"),
        is_satire=is_satire(),
        is_abuse=is_troll & ~mentions("customer", "existing"),
        product=brand_in(full, company.products),
        competitor=brand_in(full, company.competitors),
        **turns.known(as_of),
    )
    told = told.drop(name for name in told.columns if "." in name)
    return with_rival(told, company)


def _with_crisis(rows: pl.DataFrame, crises: Crises | None) -> pl.DataFrame:
    """Add `complaint_id` and `crisis_id`."""
    named = rows.with_columns(complaint_id=pl.concat_str(pl.lit("complaint:"), "row_id"))
    if crises is None:
        return named.with_columns(crisis_id=pl.lit(None, pl.String))
    return named.join(crises(named), on="message_id", how="left", maintain_order="left")


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `is_repeat` and `churn_risk`."""
    was_one = (pl.col("outcome") != "rejected").fill_null(value=True)
    matters = rows.filter(was_one).select("person", "topic", "opened_at", "row_id")
    matters = matters.sort("opened_at", "row_id")
    earlier = matters.filter(~pl.struct("person", "topic").is_first_distinct())["row_id"]
    is_same = (pl.col("topic") != "other") & pl.col("is_topic_told")
    is_back = pl.col("row_id").is_in(earlier.implode()) | pl.col("is_back")
    is_repeat = (is_same & is_back) | pl.col("says_again")
    return rows.with_columns(is_repeat=is_repeat, is_public=scoring.is_public()).with_columns(
        churn_risk=pl.when(~pl.col("is_about_rival"))
        .then(
            scoring.either(
                pl.col("severity").replace_strict(CHURN, return_dtype=pl.Float64),
                pl.when("leaves").then(0.6).otherwise(0.0),
                pl.when("doubts").then(0.25).otherwise(0.0),
                pl.when("is_repeat").then(0.15).otherwise(0.0),
                pl.when(pl.col("competitor").is_not_null()).then(0.2).otherwise(0.0),
            )
        )
        .otherwise(0.0)
        .cast(pl.Float32)
    )


def _scored(rows: pl.DataFrame, settings: Settings, as_of: datetime) -> pl.DataFrame:
    by_severity = pl.col("severity").replace_strict(URGENCY, return_dtype=pl.Float64)
    turn = pl.when(turns.is_theirs()).then(_ANSWERED).otherwise(1.0)
    return scoring.with_priority(
        rows.with_columns(
            value=scoring.either(
                pl.lit(0.4),
                pl.when("is_customer").then(0.2).otherwise(0.0),
                pl.when("is_business").then(0.3).otherwise(0.0),
                0.5 * pl.col("churn_risk").cast(pl.Float64),
            ),
            urgency=turn
            * scoring.either(
                by_severity,
                pl.when("is_urgent").then(0.3).otherwise(0.0),
                pl.when("is_repeat").then(0.2).otherwise(0.0),
                pl.when(pl.col("crisis_id").is_not_null()).then(0.3).otherwise(0.0),
            ),
        ),
        settings.scoring,
        as_of,
    )


def _with_state(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `state`: as people say; solved when closed; escalated when grave and unanswered.

    What is about a competitor is open, whatever it is: nobody of us can solve it.
    """
    is_answered = pl.col("answered_at").is_not_null()
    is_open = ~is_answered | pl.col("is_waiting")
    is_late = pl.col("deadline_state") == "red"
    is_grave = (pl.col("severity") == 4) | ((pl.col("severity") == 3) & is_late)
    state = (
        pl.when(pl.col("conversation_state") == "closed")
        .then(pl.lit("solved"))
        .when(is_open & is_grave & ~pl.col("is_about_rival"))
        .then(pl.lit("escalated"))
        .when(~is_open)
        .then(pl.lit("answered"))
        .when(is_answered)
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("open"))
    )
    return rows.with_columns(state=outcomes.complaint_state(state))
