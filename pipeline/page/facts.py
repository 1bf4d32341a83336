"""What the page shows, asked of the lake in SQL: rows and sums, never a row per message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.measuring import WEEKS
from pipeline.opportunities.advice import MONTHLY, UNTOLD
from pipeline.query import connect, span
from pipeline.records import ALL, DAY
from pipeline.settings import Settings
from pipeline.storage import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]

SHOWN = 10
LEADS = f"""
    SELECT priority, snippet, need, product, competitor, budget_amount, budget_currency, timeframe,
        is_existing_customer, recommended_action, owner, department, source, respond_by,
        deadline_state, message_id, url, author_handle, answered_at IS NOT NULL AS wrote_again,
        contains(action_reason, '{UNTOLD}') AS is_untold, switch_direction = 'from_us' AS leaves,
        regexp_matches(action_reason, ', budget [A-Z0-9 ,.]+{MONTHLY}[,.]') AS is_monthly
    FROM leads_today LIMIT $shown
"""  # noqa: S608
COMPLAINTS = """
    SELECT snippet, topic, severity, is_repeat, churn_risk, crisis_id, product, recommended_action,
        owner, department, source, respond_by, deadline_state, message_id, url, author_handle,
        answered_at IS NOT NULL AS wrote_again
    FROM complaints_open LIMIT $shown
"""
WAITING = """
    SELECT (SELECT count(*) FROM complaints_open) AS complaints,
        (SELECT count(*) FROM complaints_open WHERE deadline_state = 'red') AS late,
        (SELECT count(*) FROM leads_today) AS leads
"""
SOURCES = """
    SELECT source, count(*) AS whole, count_if(is_own) AS own,
        count_if(duplicate_of IS NOT NULL AND NOT is_own) AS reposts,
        count_if(excluded_reason IS NOT NULL AND duplicate_of IS NULL AND NOT is_own) AS left_out,
        count_if(excluded_reason IS NULL AND duplicate_of IS NULL AND NOT is_own) AS heard,
        max(sent_on) AS last_on
    FROM messages WHERE sent_on BETWEEN $first AND $last GROUP BY source ORDER BY source
"""
_ROWS = """
    SELECT 'lead' AS kind, message_id, opened_on, opened_at, answered_at, respond_by,
        deadline_state, state, waiting_since_at, department FROM leads
    UNION ALL
    SELECT 'complaint', message_id, opened_on, opened_at, answered_at, respond_by,
        deadline_state, state, waiting_since_at, department FROM complaints
"""
DAYS = """
    SELECT day, kind, count(*) AS opened FROM (
        SELECT opened_on AS day, 'leads' AS kind FROM leads
        UNION ALL SELECT opened_on, 'complaints' FROM complaints
        UNION ALL SELECT opened_on, 'ideas' FROM ideas
    ) WHERE day BETWEEN $first AND $last GROUP BY ALL ORDER BY ALL
"""
DUE = f"""
    SELECT CAST(respond_by AS DATE) AS day, deadline_state = 'met' AS is_met, count(*) AS due
    FROM ({_ROWS}) WHERE respond_by IS NOT NULL AND deadline_state IN ('met', 'missed', 'red')
        AND CAST(respond_by AS DATE) BETWEEN $first AND $last
    GROUP BY ALL ORDER BY ALL
"""  # noqa: S608
# `count(*) FILTER`, because over no rows at all `count_if` is null, not 0.
DEPARTMENTS = f"""
    SELECT department, count(*) AS opened, count(answered_at) AS answered,
        count(*) FILTER (deadline_state IN ('met', 'missed', 'red')) AS due,
        count(*) FILTER (deadline_state = 'met') AS met,
        count(*) FILTER (deadline_state = 'red' AND waiting_since_at IS NOT NULL) AS late,
        median(epoch(answered_at) - epoch(opened_at)) AS median_seconds,
        quantile_cont(epoch(answered_at) - epoch(opened_at), 0.9) AS p90_seconds
    FROM ({_ROWS}) WHERE opened_on BETWEEN $first AND $last
    GROUP BY GROUPING SETS ((department), ()) ORDER BY department NULLS LAST
