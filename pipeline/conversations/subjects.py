"""Mail that answers without saying what: tied by its subject, when that can mean one mail only.

Some mail programs and help desks leave `In-Reply-To` and `References` out. What then begins with
"Re:" continues the newest earlier mail with the same subject within `WITHIN`: of the same sender,
or, where the company answers, of the one customer who wrote under that subject in that time. Many
customers write "Klacht": where more than one did, or the subject is a single word, our answer stays
apart.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

WITHIN = timedelta(days=14)
COLUMNS = ("message_id", "source", "author_id", "is_own", "sent_at", "subject", "reply_to_id")

_MARK = (
    r"(?i)^\s*(?:\[?extern(?:al|e)?(?: e?-?mail)?[\]:]\s*)?(?:re|antw|aw|fwd?|betr|doorst)\s*:\s*"
)
_MARKS = (
    r"(?i)^\s*(?:\[?extern(?:al|e)?(?: e?-?mail)?[\]:]\s*|(?:re|antw|aw|fwd?|betr|doorst)\s*:\s*)+"
)


def keyed(mails: pl.DataFrame) -> pl.DataFrame:
    """Give mails (`COLUMNS`) their `key`, the bare subject, and `is_open`: an answer to no id."""
    subject = pl.col("subject")
    bare = subject.str.replace(_MARKS, "").str.to_lowercase().str.replace_all(r"\s+", " ")
    return mails.select(
        "message_id",
        "source",
        "author_id",
        "is_own",
        "sent_at",
        key=bare.str.strip_chars(),
        is_open=pl.col("reply_to_id").is_null() & subject.str.contains(_MARK),
    ).filter(pl.col("key") != "")


def ties(mails: pl.DataFrame) -> pl.DataFrame:
    """Tie open answers to earlier mails.

    Args:
        mails: As `keyed` gives them, in any order.

    Returns:
        `message_id` of the answer and `earlier_id`, sorted; an answer is there once at most.
    """
    mails = mails.sort("sent_at", "message_id")
    answers = mails.filter("is_open")
    customers = mails.filter(pl.col("is_own").not_())
    again = _newest(answers.filter(pl.col("is_own").not_()), customers, "author_id")
    ours = answers.filter(pl.col("is_own") & pl.col("key").str.contains(" ", literal=True))
    alone = _newest(ours, _with_others(customers), None).filter(
        pl.col("author").is_not_null()
        & (pl.col("other_at").is_null() | (pl.col("other_at") < pl.col("sent_at") - WITHIN))
    )
    found = pl.concat([one.select("message_id", "earlier_id") for one in (again, alone)])
    return found.sort("message_id")


def _newest(answers: pl.DataFrame, mails: pl.DataFrame, by: str | None) -> pl.DataFrame:
    """The newest mail before each answer within reach, of the same author where that is asked."""
    names = ["source", "key", *([by] if by else [])]
    there = mails.select(
        *names,
        "sent_at",
        pl.col("message_id").alias("earlier_id"),
        pl.col("author_id").alias("author"),
        pl.col("other_at") if "other_at" in mails.columns else pl.lit(None).alias("other_at"),
    )
    return answers.join_asof(
        there,
        on="sent_at",
        by=names,
        strategy="backward",
        tolerance=WITHIN,
        allow_exact_matches=False,
        check_sortedness=False,
    ).filter(pl.col("earlier_id").is_not_null())


def _with_others(mails: pl.DataFrame) -> pl.DataFrame:
    """When somebody else last wrote under the subject: `other_at`; who is unknown is another."""
    group = ["source", "key"]
    who = pl.coalesce("author_id", "message_id")
    before = pl.col("sent_at").shift(1).over(group)
    changed = who.ne_missing(who.shift(1).over(group))
    return mails.with_columns(other_at=pl.when(changed).then(before)).with_columns(
        pl.col("other_at").forward_fill().over(group)
    )
