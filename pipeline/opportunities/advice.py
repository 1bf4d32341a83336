"""What a department is advised to do, and why.

Advice is for people: nothing is ever sent by itself, and not to answer is advice too.
"""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.openings import of_complaint, of_lead
from pipeline.opportunities.routing import AT_RISK
from pipeline.opportunities.scoring import is_public

NEED = {
    "quote": "Asks for a price",
    "demo": "Wants to try or see it first",
    "switch": "Wants to leave a supplier",
    "renew": "Has a contract to renew",
    "buy": "Looks for something to buy",
    "recommend": "Asks for advice",
}
_BESIDE = {"quote": "for", "recommend": "about"}
"""What joins a need and a product; where nothing does, the product stands by itself."""
UNTOLD = "May be looking for something"
"""Said where neither a cue nor a word tells the need."""
MOVES = "Speaks of switching"
"""Said where nobody is named whom they leave, and nothing tells that they leave us."""
LEAVES = "May leave us"
"""Said where they leave us: we are the supplier."""
MONTHLY = " a month"
"""Behind a budget that comes back every month."""
SEVERITY = {1: "Inconvenience", 2: "Service failure", 3: "Loss", 4: "Harm or legal threat"}
RAISED = {
    "press": "weighs more as the press is named",
    "followers": "weighs more as many follow its author",
}
"""What made a complaint graver than its words."""
SILENT = ("watch", "none")
"""Actions without an answer."""
_URGENT = 0.85


