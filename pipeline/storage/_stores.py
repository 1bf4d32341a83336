"""What an object store answers, in our words: whether to try again, or who must mend what."""

from __future__ import annotations

import re

from pipeline.errors import EngageError, RetriableError, SettingsError

# Arrow passes on what the store's own client says: the code alone is taken, since the rest may
# hold an address that was signed.
_CODE = re.compile(
    r"AWS Error ([A-Z_]+)|ExceptionName: (\w+)|Status\(([A-Z_]+)|Azure Error: \[(\w+)\]"
)
_LATER = re.compile(
    "NETWORK|TIMEOUT|SLOW_?DOWN|THROTTL|UNAVAILABLE|INTERNAL|BUSY|DEADLINE|EXHAUSTED", re.IGNORECASE
)


def answered(error: BaseException, where: str, to: str) -> EngageError | None:
    """Our error for a store's answer; None where no store has answered.

    Args:
        error: what Arrow raised.
        where: the table or partition.
        to: what was tried, `read` or `write`.
    """
    # An unknown code comes before the name that its reader could not read.
    codes = [next(filter(None, found)) for found in _CODE.findall(str(error))]
    if not codes:
        return None
    if _LATER.search(codes[-1]):
        return RetriableError(
            f"the object store did not answer as it should ({codes[-1]}); what was there before is "
            "still in place",
            where=where,
            mend="run it again later; when that does not help, check the address in `lake`",
        )
    return SettingsError(
        f"the object store does not let us {to} ({codes[-1]})",
        where=where,
        mend="check the bucket in `lake`, that the credentials in the environment are those of "
        f"this store and still valid, and that they may {to} there",
    )
