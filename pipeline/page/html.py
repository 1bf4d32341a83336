"""From facts to HTML: autoescaped, styled by one sheet whose hash is all that the policy allows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from math import floor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.console import clean, shortened
from pipeline.engagement._escape import url
from pipeline.learning.estimates import wilson
from pipeline.page import charts
from pipeline.page.facts import Facts, Row
from pipeline.page.steps import Ask, at, next_ask, steps
from pipeline.page.words import Words
from pipeline.settings import Settings

HERE = Path(__file__).parent
QUOTE = 240
POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


def render(facts: Facts, settings: Settings) -> str:
    """Write the page, in the first of the company's languages."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    words = Words.of(settings.company.languages[0])
    sheet = (HERE / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = _Shown(words, settings.company.zone, facts.last)
    found = steps(facts)
    drawn = _charts(facts, words, clean(settings.company.name))
    return environment.get_template("page.html.j2").render(
        w=words,
        show=shown,
        company=settings.company.name,
        currency=settings.company.currency,
        facts=facts,
        rows=facts.rows,
        sums=facts.sums,
        policy=POLICY.format(digest),
        sheet=Markup(sheet),  # noqa: S704 - our own file
        charts={name: Markup(svg) for name, svg in drawn.items()},  # noqa: S704 - ours, escaped
        steps=found,
        reached=at(found),
        next_step=_next(next_ask(found), words),
        precision=wilson(facts.sums["measured"]["confirmed"], facts.sums["measured"]["reviewed"]),
    )


class _Shown:
    """How values look in a language and time zone, today."""

    def __init__(self, words: Words, zone: ZoneInfo, today: date) -> None:
        self._words, self._zone, self._today = words, zone, today

    def quote(self, text: str) -> str:
        return shortened(text, QUOTE)

    def link(self, address: str | None) -> str | None:
        """An address of the web that can stand in a link; None for anything else."""
        return url(address)

    def number(self, value: float) -> str:
        return self._words.number(value)

    def usual(self, value: float | None) -> str:
        """The number that is usual; what would be shown as none is hardly ever."""
        if value is None:
            return "–"
        return self._words.number(value) if value >= 0.05 else self._words["rare"]

    def money(self, value: float, currency: str | None) -> str:
        return self._words.money(value, currency or "")

    def share(self, part: float, whole: float = 1) -> str:
        return self._words.share(part / whole) if whole else "–"

    def day(self, day: date) -> str:
        """A day, with the year where that is not today's."""
        year = "" if day.year == self._today.year else f" {day.year}"
        return self._words.day(day) + year

    def moment(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        return f"{self.day(local.date())} {local:%H:%M}"

    def date_of(self, moment: datetime) -> str:
        return self.day(moment.astimezone(UTC).date())

    def spent(self, seconds: float | None) -> str:
        if seconds is None:
            return "–"
        minutes = round(seconds / 60)
        if minutes < 120:
            return f"{minutes} min"
        unit, length = ("hours", 60) if minutes < 4320 else ("days_spent", 1440)
        return f"{self._words.number(minutes / length)} {self._words[unit]}"

    def lead_facts(self, row: Row) -> list[str]:
        money = None
        if row["budget_amount"] is not None:
            money = self.money(row["budget_amount"], clean(row["budget_currency"] or ""))
        told = {
            "competitor": clean(row["competitor"] or ""),
            "of_product": clean(row["product"] or ""),
            "budget_monthly" if row["is_monthly"] else "budget": money,
            "timeframe": clean(row["timeframe"] or ""),
        }
        need = "untold" if row["is_untold"] else row["need"]
        facts = [self._words.term("may_leave" if row["leaves"] else need)]
        facts += [self._words.term(name, value) for name, value in told.items() if value]
        return facts + ([self._words.term("customer")] if row["is_existing_customer"] else [])

    def complaint_facts(self, row: Row) -> list[str]:
        facts = [self._words.term(f"severity_{row['severity']}")]
        if row["topic"] != "other":
            facts.append(self._words.term(row["topic"]))
        if row["product"]:
            facts.append(self._words.term("of_product", clean(row["product"])))
        signs = {
            "crisis": row["crisis_id"] is not None,
            "is_repeat": row["is_repeat"],
            "may_leave": row["churn_risk"] >= 0.5,
        }
        return facts + [self._words.term(name) for name, holds in signs.items() if holds]

    def ask(self, ask: Ask) -> str:
        have, want = _amounts(ask, self._words)
        return f"{have} / {want}"


def _amounts(ask: Ask, words: Words) -> tuple[str, str]:
    if ask.is_share:
        # What is not enough yet must not be rounded to what is.
        return words.share(floor(round(ask.have * 100, 6)) / 100), words.share(ask.want)
    return words.number(ask.have), words.number(ask.want)


def _next(ask: Ask | None, words: Words) -> str:
    if ask is None:
        return words["all_reached"]
    have, want = _amounts(ask, words)
    missing = words.number(ask.want - ask.have)
    return words.advice(ask.name, have=have, want=want, missing=missing)


def _charts(facts: Facts, words: Words, company: str) -> dict[str, str]:
    """The charts of the page by name; none where there is nothing to draw."""
    every = [facts.first + timedelta(days=n) for n in range((facts.last - facts.first).days + 1)]
    drawn = {}
    kinds = {"leads": charts.LEAD, "complaints": charts.COMPLAINT, "ideas": charts.IDEA}
    opened = {(row["day"], row["kind"]): row["opened"] for row in facts.rows["days"]}
    drawn["opened"] = _columns(every, opened, kinds, words, "opened")
    states = {"met": charts.LEAD, "missed": charts.BAD}
    due = {
        (row["day"], "met" if row["is_met"] else "missed"): row["due"] for row in facts.rows["due"]
    }
    drawn["due"] = _columns(every, due, states, words, "due")
    funnel, measured = facts.sums["funnel"], facts.sums["measured"]
    heard = sum(row["heard"] for row in facts.rows["sources"])
    steps_down = [
        (words["heard"], heard), (words["opportunities"], funnel["opened"]),
        (words["answered"], funnel["answered"]), (words["in_time"], funnel["met"]),
        (words["good"], funnel["good"]),
    ]  # fmt: skip
    drawn["funnel"] = _bars(steps_down, [charts.LEAD] * len(steps_down), words, "funnel")
    voices = [(company, measured["ours"]), (words["competitors"], measured["theirs"])]
    drawn["voice"] = _bars(voices, [charts.LEAD, charts.MUTED], words, "voice")
    return drawn


def _columns(
    every: list[date],
    counts: Mapping[tuple[date, str], int],
    kinds: Mapping[str, str],
    words: Words,
    name: str,
) -> str:
    rows = [
        {
            "day": str(day),
            "label": words.short_day(day),
            "kind": words[kind],
            "count": counts.get((day, kind), 0),
        }
        for day in every
        for kind in kinds
    ]
    return charts.by_day(rows, [words[kind] for kind in kinds], list(kinds.values()), name)


def _bars(listed: list[tuple[str, int]], colours: list[str], words: Words, name: str) -> str:
    rows: list[dict[str, Any]] = [
        {"label": label, "count": int(count), "shown": words.number(count), "colour": colour}
        for (label, count), colour in zip(listed, colours, strict=True)
    ]
    return charts.bars(rows, name)