def with_lead_advice(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `recommended_action`, `action_reason` and `reply_opening` to leads."""
    answered, vague = pl.col("answered_at").is_not_null(), pl.col("is_vague")
    done = answered & ~pl.col("is_waiting")
    leaving = pl.col("switch_direction") == "from_us"
    worth_a_call = (pl.col("haste") >= _URGENT) & (
        pl.col("is_business") | pl.col("budget_amount").is_not_null()
    )
    # Who asks for a call gets one. In public the number is asked for first, out of sight.
    asks_to_be_called = (pl.col("contact_channel") == "call").fill_null(value=False)
    is_reached_apart = is_public() & pl.col("contact_channel").is_not_null()
    # Who asks is answered, however far from buying.
    asks_us = pl.col("need").is_in(("recommend", "quote")) | (pl.col("asks") & ~is_public())
    action = (
        pl.when(
            leaving.fill_null(value=False) | (~is_public() & (worth_a_call | asks_to_be_called))
        )
        .then(pl.lit("call"))
        .when(is_reached_apart)
        .then(pl.lit("private_message"))
        .when(pl.col("need") == "demo")
        .then(pl.lit("offer_demo"))
        .when(is_public() & (pl.col("budget_amount").is_not_null() | pl.col("is_business")))
        .then(pl.lit("private_message"))
        .when(vague & ~asks_us)
        .then(pl.lit("watch"))
        .otherwise(pl.lit("reply"))
    )
    is_open = leaving.is_null() & pl.col("competitor").is_null()
    # "Wants to leave a supplier for Premium" would say where they go.
    beside = pl.col("need").replace_strict(_BESIDE, default=None, return_dtype=pl.String)
    facts = [
        pl.when("is_grave")
        .then(pl.lit("Complains of something grave, which comes first"))
        .when((pl.col("need") == "switch") & leaving)
        .then(pl.lit(LEAVES))
        .when((pl.col("need") == "buy") & ~pl.col("is_told"))
        .then(pl.lit(UNTOLD))
        .when((pl.col("need") == "switch") & is_open)
        .then(pl.lit(MOVES))
        .otherwise(pl.col("need").replace_strict(NEED, return_dtype=pl.String)),
        pl.when(~pl.col("is_grave")).then(beside + " " + pl.col("product")),
        pl.when(~pl.col("is_grave") & beside.is_null()).then(pl.lit("names ") + pl.col("product")),
        pl.when(leaving & (pl.col("need") != "switch")).then(pl.lit("may leave us")),
        pl.when(leaving.fill_null(value=False))
        .then(None)
        .otherwise(pl.lit("names the competitor ") + pl.col("competitor")),
        pl.lit("budget ") + _money(),
        pl.lit("time frame '") + pl.col("timeframe") + "'",
        pl.when(pl.col("team_size") >= 2).then(pl.lit("speaks of ") + pl.col("team_size_said")),
        pl.when(pl.col("is_business")).then(pl.lit("speaks for a business")),
        pl.when("is_existing_customer").then(pl.lit("is a customer already")),
        pl.when(vague).then(pl.lit("has not made up their mind")),
        pl.when(pl.col("complains") & ~pl.col("is_grave")).then(pl.lit("complains as well")),
        _mourning(),
        _silence(pl.col("is_satire")),
        _progress(),
    ]
    settled = (
        pl.when(_by_community())
        .then(pl.lit("none"))
        .when(done | pl.col("is_satire") | pl.col("is_grave"))
        .then(pl.lit("watch"))
    )
    return _advised(rows, settled, action, facts, of_lead())


def with_complaint_advice(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `recommended_action`, `action_reason` and `reply_opening` to complaints."""
    severity, state = pl.col("severity"), pl.col("state")
    action = (
        pl.when((severity == 4) | (~is_public() & (severity >= 3)))
        .then(pl.lit("call"))
        .when(is_public() & (severity >= 3))
        .then(pl.lit("private_message"))
        .otherwise(pl.lit("reply"))
    )
    topic = pl.when((pl.col("topic") != "other") & pl.col("is_topic_told")).then(
        pl.lit("with ") + pl.col("topic").str.replace_all("_", " ", literal=True)
    )
    facts = [
        pl.col("level").replace_strict(SEVERITY, return_dtype=pl.String),
        topic,
        pl.when(severity > pl.col("level")).then(
            pl.col("raised_by").replace_strict(RAISED, return_dtype=pl.String)
        ),
        pl.when("is_repeat").then(pl.lit("not for the first time")),
        pl.when(pl.col("churn_risk") >= AT_RISK).then(pl.lit("may leave us")),
        pl.when(pl.col("crisis_id").is_not_null()).then(pl.lit("one of many at this time")),
        pl.when("is_public").then(pl.lit("everyone can read it")),
        pl.when("is_about_rival").then(pl.lit("is about ") + pl.col("competitor") + ", not us"),
        _mourning(),
        _silence(pl.col("is_satire"), pl.col("is_abuse")),
        pl.when(~pl.col("is_about_rival") | pl.col("answered_at").is_not_null()).then(_progress()),
    ]
    settled = (
        pl.when((state == "solved") | pl.col("is_abuse"))
        .then(pl.lit("none"))
        .when((state == "answered") | pl.col("is_satire") | pl.col("is_about_rival"))
        .then(pl.lit("watch"))
    )
    return _advised(rows, settled, action, facts, of_complaint())


def with_idea_advice(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `recommended_action` and `action_reason` to ideas: what its route says, else to watch.

    An idea is a vote: the theme tells how much it weighs, and nobody waits for an answer.
    """
    facts = [
        pl.when("is_request").then(pl.lit("Asks for it")).otherwise(pl.lit("Mentions it")),
        pl.lit("for ") + pl.col("product_area"),
        pl.lit("names the competitor ") + pl.col("competitor"),
        pl.lit("a vote for its theme"),
    ]
    return rows.with_columns(
        recommended_action=pl.col("route_action").fill_null("watch"),
        action_reason=pl.concat_str(
            "route_reason", _sentence(facts), separator=" ", ignore_nulls=True
        ),
    )


def _advised(
    rows: pl.DataFrame,
    settled: pl.Expr,
    action: pl.Expr,
    facts: list[pl.Expr],
    opening: pl.Expr,
) -> pl.DataFrame:
    """Put together what the row suggests and what its route says.

    A route has no say where there is nothing to do any more, or better nothing is done: `settled`.
    """
    advised = rows.with_columns(
        recommended_action=pl.coalesce(settled, "route_action", action),
        action_reason=pl.concat_str(
            pl.when(settled.is_null()).then("route_reason"),
            _sentence(facts),
            separator=" ",
            ignore_nulls=True,
        ),
    )
    speaks = ~pl.col("recommended_action").is_in(SILENT)
    return advised.with_columns(reply_opening=pl.when(speaks).then(opening))


def _by_community() -> pl.Expr:
    """Whether the customer was helped by somebody else before we said a word."""
    return (pl.col("conversation_state") == "closed") & pl.col("answered_at").is_null()


def _mourning() -> pl.Expr:
    return pl.when("mourns").then(pl.lit("tells of a death"))


def _silence(is_satire: pl.Expr, is_abuse: pl.Expr | None = None) -> pl.Expr:
    """Why an answer would do more harm than good; null where it would not."""
    said = pl.when(is_satire).then(pl.lit("reads as satire"))
    if is_abuse is None:
        return said
    return pl.when(is_abuse).then(pl.lit("only scolds, an answer would feed it")).otherwise(said)


def _progress() -> pl.Expr:
    answered = pl.col("answered_at").is_not_null()
    return (
        pl.when(_by_community())
        .then(pl.lit("closed already, without a word of ours"))
        .when(answered & pl.col("is_waiting"))
        .then(pl.lit("has written again since our answer"))
        .when(answered)
        .then(pl.lit("we have answered"))
        .when(pl.col("deadline_state") == "red")
        .then(pl.lit("our answer is late"))
        .otherwise(pl.lit("nobody of us has answered yet"))
    )


def _money() -> pl.Expr:
    """As English writes it: `EUR 4,200 a month`."""
    hundredths = (pl.col("budget_amount") * 100).round().cast(pl.Int64)
    backwards = (hundredths // 100).cast(pl.String).str.reverse()
    whole = backwards.str.replace_all(r"(\d{3})", "${1},").str.reverse().str.strip_prefix(",")
    cents = (hundredths % 100).cast(pl.String).str.zfill(2)
    whole += pl.when(cents != "00").then("." + cents).otherwise(pl.lit(""))
    currency = (pl.col("budget_currency") + " ").fill_null("")
    monthly = pl.when(pl.col("yearly_amount") > pl.col("budget_amount")).then(pl.lit(MONTHLY))
    return currency + whole + monthly.fill_null("")


def _sentence(facts: list[pl.Expr]) -> pl.Expr:
    """The first two facts as one clause, the others after commas."""
    first = pl.concat_str(facts[:2], separator=" ", ignore_nulls=True)
    return pl.concat_str([first, *facts[2:]], separator=", ", ignore_nulls=True) + "."
