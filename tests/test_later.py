"""What Great Expectations hardly ever needs is not imported with it, and found when asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.later import later, without

ROOT = Path(__file__).parents[1]
ASKED = """
import logging, sys
import pyarrow as pa
logging.basicConfig(level=logging.INFO)
from pipeline.contracts import Rule, _expectations

def breaking(channels):
    partition = {"values": ["forum", "chat"], "weights": [0.5, 0.5]}
    kwargs = {"column": "channel", "partition_object": partition, "threshold": 0.1}
    rule = Rule("expect_column_kl_divergence_to_be_less_than", "channel", kwargs, is_batch=True)
    return len(_expectations.breaches_of([rule], pa.table({"channel": channels}), "x"))

_expectations._great_expectations()
print("imported", file=sys.stderr)
unasked = (*_expectations.SELDOM, *_expectations.OPTIONAL)
seldom = {name for name in sys.modules if name in unasked}
import altair
print(seldom, hasattr(altair, "Chart"), breaking(["forum", "chat"]), breaking(["forum"] * 9))
import sqlalchemy
print("scipy.stats" in sys.modules, hasattr(sqlalchemy, "select"))
"""


def test_rule_about_a_distribution_is_checked_though_its_libraries_come_late() -> None:
    """Nor does Great Expectations tell anything in the log while it is imported."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["set() True 0 1", "True True"], done.stderr
    assert done.stderr.startswith("imported\n")


def test_module_that_is_here_already_stays() -> None:
    with later("json"):
        assert sys.modules["json"].__spec__ is not None


def test_module_put_off_is_imported_when_something_of_it_is_asked_for() -> None:
    sys.modules.pop("colorsys", None)
    with later("colorsys"):
        import colorsys
    assert "colorsys" not in sys.modules
    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert "colorsys" in sys.modules


def test_module_to_do_without_is_not_found_within_the_block_and_found_after_it() -> None:
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ImportError):
        import colorsys
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_module_to_do_without_stays_where_it_is_here_already() -> None:
    with without("json"):
        import json
    assert sys.modules["json"] is json
