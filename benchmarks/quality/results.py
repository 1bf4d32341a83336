"""What a benchmark says, in a form that the page lays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One measured number beside what others reached and what is aimed at."""

    benchmark: str
    measure: str
    ours: float
    plain: float
    bar: float
    moonshot: float
    published: str


@dataclass(frozen=True)
class Result:
    """A benchmark's numbers, its protocol, and remarks that the numbers call for."""

    name: str
    protocol: str
    lines: tuple[Line, ...]
    remarks: tuple[str, ...] = field(default=())


Benchmark = Callable[[Path], Result]
"""Runs on the folder of labelled sets."""
