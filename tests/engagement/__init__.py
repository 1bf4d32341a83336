"""Targets of deliveries, each against a server of its own."""
