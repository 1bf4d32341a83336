"""Dissatisfaction from the author's own, current experience; explicit, sarcastic or understated.

Not a complaint: a past problem told with praise, a neutral question or fault report, what others
think, weather and traffic, the company's own agent who apologises.
"""

from pipeline.detectors.base import Detector

DETECTOR = Detector(tag="complaint", version="complaint.v1")
