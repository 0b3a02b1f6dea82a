"""Calls of every CUDA override, to be compared with the portable kernel of that name.

A file here for each topic of `backends/cuda`. The table that they fill serves two tests: the CUDA
source run on the host, and the same on a real GPU.
"""

import pkgutil
from importlib import import_module

from .common import CASES, TOLERANCE, Case, Seen, check

__all__ = ["CASES", "TOLERANCE", "Case", "Seen", "check"]

for _topic in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    import_module(f".{_topic}", __name__)
