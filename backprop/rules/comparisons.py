"""Comparisons, questions about numbers, and logic. No derivative: the results are truth values."""

from __future__ import annotations

import operator

from backends import kernels

from ..primitive import Primitive
from .operands import REAL, either, in_reals, of_kinds

__all__ = [
    "equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal",
    "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
]  # fmt: skip

equal = Primitive("equal", "x y", operator.eq)
not_equal = Primitive("not_equal", "x y", operator.ne)

# Complex numbers have no order, though NumPy finds one.
less = Primitive("less", "x y", of_kinds("biuf", "less, <", REAL, operator.lt))
less_equal = Primitive("less_equal", "x y", of_kinds("biuf", "less_equal, <=", REAL, operator.le))
greater = Primitive("greater", "x y", of_kinds("biuf", "greater, >", REAL, operator.gt))
greater_equal = Primitive(
    "greater_equal", "x y", of_kinds("biuf", "greater_equal, >=", REAL, operator.ge)
)

isnan = Primitive("isnan", "x")
isinf = Primitive("isinf", "x")
isfinite = Primitive("isfinite", "x")
signbit = Primitive("signbit", "x", in_reals("signbit", kernels.signbit))

TRUTH = "truth values; compare first, such as x != 0"
logical_and = Primitive(
    "logical_and", "x y", of_kinds("b", "logical_and", TRUTH, either("logical_and"))
)
logical_or = Primitive(
    "logical_or", "x y", of_kinds("b", "logical_or", TRUTH, either("logical_or"))
)
logical_xor = Primitive(
    "logical_xor", "x y", of_kinds("b", "logical_xor", TRUTH, either("logical_xor"))
)
logical_not = Primitive(
    "logical_not", "x", of_kinds("b", "logical_not", TRUTH, kernels.logical_not)
)
