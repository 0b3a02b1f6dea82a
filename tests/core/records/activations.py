"""Activations, each beside its definition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .record import *


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _cdf(x: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))), otypes=[float])(x)


_K = math.sqrt(2 / math.pi)


def _gelu(x: np.ndarray, approximate: str) -> np.ndarray:
    if approximate == "none":
        return x * _cdf(x)
    return 0.5 * x * (1 + np.tanh(_K * (x + 0.044715 * x**3)))


def _gelu_slope(x: np.ndarray, approximate: str) -> np.ndarray:
    if approximate == "none":
        return _cdf(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    t = np.tanh(_K * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * _K * (1 + 3 * 0.044715 * x**2)


def _mish_slope(x: np.ndarray) -> np.ndarray:
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * _sigmoid(x) * (1 - t * t)


def _hardswish_slope(x: np.ndarray) -> np.ndarray:
    return np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + 0.5))


def _functional(name: str) -> Any:
    """PyTorch's function of this name."""
    return lambda *args, **static: getattr(pytorch().nn.functional, name)(*args, **static)


def slope(name: str, reference: Any, domain: str = "any", torch: Any = None, kinks: Any = (),
          **static: Any) -> Record:  # fmt: skip
    """A derivative times what comes from above: two arrays of one shape."""
    samples = [
        Sample((values(name, s, "any"), values(name + "2", s, domain)), static) for s in SHAPES
    ]
    corners = [Sample((np.ones(len(k)), np.array(k)), static) for k in kinks]
    return Record(name, lambda g, x, **kw: g * reference(x, **kw), samples, torch, corners)


WIDE = [[-800.0, -30.0, -3.0, -1.0, 0.0, -0.0, 1.0, 3.0, 6.0, 19.0, 21.0, 800.0]]
FAR = np.array([-5.0, -3.5, -2.9, -0.1, 2.5, 3.2, 7.0])

RECORDS = [
    unary("relu", lambda x: np.where(x > 0, x, 0), "not0", torch=lambda x: x.relu(), kinks=KINKS),
    slope("relu_grad", lambda out: np.where(out > 0, 1, 0), "not0"),
    unary("leaky_relu", lambda x, slope: np.where(x > 0, x, slope * x), "not0", slope=0.1,
          torch=lambda x, slope: _functional("leaky_relu")(x, slope), kinks=[*KINKS, *WIDE]),
    slope("leaky_relu_grad", lambda x, slope: np.where(x > 0, 1, slope), "not0", slope=0.1),
    unary("elu", lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), "not0", alpha=1.3,
          torch=lambda x, alpha: _functional("elu")(x, alpha), kinks=[*KINKS, *WIDE]),
    slope("elu_grad", lambda out, alpha: np.where(out > 0, 1, out + alpha), "not0", alpha=1.3),
    unary("hardtanh", lambda x, low, high: np.minimum(np.maximum(x, low), high), low=-1.05, high=0.55,
          torch=lambda x, low, high: _functional("hardtanh")(x, low, high),
          kinks=[[-1.05, 0.55, 0.0, 9.0, -9.0]]),
    slope("hardtanh_grad", lambda x, low, high: (x > low) & (x < high), low=-1.05, high=0.55),
    of("hardswish", lambda x: x * np.clip(x + 3, 0, 6) / 6,
       *[Sample((np.asarray(values("hardswish", s, "any") * 2.1),)) for s in SHAPES], Sample((FAR,)),
       torch=_functional("hardswish"), kinks=WIDE),
    slope("hardswish_grad", _hardswish_slope),
    unary("sigmoid", _sigmoid, torch=lambda x: x.sigmoid(), kinks=WIDE),
    unary("softplus", lambda x: np.log1p(np.exp(x)), torch=_functional("softplus"), kinks=KINKS),
    unary("silu", lambda x: x * _sigmoid(x), torch=_functional("silu"), kinks=WIDE),
    slope("silu_grad", lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x)))),
    unary("mish", lambda x: x * np.tanh(np.log1p(np.exp(x))), torch=_functional("mish"), kinks=WIDE),
    slope("mish_grad", _mish_slope),
    *[
        unary("gelu", _gelu, approximate=how, kinks=WIDE, torch=_functional("gelu"))
        for how in ("none", "tanh")
    ],
    *[slope("gelu_grad", _gelu_slope, approximate=how) for how in ("none", "tanh")],
]  # fmt: skip
