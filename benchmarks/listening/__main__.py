"""Measures listening on sets of this project: `python -m benchmarks.listening [--write]`.

Half of each set was looked at while the rules were made; figures are of the other half.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.listening.page import page

PAGE = Path(__file__).parent.parent.parent / "docs" / "listening.md"

if __name__ == "__main__":
    text = page()
    sys.stdout.write(text)
    if "--write" in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
