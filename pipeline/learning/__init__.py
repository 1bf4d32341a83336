"""Labels in, models out: corpora, training, figures, and the life of models."""

from pipeline.learning.challenging import challenge, challenge_by, challenge_by_labels
from pipeline.learning.lifecycle import (
    answer,
    compare,
    promote,
    proposal,
    rollback,
    rows_on,
)
from pipeline.learning.training import LICENCES, train

__all__ = [
    "LICENCES",
    "answer",
    "challenge",
    "challenge_by",
    "challenge_by_labels",
    "compare",
    "promote",
    "proposal",
    "rollback",
    "rows_on",
    "train",
]
