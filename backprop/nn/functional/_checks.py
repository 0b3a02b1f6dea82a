"""What arguments of several functions have to be."""

from __future__ import annotations


def probability(where: str, name: str, p: float) -> float:
    """p, if it is a probability."""
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0.0 <= p <= 1.0:
        raise ValueError(f"{where}: {name}: got {p!r}, wanted a probability from 0 to 1")
    return float(p)
