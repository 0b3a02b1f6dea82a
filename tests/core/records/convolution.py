"""Convolutions, over one to three axes."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from .record import *


def _terms(x_size: Any, places: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """(p, k, q) for all places p, elements k of the kernel, and what the one sees by the other."""
    for p in itertools.product(*map(range, places)):
        for k in itertools.product(*map(range, kernel)):
            q = tuple(
                s * pi + d * ki - a
                for pi, ki, s, (a, _), d in zip(p, k, stride, padding, dilation, strict=True)
            )
            if all(0 <= qi < n for qi, n in zip(q, x_size, strict=True)):
                yield p, k, q


def _pairs(c_in: int, c_out: int, groups: int) -> Any:
    """(o, its place among its group's outputs, c, c's place among its group's inputs)."""
    for o in range(c_out):
        first = o // (c_out // groups) * (c_in // groups)
        for i in range(c_in // groups):
            yield o, first + i, i


def _conv(x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Sums written as loops: nothing to get wrong. So are the other two."""
    places = [
        (n + front + behind - d * (k - 1) - 1) // s + 1
        for n, k, s, (front, behind), d in zip(
            x.shape[2:], w.shape[2:], stride, padding, dilation, strict=True
        )
    ]
    out = np.zeros((len(x), len(w), *places))
    for p, k, q in _terms(x.shape[2:], places, w.shape[2:], stride, padding, dilation):
        for o, c, i in _pairs(x.shape[1], len(w), groups):
            out[(slice(None), o, *p)] += w[(o, i, *k)] * x[(slice(None), c, *q)]
    return out if b is None else out + b.reshape(-1, *[1] * len(places))


def _conv_transpose(
    g: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int, size: Any
) -> Any:
    out = np.zeros((len(g), w.shape[1] * groups, *size))
    for p, k, q in _terms(size, g.shape[2:], w.shape[2:], stride, padding, dilation):
        for o, c, i in _pairs(out.shape[1], len(w), groups):
            out[(slice(None), c, *q)] += w[(o, i, *k)] * g[(slice(None), o, *p)]
    return out


def _conv_weight(
    x: Any, g: Any, stride: Any, padding: Any, dilation: Any, groups: int, kernel: Any
) -> Any:
    out = np.zeros((g.shape[1], x.shape[1] // groups, *kernel))
    for p, k, q in _terms(x.shape[2:], g.shape[2:], kernel, stride, padding, dilation):
        for o, c, i in _pairs(x.shape[1], g.shape[1], groups):
            out[(o, i, *k)] += (x[(slice(None), c, *q)] * g[(slice(None), o, *p)]).sum()
    return out


def _image_to_columns(x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """A convolution with kernels of one 1 each."""
    ones = np.eye(math.prod(kernel)).reshape(-1, 1, *kernel)
    weight = np.concatenate([ones] * x.shape[1])
    out = _conv(x, weight, None, stride, padding, dilation, x.shape[1])
    return out.reshape(*out.shape[:2], math.prod(out.shape[2:]))


def _columns_to_image(
    columns: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, size: Any
) -> Any:
    ones = np.eye(math.prod(kernel)).reshape(-1, 1, *kernel)
    channels = columns.shape[1] // len(ones)
    weight = np.concatenate([ones] * channels)
    places = _conv(
        np.zeros((1, channels, *size)), weight, None, stride, padding, dilation, channels
    )
    g = columns.reshape(*columns.shape[:2], *places.shape[2:])
    return _conv_transpose(g, weight, stride, padding, dilation, channels, size)


def _torch_conv(x: Any, w: Any, b: Any, padding: Any, **how: Any) -> Any:
    f = pytorch().nn.functional
    flat = [n for pair in padding[::-1] for n in pair]
    return getattr(f, f"conv{x.ndim - 2}d")(f.pad(x, flat), w, b, **how)


# (x, weight, stride, padding, dilation, groups)
_CASES: list[tuple[Any, ...]] = [
    ((2, 1, 4), (1, 1, 2), (1,), ((0, 0),), (1,), 1),
    ((1, 2, 5), (2, 2, 3), (2,), ((1, 1),), (1,), 1),
    ((1, 2, 6), (4, 1, 2), (3,), ((2, 1),), (3,), 2),
    ((1, 1, 4), (1, 1, 1), (2,), ((1, 0),), (1,), 1),
    ((1, 2, 3, 3), (2, 2, 2, 2), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((2, 1, 3, 4), (2, 1, 2, 3), (2, 1), ((0, 1), (1, 0)), (1, 1), 1),
    ((1, 2, 4, 3), (2, 1, 3, 1), (1, 2), ((2, 0), (0, 1)), (2, 1), 2),
    ((1, 1, 2, 2), (1, 1, 1, 1), (3, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((1, 2, 2, 3, 2), (1, 2, 1, 2, 2), (1, 2, 1), ((0, 0), (1, 1), (0, 1)), (1, 1, 1), 1),
    ((0, 1, 3), (1, 1, 2), (1,), ((0, 0),), (1,), 1),
]


def _samples(name: str) -> list[Sample]:
    found = []
    for x, w, stride, padding, dilation, groups in _CASES:
        how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        image, weight = values(f"{name} x", x, "any"), values(f"{name} w", w, "any")
        y = values(f"{name} g", _conv(image, weight, None, **how).shape, "any")
        found += {
            "conv": [Sample((image, weight, values("bias", w[:1], "any")), how),
                     Sample((image, weight, None), how)],
            "conv_transpose": [Sample((y, weight), {**how, "size": x[2:]})],
            "conv_weight": [Sample((image, y), {**how, "kernel": w[2:]})],
        }[name]  # fmt: skip
    return found


def _windows(name: str) -> list[Sample]:
    found = []
    for x, w, stride, padding, dilation, _ in _CASES:
        how = {"kernel": w[2:], "stride": stride, "padding": padding, "dilation": dilation}
        image = values(f"{name} x", x, "any")
        columns = values(f"{name} columns", _image_to_columns(image, **how).shape, "any")
        found.append(
            Sample((image,), how) if name == "image_to_columns"
            else Sample((columns,), {**how, "size": x[2:]})
        )  # fmt: skip
    return found


RECORDS = [
    of("image_to_columns", _image_to_columns, *_windows("image_to_columns")),
    of("columns_to_image", _columns_to_image, *_windows("columns_to_image")),
    of("conv", _conv, *_samples("conv"), torch=_torch_conv),
    of("conv_transpose", _conv_transpose, *_samples("conv_transpose")),
    of("conv_weight", _conv_weight, *_samples("conv_weight")),
]
