"""Looks at everything a run needs, and says what is wrong and what mends it.

Nothing stops at the first problem: settings, sources with their first records, contracts, models,
the lake and the exports are all looked at. Nothing is changed, but for a file that is written into
a folder and removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from pipeline.check._finding import Finding, looked
from pipeline.check._lake import lake, partitions, strangers, writable
from pipeline.check._sources import one_source, queries
from pipeline.console import clean, counted, explain
from pipeline.engagement.base import target_of
from pipeline.errors import EngageError, SettingsError
from pipeline.settings import DeliverySettings, Settings

SHORTEST_KEY = 16


def findings(
    settings: Settings, file: Path, *, now: datetime, connect: bool = False
) -> Iterator[Finding]:
    """Look at everything, in the order in which a run needs it.

    Args:
        settings: the settings.
        file: where they were read from.
        now: aware; a record that claims to be sent later cannot be read.
        connect: ask every service for something small, to try its address and key.
    """
    yield Finding("settings", f"{file}, of {settings.company.name}")
    yield from _company(settings)
    yield looked("calendar", partial(_calendar, settings, now.year))
    for source in settings.sources:
        yield looked(
            f"source {source.name}",
            partial(one_source, settings, source.name, now, connect=connect),
        )
    yield from queries(settings, file)
    for table in _tables():
        yield looked(f"contract {table}", partial(_contract, table))
    yield looked("models", lambda: _models(settings))
    with suppress(EngageError):  # models that cannot be read are told of above
        yield from _halves_of_tags(settings)
        yield from _reworded(settings)
    yield from _routing(settings)
    yield looked("lake", lambda: lake(settings, file))
    yield looked("exports", lambda: _exports(settings, file))
    for delivery in settings.deliveries:
        yield looked(f"delivery {delivery.name}", partial(_delivery, delivery))
    with suppress(EngageError, OSError):  # what is wrong with the lake itself is said above
        for table in _tables():
            yield from partitions(settings, table)
        yield from strangers(settings)


def show(found: Iterable[Finding], say: Callable[[str], None]) -> int:
    """Say each finding as it comes, and how many problems there are. Returns the exit code."""
    held = []
    for one in found:
        held.append(one)
        mark = "FAIL" if one.is_problem else "warn" if one.is_warning else "ok"
        what = explain(one.error).removeprefix("error: ") if one.error else clean(one.what)
        say(f"{mark:4}  {one.subject}: " + what.replace("\n", "\n      "))
    problems = sum(one.is_problem for one in held)
    warnings = sum(one.is_warning for one in held)
    say(f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}")
    return exit_code(held)


def exit_code(found: list[Finding]) -> int:
    """The exit code for what was found: that of the gravest problem, 0 when there is none."""
    return max((one.error.exit_code for one in found if one.error and one.is_problem), default=0)


def _company(settings: Settings) -> Iterator[Finding]:
    """Look at what is easily forgotten and never stops a run."""
    if not settings.company.own_accounts:
        unknown = SettingsError(
            "no account speaks for the company, so its own replies may be read as a customer's",
            where="company.own_accounts",
            mend="name the handles, forum names and addresses that answer customers",
        )
        yield Finding("company", "", unknown, is_warning=True)
    if settings.privacy.author_key_env is None:
        open_ = SettingsError(
            "the pseudonyms of authors are made without a secret: anyone can make them again",
            where="privacy.author_key_env",
            mend="name an environment variable there that holds 32 random characters",
        )
        yield Finding("privacy", "", open_, is_warning=True)
        return
    yield looked("privacy", lambda: _key(settings))


def _calendar(settings: Settings, year: int) -> str:
    from pipeline.opportunities.deadlines import holidays_of

    country = settings.company.calendar.country
    holidays = len(holidays_of(country, range(year, year + 1)))
    return f"{counted(holidays, 'public holiday')} of {country} in {year}"


def _key(settings: Settings) -> str:
    length = len(settings.author_key())
    if length < SHORTEST_KEY:
        raise SettingsError(
            f"the key has {length} bytes and can be guessed",
            where=f"privacy.author_key_env: {settings.privacy.author_key_env}",
            mend="let the variable hold 32 random characters, the same in every run",
        )
    return f"the key has {length} bytes"


def _tables() -> tuple[str, ...]:
    from pipeline.contracts import TABLES

    return TABLES


def _contract(table: str) -> str:
    from pipeline.contracts import contract, refuse_unknown

    known = contract(table)
    refuse_unknown(known.rules, table)
    return f"version {known.version}, {len(known.columns)} columns, {len(known.rules)} rules"


def _models(settings: Settings) -> str:
    from pipeline.model_sets import champion
    from pipeline.tagger import Tagger

    versions = Tagger.load(champion(settings.models_folder)).model_versions
    return ", ".join(versions[tag] for tag in sorted(versions))


def _halves_of_tags(settings: Settings) -> Iterator[Finding]:
    """Look for tags without a model, and models of tags that were taken out."""
    from pipeline.model_sets import champion
    from pipeline.tagger import detectors

    folder, known = champion(settings.models_folder), set(detectors())
    held = {file.parent.name for file in folder.glob("*/metadata.json")}
    for tag in sorted(known ^ held):
        what, mend = (
            ("nothing is tagged with it: it has no model", f"engage train --tag {tag}")
            if tag in known
            else ("its model is not used: no detector has this tag", "remove its folder")
        )
        error = SettingsError(what, where=str(folder / tag), mend=mend)
        yield Finding(f"tag {tag}", "", error, is_warning=True)


def _reworded(settings: Settings) -> Iterator[Finding]:
    """Look for models that weigh cues by what they were found by before."""
    from pipeline.detectors._wording import wording
    from pipeline.model_sets import champion
    from pipeline.model_store import read_metadata
    from pipeline.tagger import detectors

    folder, known = champion(settings.models_folder), detectors()
    changed: dict[str, list[str]] = {}
    for tag in sorted(tag for tag in known if (folder / tag).exists()):
        now = wording(tag, known)
        for name, then in sorted(read_metadata(folder / tag).get("wording", {}).items()):
            if now.get(name) != then:
                changed.setdefault(name, []).append(tag)
    if changed:
        told = "; ".join(f"{name} ({', '.join(tags)})" for name, tags in changed.items())
        error = SettingsError(
            f"changed since models were trained, which weigh them as before: {told}",
            where=str(folder),
            mend="see with `engage evaluate` whether that harms; `engage train --challenger` weighs"
            " them anew, but forgets what text of others taught that is not here",
        )
        yield Finding("cues", "", error, is_warning=True)


def _routing(settings: Settings) -> Iterator[Finding]:
    """Look for opportunities without an owner, routes without use, and examples gone astray."""
    from pipeline.check import routes
    from pipeline.model_sets import champion
    from pipeline.tagger import Tagger

    found = [Finding("routing", "", one) for one in routes.problems(settings)]
    found += [Finding("routing", "", one, is_warning=True) for one in routes.warnings(settings)]
    examples = sum(len(route.examples) for route in settings.routing)
    if examples:
        # Models that cannot be read have a finding of their own.
        with suppress(EngageError):
            tagger = Tagger.load(champion(settings.models_folder))
            found += [Finding("routing", "", one) for one in routes.misrouted(settings, tagger)]
    yield from found
    if not any(one.is_problem for one in found):
        tried = f"{counted(examples, 'example')} tried"
        yield Finding("routing", f"{counted(len(settings.routing), 'route')}, {tried}")


def _exports(settings: Settings, file: Path) -> str:
    settings.exports_to_write()
    return writable("exports", file.resolve().parent / settings.exports)


def _delivery(delivery: DeliverySettings) -> str:
    target_of(delivery)
    for key in ("address_env", "token_env"):
        delivery.secret(key)
    return f"{delivery.table} to {delivery.type}"
