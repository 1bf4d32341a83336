"""Wants an answer in words, polite requests included. A shadow tag.

Not a question: a rhetorical one, a demand, a question that is quoted.
It may be a complaint, a lead or an idea too.
"""

from pipeline.detectors.base import Detector

DETECTOR = Detector(tag="question", version="question.v1", shadow=True)