"""  # noqa: S608
FUNNEL = f"""
    SELECT count(*) AS opened, count(answered_at) AS answered,
        count(*) FILTER (deadline_state IN ('met', 'missed', 'red')) AS due,
        count(*) FILTER (deadline_state = 'met') AS met,
        count(*) FILTER (state IN ('won', 'solved')) AS good,
        count(DISTINCT CASE WHEN answered_at IS NOT NULL THEN department END) AS departments
    FROM ({_ROWS}) WHERE opened_on BETWEEN $first AND $last
"""  # noqa: S608
MEASURED = f"""
    SELECT count(*) AS measured, coalesce(sum(won_count), 0)::BIGINT AS won,
        coalesce(sum(valued_count), 0)::BIGINT AS valued, coalesce(sum(won_value), 0) AS won_value,
        coalesce(sum(own_mentions_count), 0)::BIGINT AS ours,
        coalesce(sum(competitor_mentions_count), 0)::BIGINT AS theirs,
        coalesce(sum(reviewed_count), 0)::BIGINT AS reviewed,
        coalesce(sum(confirmed_count), 0)::BIGINT AS confirmed,
        arg_max({{'recall': recall, 'low': recall_low, 'high': recall_high}}, measured_on)
            FILTER (recall IS NOT NULL) AS recall
    FROM measurements WHERE source = '{ALL}' AND department = '{ALL}'
        AND measured_on BETWEEN $first AND $last
"""  # noqa: S608
DECIDED = f"""
    SELECT count(*) AS decided FROM ({_ROWS}) WHERE opened_on BETWEEN $first AND $last
        AND (kind, message_id) IN (SELECT (opportunity_kind, message_id) FROM outcomes)
"""  # noqa: S608
THEMES = """
    SELECT title, votes_count, languages, first_seen_at, state
    FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes)
    ORDER BY votes_count DESC, mentions_count DESC, theme_id LIMIT $shown
"""
CHANGED = """
    SELECT count(*) AS themes, count(*) FILTER (state IN ('planned', 'shipped')) AS changed
    FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes)
"""
ALERTS = """
    SELECT kind, subject, observed, expected, opened_at, state,
        (SELECT any_value(snippet) FROM complaints c
         WHERE kind = 'severe_message' AND c.message_id = message_ids[1]) AS snippet
    FROM alerts
    WHERE state IN ('open', 'acknowledged')
    ORDER BY list_position(['complaint_spike', 'severe_message', 'idea_surge', 'source_silent',
        'reject_budget'], kind) NULLS LAST, opened_at DESC, alert_id LIMIT $shown
"""


@dataclass(frozen=True)
class Facts:
    """What the page shows of the days `first` to `last`.

    `rows` and `sums` are answers to queries by name: many rows, or one. `source_names` are those
    of the settings: a source may be heard no more, or not yet.
    """

    first: date
    last: date
    rows: Mapping[str, list[Row]]
    sums: Mapping[str, Row]
    source_names: Sequence[str]


def gather(lake: Lake, settings: Settings) -> Facts:
    """Ask the lake. Raises SettingsError when there is nothing in it."""
    with connect(lake) as database:
        begin, last = span(database, lake)
        first = max(begin, last - timedelta(weeks=WEEKS) + DAY)
        given = {"first": first, "last": last, "shown": SHOWN}
        many = {
            "leads": LEADS, "complaints": COMPLAINTS, "sources": SOURCES, "days": DAYS, "due": DUE,
            "departments": DEPARTMENTS, "themes": THEMES, "alerts": ALERTS,
        }  # fmt: skip
        one = {
            "waiting": WAITING, "funnel": FUNNEL, "measured": MEASURED, "decided": DECIDED,
            "changed": CHANGED,
        }  # fmt: skip
        return Facts(
            first=first,
            last=last,
            rows={name: _ask(database, sql, given) for name, sql in many.items()},
            sums={name: _ask(database, sql, given)[0] for name, sql in one.items()},
            source_names=settings.source_names,
        )


def _ask(database: DuckDBPyConnection, sql: str, given: Mapping[str, Any]) -> list[Row]:
    used = {name: value for name, value in given.items() if f"${name}" in sql}
    answer = database.sql(sql, params=used).to_arrow_table()
    return list(answer.to_pylist())
