"""Memory that is freed is used again, unless the user has settings of their own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

CODE = """
import resource
import numpy as np
import backends
backends.get("cpu")
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(5_000_000)
before = faults()
for _ in range(20):
    np.ones(5_000_000)
print(faults() - before)
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")


def _page_faults(**environment: str) -> int:
    theirs = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
    env = {k: v for k, v in os.environ.items() if k not in theirs}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, env={**env, **environment}
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_an_array_of_40_mb_finds_its_pages_again() -> None:
    """Freed at once, each of the 20 would touch about 10,000 new pages of 4 kB (or 20 of 2 MB)."""
    assert _page_faults() < 40


def test_the_users_settings_come_first() -> None:
    assert _page_faults(MALLOC_MMAP_THRESHOLD_="131072") >= 20 * 20
