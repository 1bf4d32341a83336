"""Leads: one row per person and need, with what is worth knowing before one answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl
import pyarrow as pa

from pipeline.brands import brand_of, passage_of
from pipeline.opportunities import extraction, heard, outcomes, scoring, turns
from pipeline.opportunities.advice import with_lead_advice
from pipeline.opportunities.budgets import with_budget
from pipeline.opportunities.grievances import with_grievance
from pipeline.opportunities.mentions import mentions, with_mentions
from pipeline.opportunities.merging import (
    first_specific,
    is_follow_up,
    latest,
    rows_of,
    voiced,
    with_row,
)
from pipeline.opportunities.needs import NEEDS, needs_of_cues, with_need
from pipeline.opportunities.passages import sentence, snippet, whole, with_evidence
from pipeline.opportunities.routing import with_informed, with_owner
from pipeline.opportunities.rules import with_rules
from pipeline.opportunities.satire import is_satire
from pipeline.opportunities.severity import literal
from pipeline.opportunities.timeframes import named_times, with_timeframe
from pipeline.settings import Settings
from pipeline.text import any_of, terms

SILENCE_DAYS = 90
"""After so many days without a word the same need is a new lead."""
UNSETTLED = ("new", "contacted")
"""States of leads that may wait for us."""
_UNTOLD = 0.5
"""What is left of a need's value when no cue and no phrase tells the need."""
_ANSWERED = 0.3
"""What is left of the urgency when it is the customer's turn."""
_GRAVE = 0.1
"""And when the same message complains of harm or threatens with a lawyer."""
_VAGUE = 0.4
_BUSINESS = 0.4
_SEVERAL = 5
"""Pieces or people from which somebody asks for a price, and pieces from which a business does."""
_MILLION, _THOUSAND = 6.0, 3.0
"""A budget of a million a year and a thousand pieces are worth 1, each tenth of it a step less."""
COLUMNS = (
    "opened_on", "lead_id", "conversation_id", "message_id", "author_id", "source", "channel",
    "url", "opened_at", "updated_at", "messages_count", "snippet", "evidence", "probability",
    "need", "product", "competitor", "switch_direction", "budget_amount", "budget_currency",
    "team_size", "timeframe", "timeframe_on", "is_existing_customer", "contact_channel", "spans",
    "reach", "value", "urgency", "recency", "priority", "department", "owner", "informed",
    "respond_by", "deadline_state", "answered_at", "waiting_since_at", "recommended_action",
    "action_reason", "reply_opening", "state", "language", "model_version",
)  # fmt: skip
_GROUPS = (
    "need", "churn", "commitment", "contact", "customer", "date", "mourning", "severity", "silence",
    "size", "switch", "timeframe",
)  # fmt: skip
_TOLD = (
    "product", "competitor", "switch_direction", "is_existing_customer", "contact_channel",
)  # fmt: skip
"""What a later message may add or correct."""
_READ = ("need", "budget", "team_size", "timeframe", *_TOLD)
"""Fields that have a span."""


def build(
    detected: pl.DataFrame,
    settings: Settings,
    needs: Mapping[str, str],
    as_of: datetime,
    decided: pl.DataFrame = outcomes.NONE,
    follow_ups: pl.DataFrame = heard.NONE,
) -> pa.Table:
    """Make the table `leads`.

    Args:
        detected: messages with the tag `lead`, one row each, in any order, with what is known of
            message and conversation.
        settings: names of products and rivals, calendar, routing, weights.
        needs: name of a detector's cue to the need that it shows.
        as_of: "now", an aware UTC datetime; answers after it are not known yet.
        decided: what people did with leads (`outcomes.of_kind`).
        follow_ups: what the same people say next in these conversations, without a tag: like
            `detected`, without a score. It adds fields that no detected message has.

    Returns:
        The columns of the contract, one row per person and need, sorted by `lead_id`.
    """
    rows, spans = _rows(detected, follow_ups, settings, needs, as_of, decided)
    rows = with_owner(_scored(rows, settings, as_of), settings, "lead", "need")
    rows = with_informed(rows, "lead")
    rows = turns.with_clock(with_evidence(rows, detected), settings.company, as_of)
    is_meant = ~pl.col("is_satire")
    rows = rows.with_columns(pl.when(is_meant).then(pl.col("respond_by", "deadline_state")))
    state = pl.when(pl.col("answered_at").is_null()).then(pl.lit("new"))
    rows = with_lead_advice(rows).with_columns(
        state=outcomes.lead_state(state.otherwise(pl.lit("contacted")))
    )
    return (
        outcomes.without_promise(outcomes.with_advice(rows, ("won", "lost", "rejected")))
        .with_columns(
            lead_id=pl.concat_str(pl.lit("lead:"), "row_id"),
            opened_on=pl.col("opened_at").dt.date(),
            snippet=snippet(),
            spans=extraction.spans_of(rows, spans, _READ),
            waiting_since_at=pl.when(is_meant).then(turns.waiting_since(UNSETTLED)),
        )
        .select(COLUMNS)
        .to_arrow()
    )


