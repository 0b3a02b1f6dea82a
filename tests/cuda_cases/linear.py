"""Matrix products, and results written into memory that is there."""

from __future__ import annotations

import numpy as np

from .common import case


def _linear(*shape, outs=4, bias=True):
    def make(rng, dtype):
        x, w = rng.normal(size=shape), rng.normal(size=(outs, shape[-1]))
        b = rng.normal(size=outs).astype(dtype) if bias else None
        return x.astype(dtype), w.astype(dtype), b

    return make


for _shape in [(6, 3), (3,), (2, 5, 3), (0, 3)]:
    case("linear", "x".join(map(str, _shape)), _linear(*_shape), launches=False)
case("linear", "no bias", _linear(6, 3, bias=False), launches=False)


def _into(*shape, sums=False):
    def make(rng, dtype):
        g, x = rng.normal(size=(shape[0], 4)), rng.normal(size=shape)
        out = np.zeros(shape[1:] if sums else (4, shape[1]), dtype)
        return (x.astype(dtype), out) if sums else (g.astype(dtype).T, x.astype(dtype), out)

    return make


case("matmul_into", "weights", _into(6, 3), launches=False)
case("sum_into", "biases", _into(6, 3, sums=True))
