"""Stages over small lakes: what goes in, what comes out, and that it stays so."""
