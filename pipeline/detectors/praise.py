"""Something explicit and positive about the author's own experience. A shadow tag.

Not praise: thanks for an answer alone, a company about itself, what others think.
It may be a complaint, a lead or an idea too: a message can praise one thing and miss another.
"""

from pipeline.detectors.base import Detector

DETECTOR = Detector(tag="praise", version="praise.v1", shadow=True)
