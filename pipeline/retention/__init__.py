"""What people may ask of what is kept of them: a copy of it, and to be forgotten."""

from __future__ import annotations

from pipeline.retention.disclosing import disclose
from pipeline.retention.forgetting import asked, forget
from pipeline.retention.places import Asked, counted, sent

__all__ = ["Asked", "asked", "counted", "disclose", "forget", "sent"]
