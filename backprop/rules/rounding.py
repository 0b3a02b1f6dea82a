"""Rounding, and the neighbours of a number. No derivative: constant in pieces."""

from __future__ import annotations

from backends import kernels

from ..primitive import Primitive
from .operands import either, in_reals

__all__ = ["ceil", "floor", "nextafter", "round", "trunc"]

floor = Primitive("floor", "x", in_reals("floor", kernels.floor))
ceil = Primitive("ceil", "x", in_reals("ceil", kernels.ceil))
trunc = Primitive("trunc", "x", in_reals("trunc", kernels.trunc))
round = Primitive("round", "x")
nextafter = Primitive("nextafter", "x y", in_reals("nextafter", either("nextafter")))
