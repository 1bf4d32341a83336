"""Customers with a need that a vendor could sell to now or soon.

Asks for a recommendation, quote, price, demo or trial; looks for, considers, renews, upgrades;
leaves a supplier and needs another; buys on a condition.
Not a lead: has bought already, sells or recruits, wants it free only, advises others, administers
an order. `docs/labelling.md` has the borderline cases; the labels follow it.
"""

from pipeline.detectors.base import Detector

DETECTOR = Detector(tag="lead", version="lead.v1")
