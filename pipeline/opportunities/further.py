"""What a message wishes for beside its deciding sentence: one sentence for each further wish.

A sentence is a wish by itself when a cue of the tag `idea` or a phrase of the vocabulary says so,
or when it is an item of a list of wishes; when it says what is wished for; and when nothing says
that it goes on with what was said before, asks other people, or demands what was promised. Of two
sentences that ask for much the same the first stands, the deciding one before all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import polars as pl

from pipeline.opportunities.mentions import mentions, with_mentions, words
from pipeline.opportunities.wishes import lengths, reached, wishes
from pipeline.text import abbreviation, terms

Cues = Mapping[str, list[dict[str, Any]]]
"""Language to cues, as a detector's `vocabulary` has them."""
MARK = "~"
"""Stands between the message and the place of a further wish in its id."""
BARE = 0.25
"""Length of a wish whose sentence does not say what is wished for, such as "Please make one"."""
SAME = 0.36
"""Likeness of two sentences, 0 to 1, from which they ask for the same."""
_NUMBER = r"(?:[^\S\n]*\d{1,2}[.)][^\S\n]+)?"
_ENDS = r"(?:[.!?…][\"'”’)]*[^\S\n]+|\n|$)"
_SENTENCE = rf"{_NUMBER}(?:{abbreviation()}|[^\n])*?{_ENDS}"
"""As the detector cuts, but a number in front stays with what it numbers."""
_BULLET = r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+"


def is_further() -> pl.Expr:
    """Whether the `opportunity_id` is that of a further wish."""
    return pl.col("opportunity_id").str.contains(rf"^idea:.*{MARK}\d+$")


def message_of(name: pl.Expr) -> pl.Expr:
    """The message that a wish is said in, by what `said_id` gives."""
    return name.str.replace(rf"{MARK}\d+$", "")


def said_id() -> pl.Expr:
    """A name for a further wish: its message, and the place where it begins."""
    return pl.concat_str("message_id", pl.lit(MARK), "start")


def further(messages: pl.DataFrame, cues: Cues) -> pl.DataFrame:
    """The further wishes of messages.

    Args:
        messages: `message_id` (unique), `text`, `language`, and `idea`, the passage of the text
            that states the first wish; in any order.
        cues: those of the tag `idea`.

    Returns:
        `message_id`, `start` (characters before it in the text) and `idea`, sorted by the two.
    """
    signs = _signs(_sentences(messages), cues)
    is_wish = (pl.col("is_sign") & ~pl.col("leads")) | pl.col("is_listed")
    rest = signs.filter(is_wish, ~pl.col("is_other"), ~pl.col("is_first"))
    first = messages.join(rest, on="message_id", how="semi")
    both = pl.concat(
        (
            first.select("message_id", pl.lit(-1, pl.Int64).alias("start"), "idea"),
            rest.select("message_id", "start", "idea"),
        )
    )
    return _different(both.sort("message_id", "start")).filter(pl.col("start") >= 0)


def _sentences(messages: pl.DataFrame) -> pl.DataFrame:
    """The sentences of messages that have more than one, in order.

    Returns:
        `message_id`, `language`, `start`, `idea` (without what marks an item), `is_first` (part of
        the passage that states the first wish), `is_item`, and `in_list`: in the line of an item.
    """
    before = pl.col("text").str.splitn(pl.col("idea"), 2).struct["field_0"].str.len_chars()
    size = pl.col("said").str.len_chars().cast(pl.Int64)
    ends_line = pl.col("said").str.ends_with("\n")
    cut = (
        messages.select(
            "message_id", "language", begin=before.cast(pl.Int64),
            until=before.cast(pl.Int64) + pl.col("idea").str.len_chars(),
            said=pl.col("text").str.extract_all(_SENTENCE),
        )
        .filter(pl.col("said").list.len() > 1)
        .sort("message_id")
        .explode("said", empty_as_null=False, keep_nulls=False)
        .with_columns(
            start=size.cum_sum().over("message_id") - size,
            line=ends_line.cum_sum().over("message_id") - ends_line,
        )
        .filter(pl.col("said").str.strip_chars() != "")
    )  # fmt: skip
    margin = pl.col("said").str.extract(rf"({_BULLET}|^\s*)", 1).str.len_chars()
    begins_line = pl.struct("message_id", "line").is_first_distinct()
    return cut.with_columns(
        is_first=(pl.col("start") < pl.col("until")) & (pl.col("start") + size > pl.col("begin")),
        is_item=begins_line & pl.col("said").str.contains(_BULLET),
        start=pl.col("start") + margin,
        idea=pl.col("said").str.slice(margin).str.strip_chars(),
    ).with_columns(in_list=pl.col("is_item").first().over("message_id", "line"))


