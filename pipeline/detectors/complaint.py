"""Dissatisfaction from the author's own, current experience; explicit, sarcastic or understated.

Not a complaint: a past problem told with praise, a neutral question or fault report, what others
think, weather and traffic, the company's own agent who apologises.
"""

from pipeline.detectors.base import Detector

# Where customers turn to a company they complain more often than they ask to buy: so do a third of
# the messages of others that we labelled.
DETECTOR = Detector(tag="complaint", version="complaint.v1", base_rate=0.3)
