"""What is no longer kept: people who asked to be forgotten, and what has become too old."""

from __future__ import annotations

from pipeline.retention.forgetting import asked, forget
from pipeline.retention.places import Asked, counted, sent

__all__ = ["Asked", "asked", "counted", "forget", "sent"]
