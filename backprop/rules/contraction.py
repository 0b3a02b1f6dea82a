"""Contractions: products of two arrays, summed over what they share."""

from __future__ import annotations

from ..primitive import Primitive
from ..rule import vjp

__all__ = ["contract"]

# Each axis has a letter: `left` are x's, `right` y's, `result` those of the outcome. A letter of
# one array stands in the other or in the result, and the same holds with a gradient of the result
# in the place of either array: so a contraction's gradients are contractions.
contract = Primitive("contract", "x y")
vjp(
    contract,
    lambda g, y, left, right, result: contract(g, y, left=result, right=right, result=left),
    lambda g, x, left, right, result: contract(x, g, left=left, right=result, result=right),
)
