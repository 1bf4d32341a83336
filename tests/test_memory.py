"""Memory: what was freed is taken again, not asked for anew."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import pytest

ASKED = """
import json, resource
import numpy as np
import pyarrow as pa
from pipeline.memory import keep_freed

def pages():
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        held = [np.ones(2_000_000) for _ in range(12)]
        del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - begun

pages()
before = pages()
keep_freed()
pages()
print(json.dumps([before, pages(), pa.default_memory_pool().backend_name]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have no mallopt")
def test_freed_memory_is_taken_again() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, check=True)
    before, after, backend = json.loads(done.stdout)
    assert before > 10_000
    assert after < 1000
    assert backend == "system"
