"""Labels in, models out: corpora, training, figures, and the life of models."""

from pipeline.learning.lifecycle import (
    challenge,
    challenge_by,
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
    "compare",
    "promote",
    "promote_by",
    "proposal",
    "rollback",
    "rows_on",
    "train",
]
