"""What the containers by name can be filled from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def pairs(where: str, given: Any) -> list[tuple[Any, Any]]:
    """The pairs of a mapping, or of something that lists pairs."""
    if hasattr(given, "items"):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{where}: got a {type(given).__name__}, wanted a mapping of names, or pairs of a name "
            "and what it stands for"
        )
    found = []
    for i, pair in enumerate(given):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ValueError(f"{where}: element {i} is {pair!r}, wanted a pair: (name, value)")
        found.append((pair[0], pair[1]))
    return found
