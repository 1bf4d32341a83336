"""A proposed change, addition or improvement to a product or service, explicit or as a wish.

Not an idea: advice to other customers, a question how to, a demand to do what was promised, a
company that announces its own feature.
"""

from pipeline.detectors.base import Detector

DETECTOR = Detector(tag="idea", version="idea.v1")
