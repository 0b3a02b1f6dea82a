"""Activations."""

from __future__ import annotations

import numpy as np

from .common import case, normal, pair, special, transposed

WIDE = np.array([-100.0, -30.0, -3.0, -0.5, -0.0, 0.0, 1e-3, 0.5, 3.0, 6.0, 19.0, 21.0, 100.0])


def wide(rng, dtype):
    """Far out on both sides, but finite: -inf times a shut gate is no number."""
    return (WIDE.astype(dtype),)


def wide_pair(rng, dtype):
    return rng.normal(size=WIDE.shape).astype(dtype), WIDE.astype(dtype)


for _name, _options in [
    ("relu", {}), ("leaky_relu", {"slope": 0.1}), ("elu", {"alpha": 1.5}), ("sigmoid", {}),
    ("softplus", {}), ("erf", {}), ("normal_cdf", {}), ("hardswish", {}), ("silu", {}),
    ("mish", {}), ("gelu", {"approximate": "none"}), ("gelu", {"approximate": "tanh"}),
]:  # fmt: skip
    case(_name, "vector", normal(1000), **_options)
    case(_name, "scalar", normal(), **_options)
    case(_name, "empty", normal(0, 3), launches=False, **_options)
    gated = _name in ("hardswish", "silu", "mish", "gelu")
    case(_name, "special", wide if gated else special, **_options)
    case(_name, "transposed", transposed, **_options)

for _name, _options in [
    ("relu_grad", {}), ("leaky_relu_grad", {"slope": 0.1}), ("elu_grad", {"alpha": 1.5}),
    ("hardtanh_grad", {"low": -0.5, "high": 1.0}), ("hardswish_grad", {}), ("silu_grad", {}),
    ("mish_grad", {}), ("gelu_grad", {"approximate": "none"}),
    ("gelu_grad", {"approximate": "tanh"}),
]:  # fmt: skip
    case(_name, "matrix", pair((9, 50)), **_options)
    case(_name, "special", wide_pair, **_options)
    case(_name, "transposed", pair((9, 50), view=lambda a: a.T), **_options)
    case(_name, "empty", pair((0,)), launches=False, **_options)
    case(_name, "broadcast", pair((4,), (3, 4)), launches=False, **_options)


def far_pair(rng, dtype):
    """Where a product with x could overflow."""
    x = np.array([1e18, 1e30, 3e38, -1e30], dtype=dtype)
    return rng.normal(size=x.shape).astype(dtype), x


for _name in ("mish_grad", "hardswish_grad"):
    case(_name, "far", far_pair)
