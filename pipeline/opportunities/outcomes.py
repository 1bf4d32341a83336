"""What people did with opportunities, and what that makes of the rows.

An outcome belongs to the row that holds its messages, so it stays with the person and the matter
when a backfill or another model gives the row another id.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from pipeline.opportunities.further import is_further, message_of

OUTCOMES: dict[str, tuple[str, ...]] = {
    "lead": ("contacted", "won", "lost", "rejected", "duplicate"),
    "complaint": ("contacted", "solved", "rejected", "duplicate"),
    "idea": ("planned", "shipped", "declined", "rejected", "duplicate"),
    "theme": ("planned", "shipped", "declined"),
}
"""What can come of each kind of opportunity."""
JUDGED = {
    "rejected": False,
    **dict.fromkeys(("contacted", "won", "lost", "solved", "planned", "shipped", "declined"), True),
}
"""What an outcome says of the tag. A duplicate says nothing."""
ACTED = ("contacted", "won", "lost", "solved")
"""Outcomes that stop the clock: somebody spoke to the customer."""
NONE = pl.DataFrame(
    schema={
        "message_id": pl.String,
        "opening_id": pl.String,
        "outcome": pl.String,
        "outcome_reason": pl.String,
        "decided_at": pl.Datetime("us", "UTC"),
    }
)
"""What `of_kind` gives where nobody decided anything."""
_OVER = ("won", "lost", "rejected", "duplicate")
"""Outcomes after which another conversation is a row of its own."""
_LEAD = {"duplicate": "rejected"}
_COMPLAINT = {"contacted": "answered", "duplicate": "rejected"}
_TOLD = {
    "contacted": "We have been in touch",
    "won": "Won",
    "lost": "Lost",
    "solved": "Solved",
    "rejected": "Rejected",
    "duplicate": "A duplicate",
}


def judged(outcomes: pa.Table) -> pl.DataFrame:
    """What outcomes say of tags, as if they were labels.

    Args:
        outcomes: rows of the table `outcomes`, in any order.

    Returns:
        `message_id`, `recorded_at`, `tag`, `is_yes`, `labelled_at`, and `opening_id`: the message
        that the opportunity is named after, which may be another one.
    """
    further = is_further()
    frame = pl.DataFrame(outcomes)
    return frame.filter(
        pl.col("outcome").is_in(list(JUDGED)),
        pl.col("opportunity_kind") != "theme",
        # That one sentence is no wish does not say that the message holds none.
        ~(further & (pl.col("outcome") == "rejected")),
    ).select(
        "message_id",
        "recorded_at",
        tag="opportunity_kind",
        is_yes=pl.col("outcome").replace_strict(JUDGED, return_dtype=pl.Boolean),
        labelled_at="decided_at",
        opening_id=pl.when(further).then(message_of(_opening())).otherwise(_opening()),
    )


def refused(outcomes: pa.Table) -> list[str]:
    """Ids of further wishes of messages whose last outcome is that they are none."""
    frame = pl.DataFrame(outcomes).filter(is_further())
    last = frame.sort("decided_at", maintain_order=True).unique(
        "opportunity_id", keep="last", maintain_order=True
    )
    return last.filter(pl.col("outcome") == "rejected")["opportunity_id"].to_list()


def of_kind(outcomes: pa.Table, kind: str) -> pl.DataFrame:
    """The outcomes of one kind by the messages that they are about, in order of time.

    Returns:
        `message_id`, `opening_id` (what the opportunity is named after), `outcome`,
        `outcome_reason`, `decided_at`; two rows where that is another message than its strongest.
    """
    frame = pl.DataFrame(outcomes).filter(pl.col("opportunity_kind") == kind)
    frame = frame.with_columns(opening_id=_opening())
    told = ("opening_id", "outcome", pl.col("reason").alias("outcome_reason"), "decided_at")
    parts = (
        frame.select(pl.col(one).alias("message_id"), *told) for one in ("message_id", "opening_id")
    )
    return pl.concat(parts).unique(maintain_order=True).sort("decided_at", maintain_order=True)


def settled(decided: pl.DataFrame) -> pl.DataFrame:
    """When the matters of messages were over: `message_id` and `settled_at`.

    Of several outcomes of an opportunity the last one counts, whichever message was its strongest
    then. A solved complaint may come back, so it is not over. Takes what `of_kind` gives.
    """
    is_last = pl.col("decided_at") == pl.col("decided_at").max().over("opening_id")
    last = decided.filter(is_last).group_by("message_id", maintain_order=True).last()
    over = last.filter(pl.col("outcome").is_in(_OVER))
    return over.select("message_id", settled_at="decided_at")


def with_outcome(rows: pl.DataFrame, messages: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Add the last outcome of each row.

    Args:
        rows: `row_id`.
        messages: `row_id` and `message_id`.
        decided: what `of_kind` gives.

    Returns:
        `rows` in their order, with `outcome`, `outcome_reason` and `decided_at`, null where nobody
        decided.
    """
    said = (
        _of_rows(messages, decided)
        .group_by("row_id", maintain_order=True)
        .agg(pl.col("outcome", "outcome_reason", "decided_at").last())
    )
    return rows.join(said, on="row_id", how="left", maintain_order="left")


