"""What CuPy gets wrong, element by element."""

from __future__ import annotations

import numpy as np

from .common import case, complexes, special


def _with_infinities(rng, dtype):
    """Infinities and NaN beside numbers, where the standard says what the value is."""
    inf, nan = float("inf"), float("nan")
    pairs = [(inf, nan), (-inf, nan), (nan, inf), (nan, nan), (inf, 2.0), (0.0, 1.5), (3.0, 0.0)]
    pairs = [complex(*p) for p in pairs]
    return (np.array(pairs, {"float32": "complex64", "float64": "complex128"}[dtype.name]),)


for _name in ("acosh", "expm1", "log", "log10", "log1p", "log2", "tan", "tanh"):
    for _shape in [(20,), (), (0, 3), (4, 5)]:
        case(_name, f"{_shape}", complexes(*_shape), launches=False)
    if _name.startswith("log"):
        case(_name, "infinities", _with_infinities, launches=False)


case("sign", "numbers", special, launches=False)
case("sign", "complex", complexes(20), launches=False)


def _division(x, y):
    def make(rng, dtype):
        return tuple(np.array(v, dtype) if isinstance(v, list) else v for v in (x, y))

    return make


_SIGNS, _INF = [-1.0, -0.0, 0.0, 1.0, 7.5, -7.5], float("inf")
case(
    "remainder",
    "signs",
    _division([[v] for v in _SIGNS], [2.0, -2.0, 0.1, -0.1, 7.5]),
    launches=False,
)
case("remainder", "infinite", _division([[v] for v in _SIGNS], [_INF, -_INF]), launches=False)
case("remainder", "numbers", _division(7.5, [2.0, -2.0, 0.1]), launches=False)
case("remainder", "by a number", _division(_SIGNS, -0.3), launches=False)
case(
    "remainder", "integers by a number", lambda rng, dtype: (np.array([7, -7]), 2.5), launches=False
)
case("remainder", "empty", _division([], 2.0), launches=False)
case(
    "remainder",
    "integers",
    lambda rng, dtype: (np.array([7, -7, 6]), np.array([2, -2, -3])),
    launches=False,
)
