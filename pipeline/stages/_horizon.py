"""Until which day the lake has forgotten: what the runs of `expire` have written down."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow.compute as pc

from pipeline.errors import SettingsError
from pipeline.records import Window, midnight
from pipeline.storage import Lake

STAGE = "expire"


def horizon(lake: Lake) -> date:
    """The first day of which texts are kept; of earlier ones only figures are left."""
    ends = lake.read("runs", ["window_end"], pc.field("stage") == STAGE)["window_end"]
    last: datetime | None = pc.max(ends).as_py()
    return date.min if last is None else last.date()


def hearable(lake: Lake, source: str, window: Window, look_back_days: int) -> Window:
    """The window with the days before it that are heard again, but none that has expired.

    Raises SettingsError for a window that begins on a day that has expired.
    """
    first = horizon(lake)
    if window.start.date() < first:
        raise SettingsError(
            f"the days before {first} have expired, and hearing them would bring them back",
            where=f"listen {source} {window}",
            mend=f"begin on {first} or later; `privacy.keep_days` says how long texts are kept",
        )
    reaching = window.reaching_back(look_back_days)
    if reaching.start.date() >= first:
        return reaching
    return Window(midnight(first), window.end)
