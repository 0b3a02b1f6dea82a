"""What arguments of several functions have to be."""

from __future__ import annotations

from collections.abc import Sequence


def probability(where: str, name: str, p: float) -> float:
    """p, if it is a probability."""
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0.0 <= p <= 1.0:
        raise ValueError(f"{where}: {name}: got {p!r}, wanted a probability from 0 to 1")
    return float(p)


def whole(where: str, name: str, n: int) -> int:
    """n, if it is a whole number of at least 1."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"{where}: {name}: got {n!r}, wanted a whole number of at least 1")
    return n


def shape(where: str, name: str, sizes: int | Sequence[int]) -> tuple[int, ...]:
    """A size or several as a tuple of whole numbers of at least 1."""
    given = tuple(sizes) if isinstance(sizes, (tuple, list)) else (sizes,)
    if not given:
        raise ValueError(f"{where}: {name}: got {sizes!r}, wanted at least one size")
    return tuple([whole(where, name, n) for n in given])
