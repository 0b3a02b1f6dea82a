"""Functions of one number, applied to each element."""

from __future__ import annotations

import math
import operator
from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp
from .choice import where

__all__ = [
    "abs", "astype", "complex_sign", "conj", "erf", "exp", "expm1", "identity", "imag", "log",
    "log1p", "log2", "log10", "negative", "normal_cdf", "real", "real_sign", "reciprocal", "sign",
    "sqrt", "square",
]  # fmt: skip


def _identity(x: Any) -> Any:
    return x


identity = Primitive("identity", "x", _identity)
vjp(identity, lambda g: g)

negative = Primitive("negative", "x", operator.neg)
vjp(negative, lambda g: -g)

# These are not holomorphic: their rules conjugate by themselves where it is due.

conj = Primitive("conj", "x")
vjp(conj, lambda g: conj(g))

real = Primitive("real", "x")
vjp(real, lambda g: g)

imag = Primitive("imag", "x")
vjp(imag, lambda g: g * 1j)

abs = Primitive("abs", "x")
vjp(abs, lambda g, x: g * sign(x), conjugates=True)  # 0 at 0

real_sign = Primitive("sign", "x", backends.kernels.sign)  # constant in pieces: no derivative
complex_sign = Primitive("sign", "x", backends.kernels.sign)  # x / |x|, 0 at 0


def sign(x: Any) -> Any:
    """The sign of real or complex numbers."""
    return complex_sign(x) if backends.is_complex(x.dtype) else real_sign(x)


def _complex_sign_x(g: Any, out: Any, x: Any) -> Any:
    """The part of g across x, divided by |x|: along x the sign is constant. 0 at 0."""
    at_zero = x == 0
    across = g - out * real(g * conj(out))
    return where(at_zero, 0.0, across) / where(at_zero, 1.0, abs(x))


vjp(complex_sign, _complex_sign_x, conjugates=True)

exp = Primitive("exp", "x")
vjp(exp, lambda g, out: g * out)

expm1 = Primitive("expm1", "x")
vjp(expm1, lambda g, out: g * (out + 1))

log = Primitive("log", "x")
vjp(log, lambda g, x: g / x)

log1p = Primitive("log1p", "x")
vjp(log1p, lambda g, x: g / (x + 1))

log2 = Primitive("log2", "x")
vjp(log2, lambda g, x: g * (1 / math.log(2)) / x)

log10 = Primitive("log10", "x")
vjp(log10, lambda g, x: g * (1 / math.log(10)) / x)

sqrt = Primitive("sqrt", "x")
vjp(sqrt, lambda g, out: g * 0.5 / out)

square = Primitive("square", "x")
vjp(square, lambda g, x: g * x * 2)

reciprocal = Primitive("reciprocal", "x", lambda x: 1 / x)
vjp(reciprocal, lambda g, out: -g * out * out)

erf = Primitive("erf", "x")
vjp(erf, lambda g, x: g * exp(-x * x) * (2 / math.sqrt(math.pi)))

normal_cdf = Primitive("normal_cdf", "x")
vjp(normal_cdf, lambda g, x: g * exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))


def _astype(x: Any, *, dtype: Any) -> Any:
    xp = backends.namespace(x)
    name = getattr(dtype, "name", None)  # a Tensor's dtype is NumPy's, whatever its array
    return xp.astype(x, dtype if name is None else getattr(xp, name))


astype = Primitive("astype", "x", _astype)
vjp(astype, lambda g: g)  # the sweep gives a gradient its variable's dtype
