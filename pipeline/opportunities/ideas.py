"""Ideas: one row per person and idea, with the theme that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import pyarrow as pa

from pipeline.brands import brand_in
from pipeline.opportunities import themes
from pipeline.opportunities.advice import with_idea_advice
from pipeline.opportunities.deadlines import with_promise
from pipeline.opportunities.further import BARE, Cues, further, said_id
from pipeline.opportunities.lookup import SPELT
from pipeline.opportunities.mentions import mentions, with_mentions, words
from pipeline.opportunities.merging import rows_of, voiced
from pipeline.opportunities.passages import sentence, with_context
from pipeline.opportunities.routing import with_informed, with_owner
from pipeline.opportunities.voters import account, voter
from pipeline.opportunities.wishes import lengths, wishes
from pipeline.settings import Company, Settings

COLUMNS = (
    "opened_on", "idea_id", "theme_id", "conversation_id", "message_id", "author_id", "voter_id",
    "account_id", "source", "opened_at", "messages_count", "sentence", "product_area",
    "is_request", "probability", "department", "owner", "informed", "respond_by",
    "recommended_action", "action_reason", "language", "model_version",
)  # fmt: skip


def build(
    detected: pl.DataFrame,
    settings: Settings,
    held: pl.DataFrame,
    cues: Cues,
    refused: Iterable[str] = (),
) -> tuple[pa.Table, pl.DataFrame]:
    """Make the table `ideas`.

    Every wish of a message is an idea. The same sentence of the same person is the same idea,
    wherever it is said.

    Args:
        detected: messages with the tag `idea`, one row each, in any order, with what is known of
            message and conversation.
        settings: names of products, who is one person, routing, calendar.
        held: people's decisions about themes, as `decisions.holding` gives them.
        cues: those of the tag `idea`, language to cues.
        refused: ids of further wishes that are none, as `outcomes.refused` gives them.

    Returns:
        The columns of the contract, one row per person and idea, sorted by `idea_id`; and their
        terms, as `themes.told` gives them.
    """
    messages = with_further(stated(voiced(detected)), cues).with_columns(
        person=voter(settings), account=account(settings), words=words(pl.col("idea"))
    )
    messages = with_mentions(messages, pl.col("words"), ("wish",)).with_columns(
        row_id=pl.col("said_id").first().over("person", "words"),
        is_request=mentions("wish", "request"),
        competitor=brand_in(pl.col("text"), settings.company.competitors),
        product_area=brand_in(
            pl.concat_str("idea", "subject", "text", separator="\n", ignore_nulls=True),
            settings.company.products,
        ),
    )
    rows = rows_of(
        messages,
        [
            pl.col("idea").first().alias("sentence"),
            pl.col("product_area", "competitor").drop_nulls().first(),
            pl.col("is_request").any(),
            pl.col("person").first().alias("voter_id"),
            pl.col("account").drop_nulls().first().alias("account_id"),
        ],
    )
    rows = rows.with_columns(idea_id=pl.concat_str(pl.lit("idea:"), "row_id"))
    rows = rows.filter(~pl.col("idea_id").is_in(list(refused)))
    rows = with_informed(with_owner(rows, settings, "idea", "product_area"), "idea")
    told = without_names(themes.told(rows), settings.company)
    made = with_idea_advice(with_promise(rows, settings.company)).with_columns(
        theme_id=themes.assigned(rows, told, held), opened_on=pl.col("opened_at").dt.date()
    )
    return made.select(COLUMNS).to_arrow(), told


def without_names(terms: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Terms of ideas without our names, which say nothing of what is wished for.

    A name that is also a word of the lists stays: a bakery may be called Bread.
    """
    names = (company.name, *company.aliases, *company.own_accounts)
    named = wishes(pl.Series(names, dtype=pl.String))["term"]
    ours = named.filter(named.str.starts_with(SPELT))
    return terms.filter(~pl.col("term").is_in(ours.implode()))


def stated(messages: pl.DataFrame) -> pl.DataFrame:
    """Add `idea`, the deciding sentence of each message, with its neighbour if it says nothing."""
    told = messages.with_columns(idea=sentence())
    is_bare = lengths(wishes(told["idea"]), len(told)) < BARE
    return told.with_columns(
        idea=pl.when(pl.Series(is_bare, dtype=pl.Boolean)).then(with_context()).otherwise("idea")
    )


def with_further(messages: pl.DataFrame, cues: Cues) -> pl.DataFrame:
    """Add a row for each further wish of a message, behind that of its deciding sentence.

    Args:
        messages: as `stated` gives them, in order of time.
        cues: those of the tag `idea`, language to cues.

    Returns:
        Also `said_id`: the `message_id`, of a further wish with the place where it begins.
    """
    more = further(messages, cues)
    rest = messages.drop("idea").join(more, on="message_id", maintain_order="right")
    rest = rest.with_columns(
        sentence_start=pl.col("start").cast(pl.Int32),
        sentence_end=(pl.col("start") + pl.col("idea").str.len_chars()).cast(pl.Int32),
        said_id=said_id(),
    )
    first = messages.with_columns(said_id=pl.col("message_id"))
    return pl.concat((first, rest.select(first.columns))).sort(
        "sent_at", "message_id", maintain_order=True
    )
