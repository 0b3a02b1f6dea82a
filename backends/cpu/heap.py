"""Freed memory stays with the process, for the next array.

By default glibc hands the memory of large arrays back to the system as soon as they are freed. A
training step then asks for the same megabytes again and again, and the system clears each page
anew: a third of a small convolutional network's step went into that. With the thresholds below,
up to 256 MB of freed memory wait for their next use; the most a program ever needs stays the same.
"""

from __future__ import annotations

import ctypes
import os

KEPT = 256 << 20
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt's names for them, in malloc.h
_USERS = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


def keep_freed_memory() -> bool:
    """Set glibc's thresholds, once for the process; whether that was done.

    It is not where the C library is another one, or where the user has set them: with
    MALLOC_TRIM_THRESHOLD_=131072 in the environment, glibc does as it always did.
    """
    if any(name in os.environ for name in _USERS):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc; on Windows there is no CDLL(None)
        return False
    return all(mallopt(which, KEPT) == 1 for which in (_TRIM_THRESHOLD, _MMAP_THRESHOLD))