def _signs(sentences: pl.DataFrame, cues: Cues) -> pl.DataFrame:
    """Add what sentences show.

    Returns:
        Also `is_sign`, `is_other` (it speaks against a wish by itself), `is_listed` (an item of a
        list of wishes) and `leads`: such a list comes behind.
    """
    spaced = pl.col("words")
    read = sentences.with_columns(words=words(pl.col("idea")))
    read = with_mentions(read, spaced, ("wish",), _phrases(cues))
    signs = (
        mentions("cue", "for"), mentions("wish", "further"), mentions("wish", "announces"),
        spaced.str.contains(_pattern(cues)), spaced.str.contains(_beginning("begins")),
    )  # fmt: skip
    others = (
        mentions("cue", "against"), mentions("wish", "against"),
        mentions("wish", "announces") & ~pl.col("idea").str.contains(r":.*\w"),
        spaced.str.contains(_beginning("goes_on")),
    )  # fmt: skip
    read = read.with_columns(
        is_sign=pl.any_horizontal(signs),
        is_other=pl.any_horizontal(others),
        run=pl.struct("message_id", "in_list").rle_id(),
    )
    wished = pl.col("is_sign") | pl.col("is_first")
    before = wished.shift(1, fill_value=False).over("message_id")
    adds = spaced.str.contains(_beginning("adds")) & before
    announced = pl.col("idea").str.ends_with(":").shift(1, fill_value=False).over("message_id")
    read = read.with_columns(is_sign=pl.col("is_sign") | adds, before=before, announced=announced)
    # One wish among the items does not make all of them wishes, unless they are announced.
    count = (pl.col("is_item") & wished).sum().over("run")
    is_list = (pl.col("is_item").sum().over("run") > 1) & (
        pl.col("before").first().over("run")
        | (count > 1)
        | ((count > 0) & pl.col("announced").first().over("run"))
    )
    read = read.with_columns(is_listed=is_list & pl.col("is_item"))
    return read.with_columns(
        leads=pl.col("is_listed").shift(-1, fill_value=False).over("message_id")
        & ~pl.col("in_list")
    )


def _different(said: pl.DataFrame) -> pl.DataFrame:
    """Leave out what says nothing, and what is near an earlier sentence of its message.

    Args:
        said: `message_id`, `start` and `idea`, sorted by the first two.
    """
    found = wishes(said["idea"])
    reach, norms = reached(found, len(said))
    owner = said.with_row_index("at").select("at", "message_id")
    earlier = reach.join(owner, on="at", maintain_order="left")
    pairs = (
        found.join(owner, on="at", maintain_order="left")
        .join(earlier, on=["message_id", "term"], suffix="_earlier", maintain_order="left_right")
        .filter(pl.col("at") > pl.col("at_earlier"))
        .group_by("at", "at_earlier", maintain_order=True)
        .agg(shared=(pl.col("weight") * pl.col("weight_earlier")).sum())
    )
    one, other = pairs["at"].to_numpy(), pairs["at_earlier"].to_numpy()
    near = pairs["shared"].to_numpy() >= SAME * norms[one] * norms[other]
    stays = (lengths(found, len(said)) >= BARE) | (said["start"] < 0).to_numpy()
    stays[one[near]] = False
    return said.filter(pl.Series(stays, dtype=pl.Boolean))


def _phrases(cues: Cues) -> dict[str, Iterable[str]]:
    """The phrases of cues for and against."""
    found: dict[str, list[str]] = {"cue.for": [], "cue.against": []}
    for cue in (one for listed in cues.values() for one in listed):
        some = found["cue.against" if _is_against(cue) else "cue.for"]
        # Without its mark, "idea !" would be any idea.
        some += [one for one in cue.get("phrases", []) if not re.search(r"(^| )[^\w']+( |$)", one)]
    return {name: some for name, some in found.items()}


def _pattern(cues: Cues) -> str:
    """The token patterns of the cues for, as one pattern over what `words` gives."""
    listed = (one for some in cues.values() for one in some if not _is_against(one))
    parts = ["".join(map(_token, one)) for cue in listed for one in cue.get("patterns", [])]
    return "|".join(f"{part} " for part in parts) or r"[^\s\S]"


def _token(token: Mapping[str, Any]) -> str:
    """A token of spaCy's patterns; what begins with an apostrophe is part of the word before."""
    lower = token.get("LOWER")
    if lower is None:
        said = r" \S+"
    else:
        some = lower["IN"] if isinstance(lower, dict) else [lower]
        said = "|".join(
            ("" if one.startswith("'") or one == "n't" else " ") + re.escape(one) for one in some
        )
    return f"(?:{said}){token.get('OP', '')}"


@cache
def _beginning(name: str) -> str:
    """A pattern of what `words` gives that begins with a phrase of a list, maybe behind "and"."""
    joins, phrases = ("|".join(map(re.escape, terms("wish", one))) for one in ("joins", name))
    return f"^(?: (?:{joins}))* (?:{phrases}) "


def _is_against(cue: Mapping[str, Any]) -> bool:
    return str(cue["name"]).startswith("not_")
