"""Tests mirror `pipeline/`, path for path."""
