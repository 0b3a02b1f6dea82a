"""Standardising, in every layout of the norms."""

from __future__ import annotations

import numpy as np

from .common import Seen, case, normal

_LAYOUTS = [
    # label, x, axes, spread, shape of the weight, whether CUDA code covers it
    ("batch 1d", (37, 5), (0,), (1, 5), (5,), True),
    ("batch 2d", (4, 3, 5, 7), (0, 2, 3), (1, 3, 1, 1), (3,), True),
    ("batch one channel", (4, 1, 300), (0, 2), (1, 1, 1), (1,), True),
    ("batch large", (3, 2, 600), (0, 2), (1, 2, 1), (2,), True),
    ("layer", (6, 33), (1,), (1, 33), (33,), True),
    ("layer of two", (3, 4, 5), (1, 2), (1, 4, 5), (4, 5), True),
    ("layer wide", (2, 400), (1,), (1, 400), (400,), True),
    ("layer tall", (300, 3), (1,), (1, 3), (3,), True),
    ("group", (3, 2, 4, 9), (2, 3), (1, 2, 4, 1), (8,), True),
    ("instance", (3, 4, 9), (2,), (1, 4, 1), (4,), True),
    ("split", (3, 4, 5), (1,), (1, 4, 1), (4,), False),
    ("none", (0, 4), (1,), (1, 4), (4,), False),
]


def _arguments(shape, axes, weight, centred, what, view=lambda a: a, kept=None):
    def make(rng, dtype):
        x = rng.normal(size=shape)
        mean = x.mean(axes, keepdims=True) if x.size else np.zeros((*shape[:-1], 1))
        var = x.var(axes, keepdims=True) if x.size else np.ones((*shape[:-1], 1))
        if kept:
            mean, var = mean.reshape(kept), var.reshape(kept)
        first = rng.normal(size=shape)
        w = rng.normal(size=weight).astype(dtype) if "weight" in what else None
        b = rng.normal(size=weight).astype(dtype) if "bias" in what else None
        seen = Seen(x.astype(dtype), view)
        statistics = mean.astype(dtype) if centred else None, var.astype(dtype)
        if "g" in what:
            return Seen(first.astype(dtype), view), seen, *statistics, w
        return seen, *statistics, w, b

    return make


for _label, _shape, _axes, _spread, _weight, _covered in _LAYOUTS:
    _options = {"axes": _axes, "spread": _spread, "eps": 0.01}
    _choices = [(True, {"weight", "bias"})]
    if _label in ("batch 2d", "layer"):
        _choices += [(False, {"weight", "bias"}), (True, {"bias"}), (False, set())]
    for _centred, _what in _choices:
        _name = f"{_label} {' '.join(sorted(_what))}{'' if _centred else ' not centred'}"
        case("standardize", _name, _arguments(_shape, _axes, _weight, _centred, _what),
             launches=_covered, **_options)  # fmt: skip
        case("standardize_grad", _name,
             _arguments(_shape, _axes, _weight, _centred, {*_what, "g"}),
             launches=_covered, **_options)  # fmt: skip
    if 0 not in _shape:
        _far = lambda rng, dtype, s=_shape: ((rng.normal(size=s) + 3).astype(dtype),)  # noqa: E731
        case("moments", _label, _far, launches=_label != "split", axes=_axes)
    if _label.startswith("layer"):
        case("mean_square", _label, _far, axes=_axes)
case("mean_square", "first axis", normal(4, 5), launches=False, axes=(0,))

_options = {"axes": (1,), "spread": (1, 7), "eps": 0.01}
for _name, _what in [("standardize", {"weight"}), ("standardize_grad", {"weight", "g"})]:
    case(_name, "transposed",
         _arguments((7, 5), (0,), (7,), True, _what, view=lambda a: a.T, kept=(5, 1)),
         **_options)  # fmt: skip
