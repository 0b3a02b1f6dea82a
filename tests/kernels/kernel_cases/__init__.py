"""Arguments for every fast kernel of NumPy's, to be compared with the portable one.

A file here for each topic of `backends/cpu`: CASES, and in LAYOUTS the kernels to be called with
strided, read-only arrays too. Kernels that work in place return None and are compared by their
arguments afterwards.
"""

import pkgutil
from importlib import import_module

from .common import Table, array

__all__ = ["CASES", "LAYOUTS", "Table", "array"]

CASES: Table = {}
LAYOUTS: list[str] = []
for _topic in sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "common"):
    _module = import_module(f".{_topic}", __name__)
    assert not CASES.keys() & _module.CASES.keys(), f"{_topic} repeats a kernel of another file"
    CASES |= _module.CASES
    LAYOUTS += getattr(_module, "LAYOUTS", [])
