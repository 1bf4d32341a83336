"""What a message does in a conversation: ask, thank, turn down an offer.

Whose turn it is depends on that, see `threads`.
"""

from __future__ import annotations

import polars as pl

from pipeline.text import any_of, terms

FACTS = ASKS, REQUESTS, THANKS, DECLINES, AUTOMATIC = (
    "asks", "requests", "thanks", "declines", "automatic"
)  # fmt: skip
"""A text asks something, asks for something without a question mark, does nothing but thank, does
nothing but turn down what was offered; nobody wrote it, since a mailbox answered by itself."""

MARK = '"is_automatic":true'
"""What the attributes (JSON) of a message hold that nobody wrote."""
_TOLD = pl.Struct({THANKS: pl.Boolean, DECLINES: pl.Boolean})
_LONGEST = 150
"""Characters of the longest text that is read as nothing but thanks."""
_LINK = r"https?://\S+|\bwww\.\S+"
_BETWEEN = r"[^\p{L}\p{N}\p{So}'.!\n?(]+"
"""What says nothing of its own; a bracket may be the mouth of a sad face."""
_SENTENCE = r"[^.!…]+"
_CLAUSE = r"(?:^|[,:;)–-])\W*(?:(?:and|en|so|dus) )?"
"""Where a clause begins, of which a request has the first words."""
_NAME = r"(?-i: \p{Lu}\p{Ll}+\b)"
"""Who is thanked or signs: one word with a capital, in the same sentence."""


def facts(text: pl.Expr, attributes: pl.Expr) -> tuple[pl.Expr, ...]:
    """The columns `FACTS`, which `threads.build` needs, from text and attributes of each message.

    Attributes are JSON, or null.
    """
    question = pl.when(text.str.contains("?", literal=True)).then(text)
    asks = question.str.replace_all(_LINK, " ").str.contains("?", literal=True)
    told = text.map_batches(_told, return_dtype=_TOLD)
    requests = text.map_batches(_requests, return_dtype=pl.Boolean)
    automatic = attributes.str.contains(MARK, literal=True)
    named = {ASKS: asks, REQUESTS: requests, AUTOMATIC: automatic}
    named |= {name: told.struct.field(name) for name in (THANKS, DECLINES)}
    return tuple(fact.fill_null(value=False).alias(name) for name, fact in named.items())


def _told(texts: pl.Series) -> pl.Series:
    """Whether each text says nothing but thanks, or nothing but that it needs no more."""
    # Finding letters is fast, whole words are slow: few texts are looked at twice.
    letters = [*terms("thanks", "said"), *terms("thanks", "no_more")]
    likely = texts.str.to_lowercase().str.contains_any(letters)
    rows = (likely & (texts.str.len_chars() <= _LONGEST)).arg_true()
    thanked, signed, beside, no_more = (
        any_of(terms("thanks", name)) for name in ("said", "signed", "beside", "no_more")
    )
    words = texts.rechunk().gather(rows).str.replace_all(rf"{_LINK}|@[\w.-]+|\[name\]", " ")
    words = words.str.replace_all("’", "'", literal=True).str.replace_all(_BETWEEN, " ")
    parts = rf"[ '.!\n]|(?:{thanked}|{signed})(?:{_NAME})?|{beside}|{no_more}"
    is_courtesy = words.str.contains(f"^(?:{parts})*$")
    declines = is_courtesy & words.str.contains(no_more)
    thanks = is_courtesy & words.str.contains(thanked) & ~declines
    none = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)
    facts = {THANKS: none.clone().scatter(rows, thanks), DECLINES: none.scatter(rows, declines)}
    return pl.DataFrame(facts).to_struct()


def _requests(texts: pl.Series) -> pl.Series:
    """Whether a sentence of each text asks for something to be sent, said or done.

    Not where it says on what condition ("DM us if it happens again").
    """
    first, anywhere, unless = (
        any_of(terms("requests", name)) for name in ("first", "anywhere", "unless")
    )
    letters = [*terms("requests", "first"), *terms("requests", "anywhere")]
    rows = texts.str.to_lowercase().str.contains_any(letters).arg_true()
    sentences = texts.gather(rows).alias("text").to_frame().with_row_index("row")
    said = pl.col("text")
    asking = (
        sentences.with_columns(said.str.replace_all(f"{_LINK}|@[\\w.-]+", " ").str.split("\n"))
        .explode("text")
        .with_columns(said.str.extract_all(_SENTENCE))
        .explode("text")
        .filter(said.str.contains(rf"{_CLAUSE}(?:{first})|{anywhere}"), ~said.str.contains(unless))
    )
    none = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)
    return none.scatter(rows.gather(asking["row"].unique()), True)
