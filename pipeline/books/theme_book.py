"""What people decide about themes: looked up, and added to the table `theme_decisions`."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import books
from pipeline.conversations.personal import redact
from pipeline.errors import SettingsError
from pipeline.opportunities import decisions
from pipeline.storage import Lake

TABLE = "theme_decisions"
NEAREST = 3


@dataclass(frozen=True)
class Said:
    """Why, by whom and when (aware) something is decided."""

    reason: str
    by: str | None
    at: datetime


def latest(lake: Lake) -> pl.DataFrame:
    """The themes of the last snapshot, most votes first."""
    partition = {"as_of": str(max(lake.days("idea_themes"), default=""))}
    rows = pl.DataFrame(lake.read_partition("idea_themes", partition))
    return rows.sort("votes_count", "theme_id", descending=[True, False])


def ideas_of(lake: Lake, theme_id: str) -> pl.DataFrame:
    """The ideas of a theme in order of time: `idea_id`, `opened_at`, `language`, `sentence`."""
    names = ["idea_id", "opened_at", "language", "sentence"]
    rows = lake.read("ideas", names, pc.field("theme_id") == theme_id)
    return pl.DataFrame(rows).sort("opened_at", "idea_id")


def theme(lake: Lake, given: str) -> dict[str, Any]:
    """The theme of the last snapshot with this id, or whose id ends in it.

    Raises SettingsError that lists the nearest ones.
    """
    rows = latest(lake)
    exact = rows.filter(pl.col("theme_id").is_in([given, f"theme:{given}"]))
    found = exact if len(exact) else rows.filter(pl.col("theme_id").str.ends_with(f":{given}"))
    if len(found) == 1:
        return found.row(0, named=True)
    titles = dict(rows.select("theme_id", "title").iter_rows())
    raise _unknown(
        "theme",
        given,
        titles if not len(found) else {name: titles[name] for name in found["theme_id"]},
    )


def merge(lake: Lake, given: str, into: str, said: Said) -> str:
    """Put all ideas of one theme into another. Returns the id of the decision."""
    one, other = theme(lake, given)["theme_id"], theme(lake, into)["theme_id"]
    if one == other:
        raise SettingsError(
            "a theme cannot be merged into itself", where=one, mend="name two different themes"
        )
    return _add(lake, "merge", said, {"theme_id": one, "into_theme_id": other})


def split(lake: Lake, given: str, idea_ids: list[str], said: Said) -> str:
    """Make some ideas of a theme a theme of their own, named after the first of them."""
    theme_id = theme(lake, given)["theme_id"]
    ideas = ideas_of(lake, theme_id)
    names = dict(ideas.select("idea_id", "sentence").iter_rows())
    for one in idea_ids:
        if one not in names:
            raise _unknown("idea in this theme", one, names)
    if (leader := theme_id.replace("theme:", "idea:", 1)) in idea_ids:
        raise SettingsError(
            "a theme keeps the idea that it is named after",
            where=leader,
            mend="name the ideas that should leave instead",
        )
    chosen = [name for name in names if name in set(idea_ids)]
    into = chosen[0].replace("idea:", "theme:", 1)
    return _add(
        lake, "split", said, {"theme_id": theme_id, "into_theme_id": into, "idea_ids": chosen}
    )


def rename(lake: Lake, given: str, title: str, said: Said) -> str:
    """Give a theme a title."""
    if not title.strip():
        raise SettingsError("the title is empty", where="TITLE", mend="say what is wished for")
    theme_id = theme(lake, given)["theme_id"]
    return _add(lake, "rename", said, {"theme_id": theme_id, "new_title": title.strip()})


def state(lake: Lake, given: str, state: str, said: Said) -> str:
    """Give a theme a state."""
    if state not in decisions.STATES:
        raise SettingsError(
            f"there is no state '{state}'",
            where="STATE",
            mend=_guess(state, dict.fromkeys(decisions.STATES, "")),
        )
    return _add(
        lake, "status", said, {"theme_id": theme(lake, given)["theme_id"], "new_state": state}
    )


def undo(lake: Lake, given: str | None, said: Said) -> tuple[str, dict[str, Any]]:
    """Undo a decision, the last one when none is named.

    Returns the id of the undoing and the decision that no longer holds.
    """
    holding = history(lake).filter("holds")
    if given is None:
        holding = holding.filter(pl.col("action") != "undo").tail(1)
        if not len(holding):
            raise SettingsError(
                "there is no decision to undo", where="themes", mend="nothing has to be done"
            )
        row = holding.row(0, named=True)
    else:
        named = holding.filter(pl.col("decision_id") == given)
        if not len(named):
            known = dict(holding.select("decision_id", "action").iter_rows())
            raise _unknown("decision that holds", given, known)
        row = named.row(0, named=True)
    about = {"theme_id": row["theme_id"], "undoes_id": row["decision_id"]}
    return _add(lake, "undo", said, about), row


def history(lake: Lake) -> pl.DataFrame:
    """All decisions in order of time, with `holds`."""
    rows = pl.DataFrame(lake.read(TABLE)).sort("decided_at", "decision_id")
    return rows.with_columns(holds=~pl.col("decision_id").is_in(decisions.undone(rows)))


def _add(lake: Lake, action: str, said: Said, about: dict[str, Any]) -> str:
    """Add a row to the table.

    Args:
        lake: the lake.
        action: what was done.
        said: why, by whom and when.
        about: the other columns that the action has.
    """
    texts = pl.DataFrame({"reason": [said.reason], "new_title": [about.get("new_title")]})
    plain = texts.cast(pl.String).select(redact(pl.col("reason")), redact(pl.col("new_title")))
    name = "\x1f".join(map(str, (said.at.isoformat(), action, *sorted(about.items()))))
    row = {
        "idea_ids": [],
        **about,
        **plain.row(0, named=True),
        "decided_on": said.at.date(),
        "decision_id": hashlib.sha256(name.encode()).hexdigest()[:8],
        "decided_at": said.at,
        "action": action,
        "decided_by": said.by,
    }
    if not (row["reason"] or "").strip():
        raise SettingsError(
            "a decision needs a reason", where="--reason", mend="say why in a few words"
        )
    good, partition = books.sound([row], TABLE), {"decided_on": str(said.at.date())}
    with lake.lock():
        held = lake.read_partition(TABLE, partition)
        whole = pa.concat_tables([held, good.select(held.column_names)])
        lake.write(TABLE, partition, whole.sort_by([("decided_at", "ascending")]))
    return str(row["decision_id"])


def _unknown(what: str, given: str, known: dict[str, str]) -> SettingsError:
    return SettingsError(f"there is no {what} '{given}'", where=what, mend=_guess(given, known))


def _guess(given: str, known: dict[str, str]) -> str:
    """The nearest of what there is, with what it is about."""
    if not known:
        return "there are none yet; run the stage publish first"
    near = difflib.get_close_matches(given, known, n=NEAREST, cutoff=0.0)
    shown = (f"{name} ({known[name][:60]})" if known[name] else name for name in near)
    return f"did you mean {' or '.join(shown)}?"
