"""Challengers: sets of models that are trained anew, or taught further, beside those in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline import model_sets
from pipeline.console import counted
from pipeline.learning import reviewed, training_text
from pipeline.learning.adapting import adapt
from pipeline.learning.people import NAME, Taught, taught
from pipeline.learning.training import LICENCES, TARGET_PRECISION, train
from pipeline.model_store import read_metadata
from pipeline.settings import Settings
from pipeline.storage import Lake
from pipeline.tagger import Tagger, detectors


def challenge(
    models: Path,
    labelled: Path | None = None,
    *,
    licences: tuple[str, ...] = LICENCES,
    people: Taught | None = None,
    target: float = TARGET_PRECISION,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Train all tags into a set of their own, the challenger. Returns its name.

    The arguments are those of `training.train`; the models in use are not touched.
    """
    with model_sets.new_set(models) as folder:
        train(
            models,
            labelled,
            licences=licences,
            into=folder,
            people=people,
            target=target,
            say=say,
        )
        return model_sets.add(models, folder)


def challenge_by(settings: Settings, say: Callable[[str], None] = lambda _: None) -> str:
    """Make a challenger of what the settings name that the champion has not learned yet.

    Where that is text, all tags are trained, people's labels too where the settings allow it. Where
    it is labels alone the champion is taught these further, and forgets nothing.

    Returns its name, or nothing where there is nothing to learn.
    """
    models, lake = settings.models_folder, Lake(settings.lake_location)
    allowed = settings.detection.learn_from_labels
    if _is_other_text(settings):
        people = taught(lake) if allowed else None
        if people:
            say(f"{counted(len(people.rows), 'message')} that people labelled")
        return challenge(
            models,
            settings.labelled_folder,
            people=people,
            target=settings.detection.target_precision,
            say=say,
        )
    if allowed and (name := challenge_by_labels(models, lake, say)):
        return name
    say("there is nothing new to learn: all this text taught the champion already")
    return ""


def challenge_by_labels(
    models: Path, lake: Lake, say: Callable[[str], None] = lambda _: None
) -> str:
    """Teach the champion what people labelled since it was taught, as the challenger.

    Returns its name, or nothing where there are too few new answers to any tag.
    """
    champion = model_sets.champion(models)
    people = taught(lake, reviewed.taught(champion, Tagger.load(champion).tags))
    say(
        f"{counted(len(people.rows), 'message')} that people labelled since the champion was taught"
    )
    with model_sets.new_set(models) as folder:
        return model_sets.add(models, folder) if adapt(champion, people, folder, say) else ""


def _is_other_text(settings: Settings) -> bool:
    """Whether the settings name text, or a precision, that the champion was not trained with.

    Or none of people's answers, and the champion was taught some: it is to forget them.
    """
    models, wanted = settings.models_folder, settings.detection.target_precision
    champion = model_sets.champion(models)
    corpora = training_text.home(models) / "corpora"
    text = training_text.read(corpora, settings.labelled_folder, LICENCES, people=None)
    for tag in detectors():
        if not (champion / tag).exists():
            return True
        held = read_metadata(champion / tag)
        known = {(one["name"], one["sha256"]) for one in held.get("data", ())}
        told = {(one["name"], one["sha256"]) for one in text.facts(tag)}
        is_to_forget = not settings.detection.learn_from_labels and NAME in dict(known)
        if is_to_forget or told - known or held["settings"]["target_precision"] != wanted:
            return True
    return False