def _rows(
    detected: pl.DataFrame,
    follow_ups: pl.DataFrame,
    settings: Settings,
    needs: Mapping[str, str],
    as_of: datetime,
    decided: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the messages of each person and need say together, and the spans that say it."""
    said = voiced(pl.concat((detected, follow_ups), how="diagonal")).join(
        needs_of_cues(detected, needs), on="message_id", how="left", maintain_order="left"
    )
    said, spans = _read(said, settings, as_of)
    settled = outcomes.settled(decided)
    messages = with_row(said.filter(~is_follow_up()), "need", SILENCE_DAYS, settled=settled)
    rows = rows_of(
        messages,
        [
            pl.col("need").first(),
            pl.col("need_span").drop_nulls().first(),
            pl.col("is_told", "is_grave", "mourns").any(),
            pl.col("is_vague", "asks", "complains", "conversation_state").last(),
            pl.col("is_satire").all(),
            pl.col("audience").max(),
        ],
    )
    part = ["person", "conversation_id"]
    named = messages.select(*part, "row_id").unique()
    told = (
        said.join(named, on=part, maintain_order="left")
        .group_by("row_id")
        .agg(
            *latest("budget_amount", "budget_currency", "yearly_amount", "budget_span"),
            *latest("team_size", "team_size_said", "team_size_span"),
            *latest("timeframe", "timeframe_on", "timeframe_span"),
            *(expr for name in _TOLD for expr in latest(name, f"{name}_span")),
            pl.col("is_business").any(),
            _haste(),
        )
    )
    rows = rows.join(told, on="row_id", maintain_order="left")
    rows = turns.with_turns(rows, messages, outcomes.acts(messages, decided))
    return outcomes.with_outcome(rows, messages, decided), spans


def _haste() -> pl.Expr:
    """How soon it must be: a follow-up counts where its time frame would."""
    is_tagged = ~is_follow_up()
    is_said = (pl.col("timeframe").is_not_null() & is_tagged).any()
    by_tagged = pl.col("haste").filter(is_tagged).max()
    return pl.when(is_said).then(by_tagged).otherwise(pl.col("haste").max())


def _read(
    messages: pl.DataFrame, settings: Settings, as_of: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add what each message says by itself, and the need of the person in the conversation.

    Beside it the spans of `extraction.with_spans`.
    """
    company, products = settings.company, settings.company.products
    full = whole()
    asked_first = (extraction.beside_held(full, products), full)
    read = (
        with_mentions(messages, literal(full), _GROUPS, named_times())
        .with_columns(message=pl.col("text"), sentence=sentence(), audience=scoring.audience())
        .with_columns(
            text=full,
            product_said=pl.coalesce(*(passage_of(one, products) for one in asked_first)),
            competitor_said=passage_of(full, company.competitors),
        )
        .with_columns(
            product=brand_of(pl.col("product_said"), products),
            competitor=brand_of(pl.col("competitor_said"), company.competitors),
        )
    )
    read = with_timeframe(with_budget(with_need(read)), company.zone)
    read = with_grievance(with_rules(read, company))
    read, spans = extraction.with_spans(
        read.with_columns(timeframe_said=pl.col("timeframe")), _READ
    )
    is_several = (pl.col("team_size") >= _SEVERAL).fill_null(value=False)
    is_party = pl.col("team_size_said").str.contains(any_of(terms("size", "guests")))
    read = read.with_columns(
        text=pl.col("message"),
        is_vague=mentions("commitment", "vague"),
        asks=pl.col("message").str.contains("?", literal=True),
        mourns=mentions("mourning", "told"),
        is_satire=is_satire(),
        is_business=mentions("commitment", "business") | (is_several & ~is_party),
        **turns.known(as_of),
    )
    read = read.drop(name for name in read.columns if "." in name)
    # A contract that ends elsewhere is no renewal, and who leaves or joins somebody switches.
    switches = pl.col("switch_direction").is_not_null()
    is_switch = (pl.col("need") == "renew") & (pl.col("switch_direction") == "to_us")
    is_switch |= switches & pl.col("need").is_in(("buy", "recommend"))
    # A budget or a number of pieces is told to hear a price.
    asks_price = (pl.col("budget_amount").is_not_null() | is_several) & ~pl.col("is_told")
    need = (
        pl.when(is_follow_up())
        .then(None)
        .when(is_switch)
        .then(pl.lit("switch"))
        .when(asks_price)
        .then(pl.lit("quote"))
        .otherwise("need")
    )
    read = read.with_columns(need=need).with_columns(need=first_specific("need", "buy"))
    return read, spans


def _scored(rows: pl.DataFrame, settings: Settings, as_of: datetime) -> pl.DataFrame:
    told = pl.when("is_told").then(1.0).otherwise(_UNTOLD)
    by_need = pl.col("need").replace_strict(NEEDS, return_dtype=pl.Float64) * told
    by_budget = (pl.col("yearly_amount").fill_null(0) + 1).log10() / _MILLION
    by_size = pl.col("team_size").fill_null(1).clip(lower_bound=1).log10() / _THOUSAND
    by_kind = pl.when("is_business").then(_BUSINESS).otherwise(0.0)
    vague = pl.when("is_vague").then(_VAGUE).otherwise(1.0)
    turn = pl.when("is_grave").then(_GRAVE).when(turns.is_theirs()).then(_ANSWERED).otherwise(1.0)
    return scoring.with_priority(
        rows.with_columns(
            value=scoring.either(by_need, by_budget.clip(0, 1), by_size.clip(0, 1), by_kind),
            urgency=pl.col("haste") * vague * turn,
        ),
        settings.scoring,
        as_of,
    )
