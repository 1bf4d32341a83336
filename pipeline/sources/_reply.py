"""What the sender of a mail wrote: without the quoted mail, the signature and the phone's line.

In Dutch and English. Where a line only looks like a quote's header or like a signature, the text
stays: a complaint that is lost is worse than a name that is left.
"""

from __future__ import annotations

import re

from pipeline.sources._quotes import without_quotes
from pipeline.sources._signature import without_ending

_GAP = re.compile(r"\n{3,}")


def own_text(text: str, sender: str = "") -> str:
    """Take quotes, signature and the phone's line from the plain text of a mail.

    Args:
        text: The text, quotes marked with `>` or by a header above them.
        sender: The sender's name, which may begin a signature.
    """
    own = without_ending(without_quotes(lines_of(text)), sender)
    said = _GAP.sub("\n\n", "\n".join(own)).strip()
    # The mark of a signature that stood alone.
    return "" if said == "--" else said


def lines_of(text: str) -> list[str]:
    """The lines of a text, without the blanks that end them."""
    return [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
