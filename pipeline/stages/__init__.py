"""Where reading and writing meet the pure parts: one file per stage.

A stage reads only tables to its left, for one window, and replaces whole partitions. The same
lake, settings and models give the same bytes, in any order of days and however often repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipeline.errors import EngageError, RetriableError
from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.stages._heard import last_day
from pipeline.stages._horizon import horizon
from pipeline.stages._runs import Run
from pipeline.stages.assembling import assemble
from pipeline.stages.detecting import detect
from pipeline.stages.expiring import expire
from pipeline.stages.listening import listen
from pipeline.stages.publishing import publish
from pipeline.stages.watching import watch

__all__ = [
    "STAGES",
    "Run",
    "assemble",
    "detect",
    "expire",
    "horizon",
    "last_day",
    "listen",
    "publish",
    "run",
    "watch",
]

STAGES = ("listen", "assemble", "detect", "publish", "watch")
"""The stages in the order in which they run."""


def run(
    settings: Settings,
    window: Window,
    *,
    now: datetime,
    stages: tuple[str, ...] = STAGES,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[Run]:
    """Run stages over a window: `listen` for every source, then the others.

    Args:
        settings: the settings.
        window: whole UTC days.
        now: aware; a message that claims to be sent later is rejected, and a window that begins
            later refused.
        stages: names out of `STAGES`; they run in their own order.
        on_progress: told what begins.

    Returns:
        What each run did, in order.

    A source that cannot be heard, whatever goes wrong in it, does not stop the others from being
    heard; it does stop the stages after `listen`, which would publish half a day.

    Raises SettingsError for a window that is yet to come, and the EngageError of the first stage
    that cannot go on; what was replaced before it is whole.
    """
    window.refuse_ahead(now)
    done: list[Run] = []
    if "listen" in stages:
        failed: list[EngageError] = []
        for name in settings.source_names:
            on_progress(f"listen to {name}")
            try:
                done.append(listen(settings, name, window, now=now))
            except EngageError as error:
                failed.append(error)
        if failed:
            raise _together(failed)
    others = {"assemble": assemble, "detect": detect, "publish": publish, "watch": watch}
    for name, stage in others.items():
        if name in stages:
            on_progress(name)
            done.append(stage(settings, window))
    return done


def _together(failed: list[EngageError]) -> EngageError:
    """One error for the sources that could not be heard: the first, and the others by name.

    It is the kind that needs a person first: what only passes by itself says so when it is alone.
    """
    worst = next((one for one in failed if not isinstance(one, RetriableError)), failed[0])
    # What keeps all of them from being heard, such as a lake that may not be written, is said once.
    others = dict.fromkeys(one.told for one in failed if one.told != worst.told)
    if others:
        worst.what += f"; and also: {'; '.join(others)}"
    return worst
