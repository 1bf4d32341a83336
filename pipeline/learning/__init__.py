"""Labels in, models out: corpora, training, figures, and the life of models."""

from pipeline.learning.challenging import challenge, challenge_by, challenge_by_labels
from pipeline.learning.lifecycle import (
    compare,
    promote,
    promote_by,
    proposal,
    rollback,
    rows_on,
)
from pipeline.learning.training import LICENCES, train

__all__ = [
    "LICENCES",
    "challenge",
    "challenge_by",
    "challenge_by_labels",
    "compare",
    "promote",
    "promote_by",
    "proposal",
    "rollback",
    "rows_on",
    "train",
]
