"""Messages that are no customer's voice: the company's own, spam, job advertisements, press.

One plain phrase of a kind is enough ("stuur je cv naar"), unless somebody speaks about such a
message ("ik kreeg geen antwoord op mijn sollicitatie"): that is a customer. What has no such phrase
is known by what it is made of: words and the shape of a text have points, and many weak signs are
together a strong one (`noise_points`). An excluded row stays in the table with its reason and is
never tagged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from pipeline.conversations.noise_points import points
from pipeline.text import any_of, terms

KINDS = ("spam", "job_ad", "press")
_QUOTED = r"[\"“”„‘][^\"“”„]*[\"“”']|(?:^|[\s(])'[^']{10,}'"
"""What somebody is quoted to say; in the press people want things too."""
_NEVER = {"spam": "spam_never", "press": "press_never"}
"""Kind to the list of what only a customer says: such a message is none of it by its points."""


def excluded_reason(text: pl.Expr, is_ours: pl.Expr) -> pl.Expr:
    """Why a message is not tagged, or null: `own`, `spam`, `job_ad` or `press`.

    Args:
        text: the message, without personal data.
        is_ours: whether the company speaks, or somebody of it (`is_staff`).
    """
    noise = text.map_batches(_kinds, return_dtype=pl.String)
    return pl.when(is_ours).then(pl.lit("own")).otherwise(noise)


def is_staff(
    text: pl.Expr, author: pl.Expr, names: Sequence[str], own: Sequence[str], staff: Sequence[str]
) -> pl.Expr:
    """Whether somebody of the company speaks, or what it said is passed on as it is.

    Args:
        text: the message before handles are taken out.
        author: its author in lower case, without @.
        names: of the company.
        own: handles of the company, lower case, without @.
        staff: handles of people who work there, likewise.
    """
    said = [
        phrase.replace("{company}", name.lower())
        for name in names
        for phrase in terms("noise", "staff")
    ]
    ours = any_of(f"@{account}" for account in (*own, *staff)).removeprefix("(?i)")
    return (
        author.is_in([*own, *staff]).fill_null(value=False)
        | text.str.contains(rf"(?i)^\s*rt\s+(?:{ours})")
        | text.str.contains(any_of(said))
    ).fill_null(value=False)


def _kinds(texts: pl.Series) -> pl.Series:
    """The kind of noise of each text, or null."""
    found = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    lowered = texts.str.to_lowercase().str.replace_all("’", "'", literal=True)
    lowered = lowered.str.replace_all(r"\s{2,}|[\t\r\n]", " ")
    of_texts = points(texts)
    for kind in reversed(KINDS):
        rows = of_texts.filter(pl.col(kind) > 0)["row"]
        if kind in _NEVER:
            said = lowered.gather(rows).str.replace_all(_QUOTED, " ")
            rows = rows.filter(~said.str.contains(_whole(terms("noise", _NEVER[kind]))))
        found = found.scatter(rows, kind)
    plain = {kind: terms("noise", f"{kind}_plain") for kind in KINDS}
    # Finding letters is fast, whole words are slow: few texts are looked at twice.
    likely = "|".join(re.escape(phrase) for one in plain.values() for phrase in one)
    rows = lowered.str.contains(likely).arg_true()
    lowered = lowered.gather(rows)
    for kind in reversed(KINDS):
        is_about = lowered.str.contains(_whole(terms("noise", f"{kind}_about")))
        is_kind = lowered.str.contains(_whole(plain[kind])) & ~is_about
        found = found.scatter(rows.filter(is_kind), kind)
    return found


def _whole(phrases: tuple[str, ...]) -> str:
    """A pattern for lower case, which is looked for faster than in any case."""
    return any_of(phrases).removeprefix("(?i)")
