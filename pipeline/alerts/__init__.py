"""Alerts: what is more, less or other than usual, hour by hour. Pure."""