def acts(messages: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """When somebody spoke to the customers of rows: `row_id` and `acted_at`, in order of time.

    Takes what `with_outcome` takes.
    """
    acted = _of_rows(messages, decided).filter(pl.col("outcome").is_in(ACTED))
    return acted.select("row_id", acted_at="decided_at")


def _of_rows(messages: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Outcomes by the rows that hold their messages, in order of time.

    Nobody decided about a message that was yet to come: it may have become a row of its own since.
    """
    named = messages.select("message_id", "row_id", "sent_at")
    return (
        decided.join(named, on="message_id", how="inner")
        .filter(pl.col("sent_at") <= pl.col("decided_at"))
        .sort("decided_at", maintain_order=True)
    )


def lead_state(state: pl.Expr) -> pl.Expr:
    """The state of leads: what people say; who asks again after it was lost may yet be won."""
    return _until_again(_LEAD, state)


def complaint_state(state: pl.Expr) -> pl.Expr:
    """The state of complaints: what people say, until the customer writes again."""
    return _until_again(_COMPLAINT, state)


def _until_again(states: dict[str, str], state: pl.Expr) -> pl.Expr:
    said = pl.col("outcome").replace(states)
    holds = said.is_in(("won", "rejected")) | (pl.col("decided_at") >= pl.col("updated_at"))
    return pl.when(holds).then(said).otherwise(state)


def with_advice(rows: pl.DataFrame, closed: tuple[str, ...]) -> pl.DataFrame:
    """Let advice follow an outcome: nothing is left to do where the state is one of `closed`."""
    is_closed = pl.col("outcome").is_not_null() & pl.col("state").is_in(closed)
    told = pl.col("outcome").replace_strict(_TOLD, default=None, return_dtype=pl.String)
    reason = pl.concat_str(
        told, pl.concat_str(pl.lit(": "), "outcome_reason").fill_null(""), pl.lit(".")
    )
    return rows.with_columns(
        recommended_action=pl.when(is_closed).then(pl.lit("none")).otherwise("recommended_action"),
        action_reason=pl.when(is_closed).then(reason).otherwise("action_reason"),
        reply_opening=pl.when(~is_closed).then("reply_opening"),
    )


def without_promise(rows: pl.DataFrame) -> pl.DataFrame:
    """Take the deadline from rows that are rejected: what is none is promised no answer."""
    stands = pl.col("state") != "rejected"
    return rows.with_columns(pl.when(stands).then(pl.col("respond_by", "deadline_state")))


def statuses(outcomes: pa.Table) -> pl.DataFrame:
    """What outcomes say of themes, as if they were decisions about themes.

    An outcome of an idea is about the theme that the idea is in now.

    Returns:
        `theme_id`, `action`, `new_state`, `reason`, `decided_at`, in order of time; and `of_idea`,
        whether it was said of an idea.
    """
    return (
        pl.DataFrame(outcomes)
        .filter(pl.col("outcome").is_in(OUTCOMES["theme"]))
        .sort("decided_at", "opportunity_id")
        .select(
            "reason",
            "decided_at",
            theme_id=pl.concat_str(pl.lit("theme:"), _opening()),
            action=pl.lit("status"),
            new_state="outcome",
            of_idea=pl.col("opportunity_kind") == "idea",
        )
    )


def _opening() -> pl.Expr:
    """The message that an opportunity is named after."""
    return pl.col("opportunity_id").str.replace("^[a-z]+:", "")
