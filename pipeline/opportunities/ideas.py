"""Ideas: one row per person and idea, with the theme that it belongs to."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from pipeline.opportunities import extraction, themes
from pipeline.opportunities.advice import with_idea_advice
from pipeline.opportunities.deadlines import with_promise
from pipeline.opportunities.mentions import mentions, with_mentions, words
from pipeline.opportunities.merging import rows_of, voiced
from pipeline.opportunities.passages import sentence, with_context
from pipeline.opportunities.routing import with_informed, with_owner
from pipeline.opportunities.voters import account, voter
from pipeline.opportunities.wishes import lengths, wishes
from pipeline.settings import Settings

COLUMNS = (
    "opened_on", "idea_id", "theme_id", "conversation_id", "message_id", "author_id", "voter_id",
    "account_id", "source", "opened_at", "messages_count", "sentence", "product_area",
    "is_request", "probability", "department", "owner", "informed", "respond_by",
    "recommended_action", "action_reason", "language", "model_version",
)  # fmt: skip
_BARE = 0.25
"""Length of a wish whose sentence does not say what is wished for, such as "Please make one"."""


def build(detected: pl.DataFrame, settings: Settings, held: pl.DataFrame) -> pa.Table:
    """Make the table `ideas`.

    The same sentence of the same person is the same idea, wherever it is said.

    Args:
        detected: messages with the tag `idea`, one row each, in any order, with what is known of
            message and conversation.
        settings: names of products, who is one person, routing, calendar.
        held: people's decisions about themes, as `decisions.holding` gives them.

    Returns:
        The columns of the contract, one row per person and idea, sorted by `idea_id`.
    """
    messages = voiced(detected).with_columns(
        idea=sentence(), person=voter(settings), account=account(settings)
    )
    is_bare = lengths(wishes(messages["idea"]), len(messages)) < _BARE
    messages = messages.with_columns(
        idea=pl.when(pl.Series(is_bare)).then(with_context()).otherwise("idea")
    ).with_columns(words=words(pl.col("idea")))
    messages = with_mentions(messages, pl.col("idea"), ("wish",)).with_columns(
        row_id=pl.col("message_id").first().over("person", "words"),
        is_request=mentions("wish", "request"),
        competitor=extraction.name_in(pl.col("text"), settings.company.competitors),
        product_area=extraction.name_in(
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
    rows = with_informed(with_owner(rows, settings, "idea", "product_area"), "idea")
    return (
        with_idea_advice(with_promise(rows, settings.company))
        .with_columns(theme_id=themes.assigned(rows, held), opened_on=pl.col("opened_at").dt.date())
        .select(COLUMNS)
        .to_arrow()
    )
