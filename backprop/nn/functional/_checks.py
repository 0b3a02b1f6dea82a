"""What arguments of several functions have to be."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from operator import index
from typing import Any

from ...tensor import Tensor
from ...xp._check import tensor


def probability(where: str, name: str, p: float) -> float:
    """p, if it is a probability."""
    if isinstance(p, bool) or not isinstance(p, Real) or not 0.0 <= p <= 1.0:
        raise ValueError(f"{where}: {name}: got {p!r}, wanted a probability from 0 to 1")
    return float(p)


def floats(x: Any, where: str, name: str = "input", kinds: str = "f") -> Tensor:
    """x, if it is a Tensor of real floating-point numbers, or of the kinds of dtype named."""
    try:
        kind = x.data.dtype.kind
    except AttributeError:  # no Tensor, or dtypes that do not say
        kind = tensor(x, where, name).dtype.kind
    if kind not in kinds:
        wanted = "numbers" if "c" in kinds else "real numbers"
        advice = (
            "take a part of it first: backprop.real, imag or abs"
            if kind == "c"
            else f"convert it first: {name}.astype(backprop.float32)"
        )
        wanted = wanted if "i" in kinds else wanted.replace("numbers", "floating-point numbers")
        raise TypeError(f"{where}: {name}: got dtype {x.dtype}, wanted {wanted}; {advice}")
    return x


def integer(n: Any) -> int | None:
    """n as one of Python's integers; None if it is none. NumPy's are taken too."""
    try:
        return None if isinstance(n, bool) else index(n)
    except TypeError:
        return None


def whole(where: str, name: str, n: int, least: int = 1) -> int:
    """n, if it is a whole number of at least `least`."""
    number = integer(n)
    if number is None or number < least:
        raise ValueError(f"{where}: {name}: got {n!r}, wanted a whole number of at least {least}")
    return number


def shape(where: str, name: str, sizes: int | Sequence[int]) -> tuple[int, ...]:
    """A size or several as a tuple of whole numbers of at least 1."""
    given = tuple(sizes) if isinstance(sizes, (tuple, list)) else (sizes,)
    if not given:
        raise ValueError(f"{where}: {name}: got {sizes!r}, wanted at least one size")
    return tuple([whole(where, name, n) for n in given])
