"""Labels in, models out: corpora, training, figures."""

from pipeline.learning.training import train

__all__ = ["train"]
