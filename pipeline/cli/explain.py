"""`engage explain`: one text's scores, and what they are made of."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli._app import Config, app, models_in_use
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from rich.text import Text

ShownTags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        help="This tag; repeat. [default: all but shadows]",
        show_default=False,
    ),
]


@app.command()
def explain(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help="The message, in quotes; - reads it from standard input."
        ),
    ],
    language: Annotated[
        str | None,
        typer.Option("--lang", metavar="CODE", help="nl or en. [default: identified]"),
    ] = None,
    tag: ShownTags = None,
    config: Config = None,
) -> None:
    """Show how each tag scores a text, and what that is made of.

    What speaks for a tag is green, what speaks against it red. The weights add up to the logit.
    """
    import numpy as np
    import pyarrow as pa

    from pipeline.cli.evaluate import known_tags
    from pipeline.console import add, console, table
    from pipeline.conversations.language import identify
    from pipeline.registry import choices
    from pipeline.tagger import Tagger
    from pipeline.text import LANGUAGES

    if language is not None and language not in LANGUAGES:
        mend = choices(language, LANGUAGES)
        raise SettingsError(f"the models do not know '{language}'", where="--lang", mend=mend)
    text = _given(text)
    texts = pa.array([text], pa.string())
    languages = identify(texts)[0] if language is None else pa.array([language], pa.string())
    tagger, screen = Tagger.load(models_in_use(config)), console()
    usual = [name for name, model in tagger.models.items() if not model.detector.shadow]
    tags = known_tags(tag, tagger) if tag else usual
    scores, spoken = tagger.score(texts, languages), languages[0].as_py()
    screen.print(f"language: {spoken}")
    if spoken not in LANGUAGES:
        screen.print("the models know Dutch and English alone: a text like this is never tagged")
    for name in tags:
        model, probability = tagger.models[name], float(scores.tags[name].probability[0])
        limits = model.thresholds.get(spoken, model.thresholds["pooled"])
        over = [name for name in ("detected", "review") if probability >= limits[name]]
        found = (over or ["no"])[0] if spoken in LANGUAGES else "not known"
        explained = tagger.explanations(scores, name, np.array([0]), texts)
        parts = explained.evidence[0].as_py()
        screen.print(
            f"\n{name}: {probability:.3f}, {found} "
            f"(detected from {limits['detected']:.3f}, review from {limits['review']:.3f})",
            style="bold",
        )
        screen.print(coloured(text, parts))
        made = table(("weight", "kind", "text"), right=("weight",), grow="text")
        for part in parts:
            shown = (f"{part['weight']:+.3f}", part["kind"], part["text"])
            add(made, shown, style_of(part["weight"]))
        add(made, (f"{sum(part['weight'] for part in parts):+.3f}", "logit", ""), "bold")
        screen.print(made)


def _given(text: str) -> str:
    """The text as it was given, or all of standard input. Raises SettingsError for no UTF-8."""
    try:
        if text != "-":
            text.encode()
            return text
        return typer.get_binary_stream("stdin").read().decode("utf-8-sig").removesuffix("\n")
    except UnicodeError as error:
        raise SettingsError(
            "the text is not UTF-8", where="TEXT", mend="give it as UTF-8: iconv -t UTF-8"
        ) from error


def style_of(weight: float) -> str:
    """The colour of a weight: green for what speaks for a tag, red for what speaks against it."""
    return "green" if weight > 0 else "red"


def coloured(text: str, parts: list[dict[str, Any]]) -> Text:
    """The text with each place in the colour of the weightiest part that covers it."""
    from rich.text import Text

    from pipeline.console import clean

    styles = [""] * len(text)
    for part in sorted(parts, key=lambda one: abs(one["weight"])):
        start, end = part["start"], part["end"]
        styles[start:end] = [style_of(part["weight"])] * (end - start)
    seen = {letter: " " if letter.isspace() else clean(letter) for letter in set(text)}
    made = Text()
    for style, run in groupby(zip(styles, text, strict=True), key=itemgetter(0)):
        made.append("".join(seen[letter] for _, letter in run), style)
    return made
