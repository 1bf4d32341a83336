"""Memory for work in batches: what a batch gave back is kept for the next one.

The C library returns large pieces to the system as soon as they are free, and asks for them again
at the next batch, page by page: a fifth of the time of tagging went there. Arrow's own allocator
does much the same, and takes more memory at the peak than the C library's.
"""

from __future__ import annotations

import ctypes
from functools import cache

import pyarrow as pa

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of glibc's `mallopt`: from how many free bytes on they are given back, and how many
pieces may lie outside the heap, from where they are given back at once."""
_NEVER, _NONE = 2**31 - 1, 0


@cache
def keep_freed() -> None:
    """Keep freed memory in this process, from now on; elsewhere than on glibc only Arrow's part."""
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_MMAP_MAX, _NONE)
        mallopt(_TRIM_THRESHOLD, _NEVER)
