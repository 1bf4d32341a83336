"""What a benchmark says, in a form that the page lays out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One measured number, its 95 % interval, and what others reached and what is aimed at."""

    benchmark: str
    measure: str
    ours: float
    interval: tuple[float, float]
    plain: float
    bar: float
    moonshot: float
    published: str


@dataclass(frozen=True)
class Result:
    """A benchmark's numbers, its protocol, remarks, and what is weak beside the bars missed."""

    name: str
    protocol: str
    lines: tuple[Line, ...]
    remarks: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


Benchmark = Callable[[Path], Result]
"""Runs on the folder of labelled sets."""
