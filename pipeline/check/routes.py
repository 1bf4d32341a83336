"""Tries the function wheel of the settings before a run: gaps, dead routes, examples astray."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SettingsError
from pipeline.opportunities import complaints, heard, leads
from pipeline.opportunities.needs import NEEDS
from pipeline.opportunities.routing import first_fit, with_owner
from pipeline.records import CHANNELS
from pipeline.registry import choices
from pipeline.settings import Example, Route, Settings, Tag
from pipeline.text import groups

if TYPE_CHECKING:
    from pipeline.tagger import Tagger

TAGS: tuple[Tag, ...] = ("lead", "complaint", "idea")
_LATER = datetime(2026, 11, 2, 10, tzinfo=UTC)
_WHERE = "routing[{}]"


def topics(settings: Settings, tag: Tag) -> tuple[str, ...]:
    """What the `topics` of a route may name: needs of leads, topics of complaints; ideas none."""
    if tag == "lead":
        return tuple(NEEDS)
    if tag == "idea":
        return ()
    own = (topic.name for topic in settings.topics)
    return tuple(dict.fromkeys([*groups("topic"), *own, "other"]))


def problems(settings: Settings) -> Iterator[SettingsError]:
    """Topics that there are not, and opportunities that no route takes."""
    for at, route in enumerate(settings.routing):
        known = topics(settings, route.tag)
        for name in route.topics:
            if name not in known:
                what = f"a {route.tag} has no topic '{name}'"
                where = f"{_WHERE.format(at)}.topics"
                yield SettingsError(what, where=where, mend=choices(name, known))
    for tag in TAGS:
        routes = _routes(settings, tag)
        open_ = _cases(settings, tag).filter(_taken(settings, tag) == len(routes))
        if routes and len(open_):
            yield SettingsError(
                f"no route takes {_worded(tag, open_.row(0, named=True))}",
                where="routing",
                mend=f'end the routes of a {tag} with one that has no condition: tag = "{tag}", '
                "department and owner",
            )


def warnings(settings: Settings) -> Iterator[SettingsError]:
    """Routes that can take nothing, since those before them take it all."""
    for tag in TAGS:
        taken = set(_taken(settings, tag).to_list())
        places = [at for at, route in enumerate(settings.routing) if route.tag == tag]
        for number, at in enumerate(places):
            if number not in taken:
                yield SettingsError(
                    f"the routes before it leave nothing to {settings.routing[at].owner}",
                    where=_WHERE.format(at),
                    mend="put it before them, or take it out",
                )


def misrouted(settings: Settings, tagger: Tagger) -> Iterator[SettingsError]:
    """Examples that another route takes than the one that they stand with."""
    for tag in TAGS:
        tried = [
            (at, number, route, one)
            for at, route in enumerate(settings.routing)
            if route.tag == tag
            for number, one in enumerate(route.tried)
        ]
        if not tried:
            continue
        rows = _tried(settings, tag, [one for *_, one in tried], tagger)
        for (at, number, route, _), row in zip(tried, rows.iter_rows(named=True), strict=True):
            if (row["department"], row["owner"]) != (route.department, route.owner):
                yield SettingsError(
                    f"the example goes to {row['owner']} ({row['department']}): it reads as "
                    + _worded(tag, row),
                    where=f"{_WHERE.format(at)}.examples[{number}]",
                    mend=f"widen the route of {route.owner}, put it before the other, or correct "
                    "the example",
                )


def _routes(settings: Settings, tag: Tag) -> list[Route]:
    return [route for route in settings.routing if route.tag == tag]


def _cases(settings: Settings, tag: Tag) -> pl.DataFrame:
    """Every combination of what routes look at."""
    severities = (1, 2, 3, 4) if tag == "complaint" else (1,)
    listed = product(
        topics(settings, tag) or ("",), settings.company.languages, CHANNELS, severities
    )
    names = ["topic", "language", "channel", "severity"]
    return pl.DataFrame(list(listed), schema=names, orient="row")


def _taken(settings: Settings, tag: Tag) -> pl.Series:
    cases = _cases(settings, tag)
    fit = first_fit(_routes(settings, tag), "topic", cases.columns)
    return cases.with_columns(route=fit)["route"]


def _tried(settings: Settings, tag: Tag, examples: list[Example], tagger: Tagger) -> pl.DataFrame:
    """Where each example goes: `topic`, `language`, `channel`, `department` and `owner`."""
    messages = _read(tag, examples, tagger)
    if tag == "idea":
        rows = messages.with_columns(topic=pl.lit(""))
        return with_owner(rows, settings, tag, "topic")
    if tag == "lead":
        needs = tagger.models["lead"].detector.needs
        made = pl.DataFrame(leads.build(messages, settings, needs, _LATER)).rename(
            {"need": "topic"}
        )
    else:
        made = pl.DataFrame(complaints.build(messages, settings, _LATER))
    return messages.select("message_id").join(made, on="message_id", maintain_order="left")


def _read(tag: Tag, examples: list[Example], tagger: Tagger) -> pl.DataFrame:
    from pipeline.conversations.language import identify

    texts = pa.array([one.text for one in examples], pa.string())
    given = pa.array([one.language for one in examples], pa.string())
    languages = pc.coalesce(given, identify(texts)[0])
    explained = tagger.explanations(
        tagger.score(texts, languages), tag, np.arange(len(texts)), texts
    )
    return heard.plain(
        pl.DataFrame(
            {
                "text": pl.Series(texts),
                "language": pl.Series(languages),
                "channel": [one.channel for one in examples],
                "evidence": pl.Series(explained.evidence),
                "sentence_start": explained.sentence_start,
                "sentence_end": explained.sentence_end,
            }
        )
    )


def _worded(tag: Tag, case: dict[str, object]) -> str:
    about = f" about {case['topic']}" if case.get("topic") else ""
    severity = f" of severity {case['severity']}" if tag == "complaint" else ""
    return f"a {tag}{about}{severity} in {case['language']}, channel {case['channel']}"
