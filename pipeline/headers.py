"""The first line of a file: what parts its columns, and their names in an error.

The first line of an export without a header is a customer's. What looks like it is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.registry import choices

NO_NAMES = "does the first line name the columns? what stands there does not look like names"

_NAME = re.compile(r"[^\W\d][\w .:/()#?-]{0,39}")
_QUOTED = re.compile(r'(?:^|(?<=[,;\t]))"(?:[^"]|"")*"')
_CELL = re.compile(r"""
    [\W\d_]*\d[\W\d_]*$         # digits and signs alone: a number, a day, a telephone
    | .* ( \d{5} | \d[-/:]\d    # an account, a moment
    | [@{}<>"] )                # an address, JSON, mark-up
    """, re.VERBOSE | re.DOTALL)  # fmt: skip


def delimiter_of(line: str) -> str:
    """What parts the columns of a header: comma, semicolon or tab, whichever it has most.

    Those within quotes part nothing: a question of a survey may have several.
    """
    return max(",;\t", key=_QUOTED.sub("", line).count)


def names(present: Iterable[str]) -> list[str]:
    """Those that look like names of columns, at most forty characters long, in the order given.

    None at all where one of them looks like a value: then none can be trusted to be a name.
    """
    given = list(present)
    if any(map(_CELL.match, given)):
        return []
    return [name for name in given if _NAME.fullmatch(name)]


def misread(present: Iterable[str]) -> str | None:
    """Word the mend where the names of columns show what is wrong with their line, else None."""
    given = list(present)
    if given and given[0].lower().startswith("sep="):
        return "remove the first line (sep=…), which only a spreadsheet understands"
    if len(given) == 1 and "|" in given[0]:
        return "part the columns by commas, semicolons or tabs: this file parts them by bars (|)"
    return None


def nearest_column(name: str, present: Iterable[str]) -> str:
    """Word the mend for a column that is not there: the nearest name, then all of them."""
    given = list(present)
    known = names(given)
    return misread(given) or (choices(name, known) if known else NO_NAMES)
