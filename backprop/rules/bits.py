"""Operations on the bits of integers; of truth values, logic. No derivative."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..primitive import Primitive
from .operands import kind, of_kinds, said

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor",
]  # fmt: skip

WANTED = "truth values or integers"


def _alike(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, for two truth values or two integers: of one each, libraries and people guess
    differently."""
    whole = of_kinds("biu", name, WANTED, function)

    def forward(x: Any, y: Any) -> Any:
        if (kind(x) == "b") != (kind(y) == "b"):
            raise TypeError(f"{name}: got {said(x, y)}, wanted {WANTED}, not one of each")
        return whole(x, y)

    return forward


bitwise_and = Primitive("bitwise_and", "x y", _alike("bitwise_and, &", operator.and_))
bitwise_or = Primitive("bitwise_or", "x y", _alike("bitwise_or, |", operator.or_))
bitwise_xor = Primitive("bitwise_xor", "x y", _alike("bitwise_xor, ^", operator.xor))
bitwise_invert = Primitive(
    "bitwise_invert", "x", of_kinds("biu", "bitwise_invert, ~", WANTED, operator.invert)
)
bitwise_left_shift = Primitive(
    "bitwise_left_shift",
    "x y",
    of_kinds("iu", "bitwise_left_shift, <<", "integers", operator.lshift),
)
bitwise_right_shift = Primitive(
    "bitwise_right_shift",
    "x y",
    of_kinds("iu", "bitwise_right_shift, >>", "integers", operator.rshift),
)
