"""Engage: conversations in; leads, complaints and product ideas out."""

__version__ = "0.1.0"
