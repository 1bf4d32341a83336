"""Where reading and writing meet the pure parts: one file per stage.

A stage reads only tables to its left, for one window, and replaces whole partitions. The same
lake, settings and models give the same bytes, in any order of days and however often repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.stages._runs import Run
from pipeline.stages.assembling import assemble
from pipeline.stages.detecting import detect
from pipeline.stages.listening import listen
from pipeline.stages.publishing import publish

__all__ = ["STAGES", "Run", "assemble", "detect", "listen", "publish", "run"]

STAGES = ("listen", "assemble", "detect", "publish")
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
        now: aware; a message that claims to be sent later is rejected.
        stages: names out of `STAGES`; they run in their own order.
        on_progress: told what begins.

    Returns:
        What each run did, in order.

    Raises EngageError of the first stage that cannot go on; what was replaced before it is whole.
    """
    done: list[Run] = []
    if "listen" in stages:
        for name in settings.source_names:
            on_progress(f"listen to {name}")
            done.append(listen(settings, name, window, now=now))
    for name, stage in (("assemble", assemble), ("detect", detect), ("publish", publish)):
        if name in stages:
            on_progress(name)
            done.append(stage(settings, window))
    return done
