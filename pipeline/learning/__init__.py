"""Labels in, models out: corpora, training, figures."""

from pipeline.learning.training import LICENCES, train

__all__ = ["LICENCES", "train"]
