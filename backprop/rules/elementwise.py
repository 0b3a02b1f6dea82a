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
    "abs", "astype", "ceil", "clip", "conj", "cos", "erf", "exp", "expm1", "floor", "identity",
    "imag", "isfinite", "isnan", "log", "log1p", "negative", "normal_cdf", "real", "reciprocal",
    "round", "sign", "sin", "sqrt", "square", "tanh",
]  # fmt: skip


def _identity(x: Any) -> Any:
    return x


identity = Primitive("identity", "x", _identity, views=True)
vjp(identity, lambda g: g)

negative = Primitive("negative", "x", operator.neg)
vjp(negative, lambda g: -g)

abs = Primitive("abs", "x")
vjp(abs, lambda g, x: g * sign(x), conjugates=True)  # 0 at 0; sign is x / |x| for complex x

conj = Primitive("conj", "x")
vjp(conj, lambda g: conj(g))

real = Primitive("real", "x", views=True)
vjp(real, lambda g: g)

imag = Primitive("imag", "x", views=True)
vjp(imag, lambda g: g * 1j)

exp = Primitive("exp", "x")
vjp(exp, lambda g, out: g * out)

expm1 = Primitive("expm1", "x")
vjp(expm1, lambda g, out: g * (out + 1))

log = Primitive("log", "x")
vjp(log, lambda g, x: g / x)

log1p = Primitive("log1p", "x")
vjp(log1p, lambda g, x: g / (x + 1))

sqrt = Primitive("sqrt", "x")
vjp(sqrt, lambda g, out: g * 0.5 / out)

square = Primitive("square", "x")
vjp(square, lambda g, x: g * x * 2)


reciprocal = Primitive("reciprocal", "x", lambda x: 1 / x)
vjp(reciprocal, lambda g, out: -g * out * out)

sin = Primitive("sin", "x")
vjp(sin, lambda g, x: g * cos(x))

cos: Primitive = Primitive("cos", "x")
vjp(cos, lambda g, x: -g * sin(x))

tanh = Primitive("tanh", "x")
vjp(tanh, lambda g, out: g * (1 - out * out))

erf = Primitive("erf", "x")
vjp(erf, lambda g, x: g * exp(-x * x) * (2 / math.sqrt(math.pi)))

normal_cdf = Primitive("normal_cdf", "x")
vjp(normal_cdf, lambda g, x: g * exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))


def _clip(x: Any, *, min: Any, max: Any) -> Any:
    return backends.namespace(x).clip(x, min, max)


def _clip_x(g: Any, x: Any, min: Any, max: Any) -> Any:
    """g inside the bounds and on them (as in PyTorch), 0 outside."""
    if min is not None:
        g = where(x >= min, g, 0.0)
    return g if max is None else where(x <= max, g, 0.0)


clip = Primitive("clip", "x", _clip)
vjp(clip, _clip_x)


def _astype(x: Any, *, dtype: Any) -> Any:
    xp = backends.namespace(x)
    name = getattr(dtype, "name", None)  # a Tensor's dtype is NumPy's, whatever its array
    return xp.astype(x, dtype if name is None else getattr(xp, name))


astype = Primitive("astype", "x", _astype)
vjp(astype, lambda g: g)  # the sweep gives a gradient its variable's dtype

# Piecewise constant: no gradient passes.
sign: Primitive = Primitive("sign", "x")
floor = Primitive("floor", "x")
ceil = Primitive("ceil", "x")
round = Primitive("round", "x")
isnan = Primitive("isnan", "x")
isfinite = Primitive("isfinite", "x")
