"""Standardising over axes, with the layouts of batch, layer, group, instance and RMS norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop import rules

from .record import *

EPS = 0.01
LAYOUTS: list[tuple[Any, ...]] = [
    # x, axes, spread, shape of the weight
    ((3, 2), (0,), (1, 2), (2,)),  # batch norm
    ((3, 2, 2), (0, 2), (1, 2, 1), (2,)),
    ((2, 1, 2, 2), (0, 2, 3), (1, 1, 1, 1), (1,)),
    ((3, 4), (1,), (1, 4), (4,)),  # layer norm
    ((2, 2, 3), (1, 2), (1, 2, 3), (2, 3)),
    ((2, 2, 2, 2), (2, 3), (1, 2, 2, 1), (4,)),  # group norm
    ((2, 2, 3), (2,), (1, 2, 1), (2,)),  # instance norm
    ((0, 3), (1,), (1, 3), (3,)),
    ((2, 1), (1,), (1, 1), (1,)),
]


def _static(axes: Any, spread: Any) -> dict[str, Any]:
    return {"axes": axes, "spread": spread, "eps": EPS}


def _calls(*also: str) -> list[Sample]:
    """For each layout: arrays of x's shape for the names, x, and the weight or None."""
    samples = []
    for i, (shape, axes, spread, weight) in enumerate(LAYOUTS):
        arrays = [values(name, shape, "any") for name in (*also, "x")]
        w = values("w", weight, "not0") if i != 6 else None
        samples.append(Sample((*arrays, w), _static(axes, spread)))
    return samples


def _with_bias(sample: Sample, i: int) -> Sample:
    x, w = sample.args
    b = None if w is None or i == 3 else values("b", w.shape, "any")
    return Sample((x, w, b), sample.static)


def _mean(x: Any, axes: Any) -> Any:
    return x.mean(axes, keepdims=True)


def _apart(x: Any, axes: Any, centred: bool) -> Any:
    return x - _mean(x, axes) if centred else x


def _standard(
    x: Any, weight: Any, bias: Any, axes: Any, spread: Any, eps: Any, centred: Any
) -> Any:
    """In NumPy or PyTorch."""
    far = _apart(x, axes, centred)
    out = far * (_mean(far * far, axes) + eps) ** -0.5
    out = out if weight is None else out * weight.reshape(spread)
    return out if bias is None else out + bias.reshape(spread)


def _slopes(g: Any, x: Any, weight: Any, axes: Any, spread: Any, eps: Any, centred: Any) -> Any:
    """By the quotient rule, element by element: d z_j / d x_i over each set that shares its
    statistics."""
    w = np.ones(spread) if weight is None else weight.reshape(spread)
    z = _standard(x, None, None, axes, spread, eps, centred)
    n = int(np.prod([x.shape[a] for a in axes]))
    far = _apart(x, axes, centred)
    var = np.broadcast_to(_mean(far * far, axes), x.shape)
    dx = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        for j in np.ndindex(x.shape):
            if any(p != q for a, (p, q) in enumerate(zip(i, j, strict=True)) if a not in axes):
                continue
            top = (i == j) - (1 / n if centred else 0.0)
            w_j = np.broadcast_to(w, x.shape)[j]
            slope = top * (var[i] + eps) ** -0.5
            slope -= far[j] * far[i] / n * (var[i] + eps) ** -1.5
            dx[i] += g[j] * w_j * slope
    over = tuple(a for a, n in enumerate(spread) if n == 1)
    return dx, np.sum(g * z, over, keepdims=True), np.sum(g, over, keepdims=True)


def _torch_slopes(
    g: Any, x: Any, weight: Any, axes: Any, spread: Any, eps: Any, centred: Any
) -> Any:
    torch = pytorch()
    w = torch.ones(spread, dtype=x.dtype) if weight is None else weight.reshape(spread)
    w = w if w.requires_grad else w.requires_grad_()
    b = torch.zeros(spread, dtype=x.dtype, requires_grad=True)
    out = _standard(x, w, b, axes, spread, eps, centred)
    return torch.autograd.grad(out, [x, w, b], g, create_graph=True)


def _statistics(x: Any, axes: Any, centred: bool) -> Any:
    return rules.moments(x, axes=axes) if centred else (None, rules.mean_square(x, axes=axes))


def _records(centred: bool) -> list[Record]:
    def around(f: Any) -> Any:
        def function(x: Any, *rest: Any, axes: Any, **static: Any) -> Any:
            return f(x, *_statistics(x, axes, centred), *rest, axes=axes, **static)

        return function

    def around_grad(f: Any) -> Any:
        def function(g: Any, x: Any, weight: Any, *, axes: Any, **static: Any) -> Any:
            return f(g, x, *_statistics(x, axes, centred), weight, axes=axes, **static)

        return function

    forward = [_with_bias(s, i) for i, s in enumerate(_calls())]
    backward = _calls("g")
    if not centred:  # the layouts are covered
        forward, backward = forward[3:5] + forward[7:], backward[3:5] + backward[7:]
    return [
        Record("standardize", lambda *a, **k: _standard(*a, **k, centred=centred), forward,
               lambda *a, **k: _standard(*a, **k, centred=centred), around=around),
        Record("standardize_grad", lambda *a, **k: _slopes(*a, **k, centred=centred), backward,
               lambda *a, **k: _torch_slopes(*a, **k, centred=centred), around=around_grad),
    ]  # fmt: skip


_SHAPES = [((3, 2), (0,)), ((2, 3, 2), (0, 2)), ((2, 3), (1,)), ((0, 3), (1,)), ((2, 2, 3), (1, 2))]

RECORDS = [
    Record("moments", lambda x, axes: (_mean(x, axes), x.var(axes, keepdims=True)),
           [Sample((values("m", s, "any"),), {"axes": a}) for s, a in _SHAPES],
           differentiable=False),
    Record("mean_square", lambda x, axes: _mean(x * x, axes),
           [Sample((values("m", s, "any"),), {"axes": a}) for s, a in _SHAPES],
           differentiable=False),
    Record("scale_shift", lambda x, scale, shift: x * scale + shift,
           [Sample((values("x", s, "any"), values("a", p, "any"), values("b", p, "any")))
            for s, p in [((3, 2), (2,)), ((2, 3, 2), (3, 1)), ((2, 3), (2, 3)), ((0, 2), (2,))]],
           lambda x, scale, shift: x * scale + shift),
    *_records(centred=True),
    *_records(centred=False),
]  # fmt: skip
