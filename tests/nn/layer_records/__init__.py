"""Records of layers, activations and losses, one file for each family; `every()` gathers them."""

from __future__ import annotations

import importlib
import pkgutil

from .record import Record


def every() -> list[Record]:
    """The records of all files of this folder."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "record")
    return [r for n in names for r in importlib.import_module(f"{__name__}.{n}").RECORDS]
